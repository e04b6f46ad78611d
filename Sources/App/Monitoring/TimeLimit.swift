import Synchronization

/// What the task returns, or nil when the time is over first; the task then goes on by itself, and its owner
/// still has it. A task group would wait for work that ignores its cancellation, such as a read from a dead disk.
func value<Value: Sendable>(
  of task: Task<Value, Never>, within limit: Duration, clock: any Clock<Duration>
) async -> Value? {
  let first = First<Value>()
  let waiter = Task { first.arrive(await task.value) }
  let timer = Task {
    do { try await clock.sleep(for: limit) } catch { return }
    first.arrive(nil)
  }
  let value = await first.value()
  waiter.cancel()
  timer.cancel()
  return value
}

/// Takes the first of several values to the one who waits.
private final class First<Value: Sendable>: Sendable {
  private enum State {
    case open
    case waiting(CheckedContinuation<Value?, Never>)
    case arrived(Value?)
    case taken
  }
  private let state = Mutex(State.open)

  func arrive(_ value: Value?) {
    let waiting = state.withLock { state -> CheckedContinuation<Value?, Never>? in
      switch state {
      case .open: state = .arrived(value)
      case .waiting(let continuation):
        state = .taken
        return continuation
      case .arrived, .taken: break
      }
      return nil
    }
    waiting?.resume(returning: value)
  }

  func value() async -> Value? {
    await withCheckedContinuation { continuation in
      let arrived = state.withLock { state -> Value?? in
        if case .arrived(let value) = state {
          state = .taken
          return .some(value)
        }
        state = .waiting(continuation)
        return nil
      }
      if let arrived { continuation.resume(returning: arrived) }
    }
  }
}
