import Synchronization

/// What is left to do, for many at once.
final class Countdown: Sendable {
  private let left: Atomic<Int>

  init(_ count: Int) { left = Atomic(count) }

  var isAboveZero: Bool { left.load(ordering: .relaxed) > 0 }

  func down() { left.wrappingSubtract(1, ordering: .relaxed) }
}

/// Seconds of wall clock that `body` takes.
func seconds(_ body: () async throws -> Void) async rethrows -> Double {
  let clock = ContinuousClock()
  let start = clock.now
  try await body()
  return (clock.now - start) / .seconds(1)
}
