import Synchronization
import Testing

@testable import Inference

@Suite("Turnstile")
struct TurnstileTests {
  /// How many tasks are inside, and how many there were at most.
  private final class Inside: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    var most: Int { counts.withLock { $0.most } }

    func enter() {
      counts.withLock { counts in
        counts.now += 1
        counts.most = max(counts.most, counts.now)
      }
    }

    func leave() { counts.withLock { $0.now -= 1 } }
  }

  @Test("at most so many pass at a time")
  func capacity() async throws {
    let turnstile = Turnstile(capacity: 2)
    let inside = Inside()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          try await turnstile.pass {
            inside.enter()
            await Task.yield()
            inside.leave()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(inside.most <= 2)
    #expect(inside.most > 0)
  }

  @Test("a cancelled task leaves the line, and the next one passes")
  func cancelled() async throws {
    let turnstile = Turnstile(capacity: 1)
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    async let first: Void = turnstile.pass { for await _ in gate { break } }
    let (waiting, waited) = (
      Task { try await turnstile.pass { 2 } }, Task { try await turnstile.pass { 3 } }
    )
    while turnstile.waiting < 2 { await Task.yield() }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    opener.yield()
    try await first
    #expect(try await waited.value == 3)
    #expect(turnstile.waiting == 0)
  }
}
