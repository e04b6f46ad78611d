import Dispatch
import Jobs
import Synchronization

/// Whether the server can be reached, as all threads of a pool have found. While it cannot, one of them tries again
/// from time to time and the others fail at once.
final class PostgresReach: Sendable {
  private struct State {
    // A server that is started anew is back in seconds, and a lease lasts ten.
    var backoff = Backoff(first: .milliseconds(100), limit: .seconds(1))
    var nextTry: ContinuousClock.Instant?
    var cause = ""
    /// Connections that were made.
    var successes = 0
  }

  private let state = Mutex(State())

  /// - Returns: the try, for `failed`.
  /// - Throws: `JobsError(.unavailable)` when it is too early to try again.
  func begin() throws -> Int {
    try state.withLock { state in
      guard let next = state.nextTry else { return state.successes }
      guard next <= .now else {
        throw JobsError.postgresUnreachable(state.cause)
      }
      // This one tries; what becomes of it is known by then, or it takes long.
      state.nextTry = .now + .seconds(1)
      return state.successes
    }
  }

  /// A try that began before another one succeeded says nothing of the present.
  func failed(_ attempt: Int, _ cause: String) {
    state.withLock { state in
      guard attempt == state.successes else { return }
      state.cause = cause
      state.nextTry = .now + state.backoff.next()
    }
  }

  func succeeded() { state.withLock { $0 = State(successes: $0.successes + 1) } }
}

/// A thread's connection, which is made when it is needed and again when it was lost.
final class PostgresSession {
  private let settings: PostgresSettings
  private let reach: PostgresReach
  private var current: PostgresConnection?

  init(_ settings: PostgresSettings, _ reach: PostgresReach) {
    self.settings = settings
    self.reach = reach
  }

  /// One that was alive a moment ago.
  /// - Throws: `JobsError(.unavailable)` when the server cannot be reached.
  func connection() throws -> PostgresConnection {
    if let current, current.isHealthy() { return current }
    current = nil
    let attempt = try reach.begin()
    do {
      let made = try PostgresConnection(settings)
      reach.succeeded()
      current = made
      return made
    } catch let error as PostgresError {
      reach.failed(attempt, error.words)
      throw JobsError.postgresUnreachable(error.words)
    }
  }

  /// What was begun on it does not go on.
  func discard() { current = nil }

  /// Holds up its own thread, and no other.
  func pause(_ time: Duration) {
    _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(Int(time.milliseconds)))
  }
}
