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

  public func withImage<Result: Sendable>(
    path: String, limits: ImageLimits, _ body: @Sendable (PixelBuffer) async throws -> Result
  ) async throws -> Result {
    let cancellation = CancellationFlag()
    return try await withTaskCancellationHandler {
      try Task.checkCancellation()
      let decoding = try await threads.runIfActive {
        try VipsDecoding(path: path, limits: limits, cancellation: cancellation)
      }
      async let finished: Void = decode(decoding)
      do {
        let result = try await body(decoding.image)
        await finished
        try Task.checkCancellation()
        return result
      } catch {
        cancellation.set()
        await finished
        throw error
      }
    } onCancel: {
      cancellation.set()
    }
  }

  private func decode(_ decoding: VipsDecoding) async {
    do {
      try await threads.runIfActive { decoding.run() }
    } catch {
      decoding.image.fail(error)
    }
  }
}

/// Tells a thread that runs C code to stop.
final class CancellationFlag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}

/// The decoding of one file: its header is read by the initializer, its pixels by `run`.
///
/// `@unchecked Sendable` because the two are called one after the other, each on the decoder's thread.
private final class VipsDecoding: @unchecked Sendable {
  /// libjpeg's warnings about pixels that are not there (jerror.h). The others tell of sloppy writers,
  /// whose files other readers accept in silence.
  private static let damage = ["remature end of", "bad Huffman code"]

  let image: PixelBuffer
  private let header: ImageHeader
  private let rgb: VipsHandle
  private let writer: UprightWriter
  private let file: ImageFile
  private let cancellation: CancellationFlag

  init(path: String, limits: ImageLimits, cancellation: CancellationFlag) throws {
    self.cancellation = cancellation
    if cancellation.isSet { throw CancellationError() }
    file = ImageFile(path: path, limits: limits)
    header = try file.readHeader()
    let source = try file.open(header, failingOn: VIPS_FAIL_ON_WARNING)
    rgb = try ColourConversion(source: source, header: header, file: file).rgb()
    writer = UprightWriter(header: header)
    image = PixelBuffer(arrivingWithWidth: header.width, height: header.height)
  }

  /// Decodes all rows; what goes wrong is told to the image, whose readers throw it.
  func run() {
    // What libvips says decides between damage and a sloppy writer.
    var failure = VipsRuntime.collectingErrors { takeError -> String? in
      // What warnings of an earlier file left there.
      _ = takeError()
      return writer.write(rgb.image, into: image, until: cancellation) ? nil : takeError()
    }
    if let reason = failure, header.format == .jpeg, !Self.damage.contains(where: reason.contains) {
      failure = repeatInTolerance()
    }
    if let failure {
      image.fail(cancellation.isSet ? CancellationError() : file.corrupted(failure))
    } else {
      image.advance(toRows: image.height)
    }
  }

  /// Decodes the rows that are still missing, warnings or not; nil, or what went wrong.
  private func repeatInTolerance() -> String? {
    do {
      let source = try file.open(header, failingOn: VIPS_FAIL_ON_TRUNCATED)
      let rgb = try ColourConversion(source: source, header: header, file: file).rgb()
      return writer.write(rgb.image, into: image, until: cancellation)
        ? nil : VipsRuntime.takeError()
    } catch {
      return "\(error)"
    }
  }
}

/// A file that is said to be an image, before and while libvips opens it.
struct ImageFile {
  let path: String
  let limits: ImageLimits

  var name: String { (path as NSString).lastPathComponent }

  /// What the file says of itself, checked before libvips sees it.
  func readHeader() throws -> ImageHeader {
    let header: ImageHeader
    do {
      header = try ImageHeader.read(from: try FileBytes(path: path), limits: limits)
    } catch let error as DetectionError {
      switch error.code {
      case .corruptedFile: throw corrupted(error.message)
      case .fileNotFound: throw error.naming(path)
      default: throw error.naming(name)
      }
    }
    guard header.hasSupportedSamples else { throw unsupportedSamples }
    return header
  }

  /// `level`: what libjpeg must say for the image to be refused. A scan of garbage is a warning.
  func open(_ header: ImageHeader, failingOn level: VipsFailOn) throws -> VipsHandle {
    let image =
      switch header.format {
      case .jpeg: harrier_vips_open_jpeg(path, level)
      case .png: harrier_vips_open_png(path)
      case .tiff: harrier_vips_open_tiff(path)
      }
    let handle = try VipsHandle(image, orThrow: corrupted)
    // The limits were checked with the header's size: libvips has none of its own.
    guard handle.width == header.storedWidth, handle.height == header.storedHeight else {
      throw corrupted("libvips sees \(handle.width)x\(handle.height) pixels")
    }
    return handle
  }

  var unsupportedSamples: DetectionError {
    DetectionError(
      .invalidFormat,
      "\(name): samples are not 8 or 16 bit unsigned integers; convert the picture first")
  }

  func corrupted(_ reason: String) -> DetectionError {
    DetectionError(.corruptedFile, "\(name): truncated or damaged", cause: reason)
  }
}
