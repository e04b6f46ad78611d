import Synchronization

/// For how long infer requests were busy and idle: those of all models that are loaded.
public final class InferRequestUse: Sendable {
  private struct State {
    var loaded = 0
    var busy = 0
    var busyTime = Duration.zero
    var idleTime = Duration.zero
    var countedUpTo = ContinuousClock.now

    mutating func count(upTo now: ContinuousClock.Instant) {
      let time = now - countedUpTo
      busyTime += time * busy
      idleTime += time * max(0, loaded - busy)
      countedUpTo = now
    }
  }

  private let state = Mutex(State())

  public init() {}

  /// Requests that were loaded, or lent to somebody, more than before.
  func change(loaded: Int = 0, busy: Int = 0) {
    let now = ContinuousClock.now
    state.withLock { state in
      state.count(upTo: now)
      state.loaded += loaded
      state.busy += busy
    }
  }

  /// The times since the last call, summed over requests.
  public func take() -> (busy: Duration, idle: Duration) {
    let now = ContinuousClock.now
    return state.withLock { state in
      state.count(upTo: now)
      defer { (state.busyTime, state.idleTime) = (.zero, .zero) }
      return (state.busyTime, state.idleTime)
    }
  }
}
