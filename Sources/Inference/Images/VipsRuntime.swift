import CVips

import ObjectDetection
import Synchronization

/// libvips, started once a process: no cache, no untrusted loaders, no warnings on standard error.
public struct VipsRuntime: Sendable {
  /// Whether libvips is running; its start is not thread-safe, so it happens under this lock.
  private static let isStarted = Mutex(false)

  /// - Throws: `DetectionError(.invalidFormat)` when libvips cannot start.
  public init() throws {
    try Self.isStarted.withLock { isStarted in
      guard !isStarted else { return }
      guard harrier_vips_init("harrier") == 0 else {
        throw DetectionError(
          .invalidFormat, "libvips could not be started", cause: Self.takeError())
      }
      // The operation cache hands out stale pixels when a file is replaced.
      vips_cache_set_max(0)
      vips_block_untrusted_set(1)
      // Decoding is one thread's work; the other cores infer.
      vips_concurrency_set(1)
      // A damaged file writes a line a scanline otherwise.
      g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, { _, _, _, _ in }, nil)
      isStarted = true
    }
  }

  public var version: String { vips_version_string().map { String(cString: $0) } ?? "unknown" }

  /// Held while a text that decides something is collected: libvips has one for the whole process, and
  /// whoever takes it clears it for everybody.
  private static let errorText = Mutex(())

  /// Runs `body`, which may use libvips and read what it said, while no other decoding takes that away.
  /// Decoders have one thread a process, so they wait for each other only where there are several.
  static func collectingErrors<Result: Sendable>(
    _ body: (_ takeError: () -> String) throws -> Result
  ) rethrows -> Result {
    try errorText.withLock { _ in try body(takeErrorText) }
  }

  /// libvips' error text, taken and cleared at once. One line.
  static func takeError() -> String { errorText.withLock { _ in takeErrorText() } }

  private static func takeErrorText() -> String {
    let text = vips_error_buffer_copy()
    defer { g_free(text) }
    return text.map { String(cString: $0) }?
      .split(whereSeparator: \.isNewline).joined(separator: "; ") ?? ""
  }
}

/// Owns one reference to a `VipsImage` and frees it. Not for sharing between threads.
final class VipsHandle {
  let image: UnsafeMutablePointer<VipsImage>

  /// Takes over a reference; nil becomes an error.
  init(_ image: UnsafeMutablePointer<VipsImage>?, orThrow error: (String) -> DetectionError) throws
  {
    guard let image else { throw error(VipsRuntime.takeError()) }
    self.image = image
  }

  deinit { harrier_vips_unref(image) }

  var width: Int { Int(image.pointee.Xsize) }
  var height: Int { Int(image.pointee.Ysize) }
  var bands: Int { Int(image.pointee.Bands) }
  var format: VipsBandFormat { image.pointee.BandFmt }
  var interpretation: VipsInterpretation { vips_image_guess_interpretation(image) }

  /// The result of an operation that writes its output through the last argument.
  func applying(
    orThrow error: (String) -> DetectionError,
    _ operation: (
      UnsafeMutablePointer<VipsImage>, UnsafeMutablePointer<UnsafeMutablePointer<VipsImage>?>
    ) -> Int32
  ) throws -> VipsHandle {
    var output: UnsafeMutablePointer<VipsImage>?
    let status = operation(image, &output)
    return try VipsHandle(status == 0 ? output : nil, orThrow: error)
  }
}
