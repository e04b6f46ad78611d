import Jobs
import Synchronization

/// Passes on each job that changes to the event streams of those who may see it.
final class JobFeed: Sendable {
  private struct State {
    var subscriptions: [Int: FeedSubscription] = [:]
    var last = 0
  }

  private let state = Mutex(State())

  /// Calls `body` with a subscription that lasts as long as it.
  /// - Parameter sees: whether jobs of that owner are passed on.
  func withSubscription<Result>(
    seeing sees: @escaping @Sendable (_ owner: String?) -> Bool,
    _ body: (FeedSubscription) async throws -> Result
  ) async rethrows -> Result {
    let subscription = FeedSubscription(sees: sees)
    let number = state.withLock { state in
      state.last += 1
      state.subscriptions[state.last] = subscription
      return state.last
    }
    defer { state.withLock { $0.subscriptions[number] = nil } }
    return try await body(subscription)
  }

  /// Whether somebody waits for jobs of that owner: without, no document need be made.
  func isWanted(_ owner: String?) -> Bool {
    state.withLock { $0.subscriptions.values.contains { $0.sees(owner) } }
  }

  func publish(_ document: StatusDocument, owner: String?) {
    for subscription in state.withLock({ Array($0.subscriptions.values) })
    where subscription.sees(owner) {
      subscription.add(document)
    }
  }

  /// Tells all that changes may have been missed.
  func reset() {
    for subscription in state.withLock({ Array($0.subscriptions.values) }) { subscription.reset() }
  }
}

/// What a stream has still to send: of each job the newest document, however slowly its client reads.
final class FeedSubscription: Sendable {
  /// Jobs kept for a client. One that is further behind does better to read the list again.
  static let maxWaiting = 500

  struct News {
    /// Whether something may be missing: the client reads the list again.
    var isReset: Bool
    /// By version, oldest first.
    var documents: [StatusDocument]
  }

  private struct State {
    var isReset = false
    var waiting: [JobID: StatusDocument] = [:]
  }

  let sees: @Sendable (_ owner: String?) -> Bool
  private let state = Mutex(State())
  /// Woken when there is something to take. One task waits.
  let signal = WakeSignal()

  fileprivate init(sees: @escaping @Sendable (String?) -> Bool) { self.sees = sees }

  fileprivate func add(_ document: StatusDocument) {
    state.withLock { state in
      if state.waiting[document.jobID] == nil, state.waiting.count >= Self.maxWaiting {
        state = State(isReset: true)
      }
      if let known = state.waiting[document.jobID], known.version >= document.version { return }
      state.waiting[document.jobID] = document
    }
    signal.wake()
  }

  fileprivate func reset() {
    state.withLock { $0.isReset = true }
    signal.wake()
  }

  var isEmpty: Bool { state.withLock { !$0.isReset && $0.waiting.isEmpty } }

  func take() -> News {
    let taken = state.withLock { state in
      defer { state = State() }
      return state
    }
    return News(
      isReset: taken.isReset, documents: taken.waiting.values.sorted { $0.version < $1.version })
  }
}
