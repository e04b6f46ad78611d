import Foundation
import Inference
import NIOPosix
import ObjectDetection
import TestSupport

/// The libraries, started once for all tests of this process.
enum EngineFixture {
  /// One thread a library, as in the program: libvips' error text is one for the whole process.
  private static let decoderThread = thread()
  private static let annotatorThread = thread()
  private static let loaderThread = thread()

  private static func thread() -> NIOThreadPool {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    return pool
  }

  private static let vips = Result { try VipsRuntime() }
  private static let openVINO = Result {
    try OpenVINORuntime(
      searching: [
        ProcessInfo.processInfo.environment["HARRIER_OPENVINO_DIR"],
        Checkout.path(".deps/openvino/lib"),
      ].compactMap(\.self))
  }

  static func runtime() throws -> OpenVINORuntime { try openVINO.get() }

  static func decoder(on thread: NIOThreadPool = decoderThread) throws -> VipsImageDecoder {
    VipsImageDecoder(runtime: try vips.get(), threads: thread)
  }

  static func annotator() throws -> CairoAnnotator {
    CairoAnnotator(runtime: try vips.get(), threads: annotatorThread)
  }

  static func decode(_ path: String, limits: ImageLimits = ImageLimits()) async throws
    -> PixelBuffer
  {
    try await decoder().decode(path: path, limits: limits)
  }

  static func detector(
    _ path: String, options: OpenVINOOptions = OpenVINOOptions()
  ) async throws -> OpenVINODetector {
    try await OpenVINODetector.load(
      ModelFile(path: path), options: options, runtime: runtime(), threads: loaderThread)
  }

  /// Tree crowns on the sample picture, as the command line looks at it.
  static func detectTrees(
    with detector: OpenVINODetector, lane: UInt64 = 0
  ) async throws -> ImageDetections {
    let image = try await decode(Checkout.sample("yell-541000.jpg"))
    return try await DetectionPipeline(detector: detector).detect(
      in: image, options: DetectionOptions(), lane: ImageLane(id: lane))
  }
}

extension PixelBuffer {
  /// A picture of one colour.
  convenience init(width: Int, height: Int, grey: UInt8) {
    self.init(width: width, height: height) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: grey)
    }
  }

  /// A picture whose pixels differ from their neighbours', the same at every call.
  convenience init(patternOfWidth width: Int, height: Int) {
    self.init(width: width, height: height) { bytes in
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 31 >> 3) }
    }
  }

  var bytes: [UInt8] { withBytes { Array($0) } }

  func pixel(_ x: Int, _ y: Int) -> [Int] {
    let (red, green, blue) = self[x, y]
    return [Int(red), Int(green), Int(blue)]
  }
}

/// The error that `body` throws; nil, which fails the expectation about it, when it throws none of that type.
func detectionError(_ body: () async throws -> Void) async -> DetectionError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? DetectionError
  }
}
