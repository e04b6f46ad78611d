import ArgumentParser
import Foundation
import Inference
import NIOPosix
import ObjectDetection

/// The libraries that the benchmarks need, started as the command line starts them.
struct Libraries {
  let vips: VipsRuntime
  let decoder: VipsImageDecoder
  let annotator: CairoAnnotator
  let thread: NIOThreadPool

  init() throws {
    thread = NIOThreadPool(numberOfThreads: 1)
    thread.start()
    vips = try VipsRuntime()
    decoder = VipsImageDecoder(runtime: vips, threads: thread)
    annotator = CairoAnnotator(runtime: vips, threads: thread)
  }

  static func openVINO() throws -> OpenVINORuntime {
    let directory = ProcessInfo.processInfo.environment["HARRIER_OPENVINO_DIR"]
    return try OpenVINORuntime(searching: [directory, ".deps/openvino/lib"].compactMap(\.self))
  }

  func detector(_ model: String, _ precision: InferencePrecision) async throws -> OpenVINODetector {
    try await OpenVINODetector.load(
      ModelFile(path: model), options: OpenVINOOptions(precision: precision),
      runtime: Self.openVINO(), threads: thread)
  }
}

/// Makes a large picture by laying a sample side by side.
struct Picture: AsyncParsableCommand {
  @Argument var sample: String
  @Argument var output: String
  @Option var width = 8192
  @Option var height = 8192

  func run() async throws {
    let libraries = try Libraries()
    let tile = try await libraries.decoder.decode(path: sample, limits: ImageLimits())
    let picture = PixelBuffer(width: width, height: height) { bytes in
      tile.withBytes { source in
        for y in 0..<height {
          for x in stride(from: 0, to: width, by: tile.width) {
            let count = min(tile.width, width - x) * 3
            let from = (y % tile.height) * tile.bytesPerRow
            UnsafeMutableRawBufferPointer(
              rebasing: bytes[(y * width + x) * 3..<(y * width + x) * 3 + count]
            ).copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + count]))
          }
        }
      }
    }
    if output.hasSuffix(".tif") {
      try picture.withBytes { try stripTIFF($0).write(to: URL(fileURLWithPath: output)) }
    } else {
      try await libraries.annotator.annotate(
        picture, with: [],
        of: DetectionModel(
          name: "", task: .detect, classNames: [],
          inputSize: PixelSize(width: 1, height: 1), layout: .yolov8, sha256: ""),
        options: AnnotationOptions(), to: output, thumbnail: nil)
    }
  }

  /// An uncompressed little-endian TIFF of one strip.
  private func stripTIFF(_ pixels: UnsafeRawBufferPointer) -> Data {
    // Tag, type (3 short, 4 long), count, value; BitsPerSample's three values stand before the pixels.
    let entries: [(UInt16, UInt16, UInt32, UInt32)] = [
      (256, 4, 1, UInt32(width)), (257, 4, 1, UInt32(height)), (258, 3, 3, 8), (259, 3, 1, 1),
      (262, 3, 1, 2), (273, 4, 1, 16), (277, 3, 1, 3), (278, 4, 1, UInt32(height)),
      (279, 4, 1, UInt32(pixels.count)), (284, 3, 1, 1),
    ]
    var data = Data(capacity: pixels.count + 256)
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }
    data.append(contentsOf: [0x49, 0x49, 42, 0])
    append(UInt32(16 + pixels.count))
    for _ in 0..<3 { append(UInt16(8)) }
    append(UInt16(0))
    data.append(contentsOf: pixels)
    append(UInt16(entries.count))
    for entry in entries {
      append(entry.0)
      append(entry.1)
      append(entry.2)
      append(entry.3)
    }
    append(UInt32(0))
    return data
  }
}
