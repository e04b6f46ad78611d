import Synchronization

/// Work that many ask for at once and that is worth nothing unless it began after they asked: all who ask while it
/// runs share the next run.
final class SharedRun: Sendable {
  private struct State {
    var running: Task<Void, any Error>?
    var next: Task<Void, any Error>?
  }

  private let state = Mutex(State())

  /// Returns when a run has ended that began after this call; throws what that run threw. The bodies of all calls do
  /// the same.
  func callAsFunction(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let task = state.withLock { state in
      if let next = state.next { return next }
      let before = state.running
      let task = Task {
        _ = await before?.result
        self.state.withLock { $0.running = $0.next.take() }
        try await body()
      }
      state.next = task
      return task
    }
    try await task.value
  }
}
