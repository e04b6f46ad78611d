/// An upright image in memory: interleaved 8-bit RGB, row-major, no padding (3 bytes a pixel).
///
/// `@unchecked Sendable` because the bytes are written only by the initializer's closure, before anyone
/// else can hold the buffer.
public final class PixelBuffer: @unchecked Sendable {
  public let width: Int
  public let height: Int
  private let bytes: UnsafeMutableRawBufferPointer

  public var bytesPerRow: Int { width * 3 }

  /// Allocates `width * height * 3` bytes and lets `fill` write them all.
  public init(
    width: Int, height: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    precondition(width > 0 && height > 0, "a pixel buffer has at least one pixel")
    self.width = width
    self.height = height
    bytes = .allocate(byteCount: width * height * 3, alignment: 64)
    do {
      try fill(bytes)
    } catch {
      bytes.deallocate()
      throw error
    }
  }

  deinit { bytes.deallocate() }

  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(bytes)) }
  }

  /// Red, green and blue of one pixel.
  public subscript(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    precondition((0..<width).contains(x) && (0..<height).contains(y), "pixel outside the image")
    let offset = (y * width + x) * 3
    return (bytes[offset], bytes[offset + 1], bytes[offset + 2])
  }
}

/// A rectangle of whole pixels inside an image.
public struct PixelRegion: Sendable, Hashable {
  public var x: Int
  public var y: Int
  public var width: Int
  public var height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
}
