import Synchronization

/// Lets at most so many tasks pass at a time. The others wait in line; a cancelled one leaves it.
final class Turnstile: Sendable {
  private struct Waiter {
    var id: UInt64
    var continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var free: Int
    var line: [Waiter] = []
    var nextID: UInt64 = 0
  }

  private let state: Mutex<State>

  init(capacity: Int) {
    precondition(capacity > 0, "nobody could pass")
    state = Mutex(State(free: capacity))
  }

  /// How many wait now.
  var waiting: Int { state.withLock { $0.line.count } }

  /// Calls `body` when it is this task's turn.
  /// - Throws: `CancellationError` if the task is cancelled while it waits; what `body` throws.
  func pass<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    try await enter()
    defer { leave() }
    return try await body()
  }

  private func enter() async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        // Checked under the lock: a cancellation either sees the waiter or is seen here.
        let outcome: Result<Void, any Error>? = state.withLock { state in
          if Task.isCancelled { return .failure(CancellationError()) }
          if state.free > 0 {
            state.free -= 1
            return .success(())
          }
          state.line.append(Waiter(id: id, continuation: continuation))
          return nil
        }
        if let outcome { continuation.resume(with: outcome) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.line.firstIndex { $0.id == id }.map { state.line.remove(at: $0) }
      }
      waiter?.continuation.resume(throwing: CancellationError())
    }
  }

  private func leave() {
    let waiter: Waiter? = state.withLock { state in
      if state.line.isEmpty {
        state.free += 1
        return nil
      }
      return state.line.removeFirst()
    }
    waiter?.continuation.resume()
  }
}
