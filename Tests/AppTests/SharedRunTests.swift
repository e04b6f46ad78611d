import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("SharedRun")
struct SharedRunTests {
  @Test("who asks during a run gets one that begins after it, and shares it")
  func sharing() async throws {
    let run = SharedRun()
    let begun = Atomic(0)
    let gate = WakeUp()
    let body: @Sendable () async -> Void = {
      if begun.wrappingAdd(1, ordering: .relaxed).newValue == 1 { await gate.wait() }
    }
    async let first: Void = run(body)
    try await eventually { begun.load(ordering: .relaxed) == 1 }
    let later = (0..<20).map { _ in Task { try await run(body) } }
    // None of them is answered by the run that began before them.
    #expect(begun.load(ordering: .relaxed) == 1)
    gate.open()
    try await first
    for task in later { try await task.value }
    #expect((2...3).contains(begun.load(ordering: .relaxed)))
  }

  @Test("who shares a run that fails gets its error, and the next one begins anew")
  func failing() async throws {
    let run = SharedRun()
    await #expect(throws: Failure.self) { try await run { throw Failure() } }
    try await run {}
  }

  private struct Failure: Error {}
}

/// Opened once.
private final class WakeUp: Sendable {
  private let stream = AsyncStream.makeStream(of: Void.self)

  func wait() async { for await _ in stream.stream {} }
  func open() { stream.continuation.finish() }
}
