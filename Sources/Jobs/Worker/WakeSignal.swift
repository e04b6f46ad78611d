import Synchronization

/// One waiter that is woken, or has been already: wake-ups that nobody waited for count as one.
public final class WakeSignal: JobSignal {
  private struct State {
    var isPending = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let time: WorkerTime
  private let state = Mutex(State())

  public init(time: WorkerTime = .system) { self.time = time }

  /// Never blocks; may be called from any thread.
  public func wake() {
    let waiter = state.withLock { state in
      defer { state.waiter = nil }
      if state.waiter == nil { state.isPending = true }
      return state.waiter
    }
    waiter?.resume()
  }

  public func wait(upTo time: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.wait() }
      // A cancelled sleep ends the wait as well as a full one.
      group.addTask { try? await self.time.sleep(time) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Returns when it is woken, or at once when the task is cancelled. One task waits at a time.
  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Checked under the lock: a cancellation either sees the waiter or is seen here.
        let isReady = state.withLock { state in
          if Task.isCancelled || state.isPending {
            if !Task.isCancelled { state.isPending = false }
            return true
          }
          state.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume()
    }
  }
}
