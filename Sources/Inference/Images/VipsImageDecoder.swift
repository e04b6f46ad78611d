import CVips
import Foundation
public import NIOPosix
public import ObjectDetection
import Synchronization

/// Decodes JPEG, PNG and TIFF files with libvips, one at a time, from top to bottom, straight into the
/// upright buffer: no second copy of the picture exists at any time.
public struct VipsImageDecoder: ImageDecoder {
  private let threads: NIOThreadPool

  /// Blocking calls run on `threads`.
  public init(runtime: VipsRuntime, threads: NIOThreadPool) {
    self.threads = threads
  }

  public func decode(path: String, limits: ImageLimits) async throws -> PixelBuffer {
    let cancellation = CancellationFlag()
    return try await withTaskCancellationHandler {
      try Task.checkCancellation()
      let decoded = try await threads.runIfActive {
        try VipsDecoding(path: path, limits: limits, cancellation: cancellation).run()
      }
      try Task.checkCancellation()
      return decoded
    } onCancel: {
      cancellation.set()
    }
  }
}

/// Tells a thread that runs C code to stop.
final class CancellationFlag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}

/// The decoding of one file, on one thread.
private struct VipsDecoding {
  let path: String
  let limits: ImageLimits
  let cancellation: CancellationFlag

  private var name: String { (path as NSString).lastPathComponent }

  func run() throws -> PixelBuffer {
    if cancellation.isSet { throw CancellationError() }
    let format = try checkFile()
    let source = try open(format)
    let orientation = Orientation(exif: Int(vips_image_get_orientation(source.image)))
    try checkSize(source, orientation)
    let rgb = try ColourConversion(source: source, format: format, path: path, corrupted: corrupted)
      .rgb()
    let writer = UprightWriter(
      width: source.width, height: source.height, orientation: orientation,
      cancellation: cancellation)
    return try PixelBuffer(width: writer.uprightWidth, height: writer.uprightHeight) { bytes in
      guard writer.write(rgb.image, into: bytes) else {
        let reason = VipsRuntime.takeError()
        throw cancellation.isSet ? CancellationError() : corrupted(reason) as any Error
      }
    }
  }

  /// Size and first bytes, before libvips sees the file.
  private func checkFile() throws -> ImageFormat {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw DetectionError(.fileNotFound, "\(path): no such file")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DetectionError(.fileNotFound, "\(path): not a file")
    }
    guard status.st_size <= limits.maxBytes else {
      throw DetectionError(
        .fileTooLarge, "\(name): \(status.st_size) bytes, the limit is \(limits.maxBytes)")
    }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw DetectionError(.fileNotFound, "\(path): cannot be read")
    }
    defer { try? file.close() }
    guard let head = try file.read(upToCount: 8), !head.isEmpty else {
      throw DetectionError(.invalidFormat, "\(name): the file is empty")
    }
    guard let format = ImageFormat(firstBytes: head) else {
      throw DetectionError(.invalidFormat, "\(name): not a JPEG, PNG or TIFF file")
    }
    return format
  }

  private func open(_ format: ImageFormat) throws -> VipsHandle {
    let image =
      switch format {
      case .jpeg: harrier_vips_open_jpeg(path)
      case .png: harrier_vips_open_png(path)
      case .tiff: harrier_vips_open_tiff(path)
      }
    return try VipsHandle(image, orThrow: corrupted)
  }

  /// From the header alone: libvips has no limit of its own.
  private func checkSize(_ image: VipsHandle, _ orientation: Orientation) throws {
    let sides = [image.width, image.height]
    guard sides.allSatisfy({ limits.minSide...limits.maxSide ~= $0 }) else {
      let (width, height) =
        orientation.swapsAxes ? (image.height, image.width) : (image.width, image.height)
      throw DetectionError(
        .invalidDimensions,
        "\(name): \(width)x\(height) pixels, allowed are \(limits.minSide) to \(limits.maxSide) a side")
    }
  }

  private func corrupted(_ reason: String) -> DetectionError {
    DetectionError(.corruptedFile, "\(name): truncated or damaged", cause: reason)
  }
}
