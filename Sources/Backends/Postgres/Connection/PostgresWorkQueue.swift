import Dispatch
import Foundation
import Jobs
import Synchronization

/// What the threads of a pool do next. Whoever waits too long, or is cancelled before its turn, is told so.
final class PostgresWorkQueue: Sendable {
  /// One call. Exactly one of its two ends is used.
  final class Work: Sendable {
    private enum State {
      case new, cancelled, taken
      case waiting(refuse: @Sendable (any Error) -> Void)
    }
    private let state = Mutex(State.new)

    /// False when it was cancelled before.
    fileprivate func wait(refuse: @escaping @Sendable (any Error) -> Void) -> Bool {
      state.withLock { state in
        guard case .new = state else { return false }
        state = .waiting(refuse: refuse)
        return true
      }
    }

    /// True for the one who may do it.
    func take() -> Bool {
      state.withLock { state in
        guard case .waiting = state else { return false }
        state = .taken
        return true
      }
    }

    /// Tells the caller, unless it has its turn or was told before.
    func refuse(_ error: any Error) {
      let refuse: (@Sendable (any Error) -> Void)? = state.withLock { state in
        switch state {
        case .waiting(let refuse):
          state = .taken
          return refuse
        case .new:
          state = .cancelled
          return nil
        case .cancelled, .taken: return nil
        }
      }
      refuse?(error)
    }
  }

  private struct Waiting {
    var entries: [(work: Work, run: @Sendable (PostgresSession) -> Void)] = []
    var idleThreads = 0
    var isClosed = false
  }

  private let limit: Int
  private let waitLimit: Duration
  private let waiting = Mutex(Waiting())
  /// As many signals as there are entries, and one a thread at the end.
  private let signal = DispatchSemaphore(value: 0)
  /// Only sets timers off; nothing on it blocks.
  private let clock = DispatchQueue(label: "harrier.postgres.waits")

  init(limit: Int, waitLimit: Duration) {
    self.limit = limit
    self.waitLimit = waitLimit
  }

  func add(
    _ work: Work, run: @escaping @Sendable (PostgresSession) -> Void,
    refuse: @escaping @Sendable (any Error) -> Void
  ) {
    guard work.wait(refuse: refuse) else { return refuse(CancellationError()) }
    let (refusal, mayWait) = waiting.withLock { waiting -> (JobsError?, Bool) in
      guard !waiting.isClosed else {
        return (JobsError(.unavailable, "The metadata store is closed"), false)
      }
      guard waiting.entries.count < limit else { return (.postgresBusy, false) }
      waiting.entries.append((work, run))
      return (nil, waiting.entries.count > waiting.idleThreads)
    }
    if let refusal { return work.refuse(refusal) }
    signal.signal()
    // A timer costs more than a call that is served at once.
    guard mayWait else { return }
    clock.asyncAfter(deadline: .now() + .milliseconds(Int(waitLimit.milliseconds))) {
      work.refuse(JobsError.postgresBusy)
    }
  }

  /// Does calls in their order until the queue is closed; for a thread of its own.
  func serve(_ session: PostgresSession) {
    while true {
      waiting.withLock { $0.idleThreads += 1 }
      signal.wait()
      let next = waiting.withLock { waiting in
        waiting.idleThreads -= 1
        return waiting.entries.isEmpty ? nil : waiting.entries.removeFirst()
      }
      // Closed and empty.
      guard let next else { return }
      if next.work.take() { next.run(session) }
    }
  }

  /// Nothing more is taken; what waits is refused.
  func close(threads: Int) {
    let rest = waiting.withLock { waiting in
      waiting.isClosed = true
      defer { waiting.entries = [] }
      return waiting.entries
    }
    for entry in rest { entry.work.refuse(JobsError(.unavailable, "The metadata store is closed")) }
    for _ in 0..<threads { signal.signal() }
  }
}
