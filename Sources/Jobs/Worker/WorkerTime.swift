public import Foundation

/// Time and chance as a worker sees them; tests bring their own.
public struct WorkerTime: Sendable {
  public var now: @Sendable () -> Date
  /// Since some moment; goes on evenly when somebody sets the clock.
  public var uptime: @Sendable () -> Duration
  /// - Throws: `CancellationError`.
  public var sleep: @Sendable (Duration) async throws -> Void
  /// 0...1.
  public var random: @Sendable () -> Double

  public init(
    now: @escaping @Sendable () -> Date, uptime: @escaping @Sendable () -> Duration,
    sleep: @escaping @Sendable (Duration) async throws -> Void,
    random: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.uptime = uptime
    self.sleep = sleep
    self.random = random
  }

  /// The system's.
  public static let system = WorkerTime(
    now: { Date() }, uptime: { start.duration(to: .now) },
    sleep: { try await Task.sleep(for: $0) }, random: { .random(in: 0...1) })

  private static let start = ContinuousClock.now
}

/// Waits that double from one failure to the next, up to a limit.
public struct Backoff: Sendable, Equatable {
  private let first: Duration
  private let limit: Duration
  private var following: Duration

  public init(first: Duration, limit: Duration) {
    self.first = first
    self.limit = limit
    following = first
  }

  /// How long to wait now.
  public mutating func next() -> Duration {
    defer { following = min(following * 2, limit) }
    return following
  }

  /// After a success.
  public mutating func reset() { following = first }
}

/// Runs `body` to its end even when the caller is cancelled: for writes that must not stop half-way.
public func uncancelled<Value: Sendable>(
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await Task { try await body() }.value
}
