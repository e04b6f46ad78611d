import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// How many bytes of JSON bodies are in memory at once. Thousands of connections may each send a body of the largest
/// size; who comes when there is no room is told to come again.
final class BodyBudget: Sendable {
  /// Of all bodies: a thousandth of a machine's memory, and hundreds of times what clients need.
  private static let totalBytes = 64 << 20

  private let used = Mutex(0)

  /// The body, of at most `limit` bytes; room is taken while it arrives, which is as long as its client likes.
  /// - Throws: `APIError(.serviceUnavailable)` when there is no room; `NIOTooManyBytesError`.
  func body(of request: Request, upTo limit: Int) async throws -> [UInt8] {
    // Who does not say how much there is may send as much as is allowed.
    let bytes = min(limit, request.headers.announcedBytes.map { max(0, $0) } ?? limit)
    guard reserve(bytes) else {
      throw APIError(
        .serviceUnavailable, "Too many requests are being read", headers: [.retryAfter: "1"])
    }
    defer { used.withLock { $0 -= bytes } }
    return Array(buffer: try await request.body.collect(upTo: limit))
  }

  private func reserve(_ bytes: Int) -> Bool {
    used.withLock { used in
      guard used + bytes <= Self.totalBytes else { return false }
      used += bytes
      return true
    }
  }
}
