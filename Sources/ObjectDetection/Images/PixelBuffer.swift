import Synchronization

/// An upright image in memory: interleaved 8-bit RGB, row-major, no padding (3 bytes a pixel).
///
/// Its rows may still arrive, from top to bottom, while the first ones are in use: `waitForRows` tells.
///
/// `@unchecked Sendable` because each row is written once, by the one decoder, before the lock in `progress`
/// says that it is there, and nobody may read it earlier.
public final class PixelBuffer: @unchecked Sendable {
  public let width: Int
  public let height: Int
  private let bytes: UnsafeMutableRawBufferPointer
  private let progress: Mutex<RowProgress>

  public var bytesPerRow: Int { width * 3 }

  /// Allocates `width * height * 3` bytes and lets `fill` write them all.
  public init(
    width: Int, height: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    precondition(width > 0 && height > 0, "a pixel buffer has at least one pixel")
    self.width = width
    self.height = height
    bytes = .allocate(byteCount: width * height * 3, alignment: 64)
    progress = Mutex(RowProgress(ready: height))
    // Every property is set, so that a throw runs `deinit`, which frees the bytes.
    try fill(bytes)
  }

  /// An image whose rows are still to come: `write` them through `withUnfilledBytes`, then tell `advance`.
  public init(arrivingWithWidth width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a pixel buffer has at least one pixel")
    self.width = width
    self.height = height
    bytes = .allocate(byteCount: width * height * 3, alignment: 64)
    progress = Mutex(RowProgress(ready: 0))
  }

  deinit { bytes.deallocate() }

  /// The bytes for reading; only rows that `waitForRows` returned for.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(bytes)) }
  }

  /// For the decoder alone: the bytes for writing rows that were not told of yet.
  public func withUnfilledBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  /// Red, green and blue of one pixel, of a row that is there.
  public subscript(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    precondition((0..<width).contains(x) && (0..<height).contains(y), "pixel outside the image")
    let offset = (y * width + x) * 3
    return (bytes[offset], bytes[offset + 1], bytes[offset + 2])
  }
}

// MARK: - Rows that arrive

extension PixelBuffer {
  /// For the decoder: the first `rows` rows are complete.
  public func advance(toRows rows: Int) {
    let served = progress.withLock { $0.advance(to: rows) }
    for waiter in served { waiter.resume() }
  }

  /// For the decoder: how many rows it has told of.
  public var readyRows: Int { progress.withLock { $0.ready } }

  /// For the decoder: no more rows will come.
  public func fail(_ error: any Error) {
    let served = progress.withLock { $0.fail(error) }
    for waiter in served { waiter.resume(throwing: error) }
  }

  /// Suspends until the first `rows` rows are there; a cancelled decoder ends the wait too.
  /// - Throws: what the decoder failed with.
  public func waitForRows(_ rows: Int) async throws {
    try await withCheckedThrowingContinuation { continuation in
      let outcome = progress.withLock { $0.outcome(forRows: min(rows, height), continuation) }
      if let outcome { continuation.resume(with: outcome) }
    }
  }
}

/// How many rows are there, and who waits for more.
private struct RowProgress {
  typealias Waiter = CheckedContinuation<Void, any Error>

  private(set) var ready: Int
  private var failure: (any Error)?
  private var waiting: [(rows: Int, waiter: Waiter)] = []

  init(ready: Int) { self.ready = ready }

  mutating func advance(to rows: Int) -> [Waiter] {
    ready = max(ready, rows)
    let served = waiting.filter { $0.rows <= ready }.map(\.waiter)
    waiting.removeAll { $0.rows <= ready }
    return served
  }

  mutating func fail(_ error: any Error) -> [Waiter] {
    failure = failure ?? error
    defer { waiting = [] }
    return waiting.map(\.waiter)
  }

  /// nil when the waiter was put in line.
  mutating func outcome(forRows rows: Int, _ waiter: Waiter) -> Result<Void, any Error>? {
    if rows <= ready { return .success(()) }
    if let failure { return .failure(failure) }
    waiting.append((rows, waiter))
    return nil
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
