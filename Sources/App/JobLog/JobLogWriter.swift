public import Foundation
public import Jobs
public import Logging
import Synchronization

/// Keeps what happens to jobs where their clients can read it: `GET /api/v1/jobs/{job_id}/log`.
///
/// Nothing waits for it, and no job depends on it: lines are written in batches, and those that a store does not
/// take are lost, as are those of the last moment of a process that is killed.
public final class JobLogWriter: Sendable {
  /// Lines that wait to be written; later ones are left out.
  private static let maxWaiting = 4096
  /// Between two writes: a client that waits for the log sees it grow.
  private static let interval = Duration.milliseconds(250)
  /// For the last lines of a process that ends.
  private static let lastWrite = Duration.seconds(2)

  private struct State {
    /// In the order in which jobs were first written about.
    var waiting: [(job: JobID, entries: [JobLogEntry])] = []
    var count = 0
    var lost = 0
  }

  private let store: any JobLogStore
  private let source: JobLogEntry.Source
  private let logger: Logger
  private let now: @Sendable () -> Date
  private let due: WakeSignal
  private let state = Mutex(State())

  public init(
    store: any JobLogStore, source: JobLogEntry.Source, logger: Logger,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.store = store
    self.source = source
    self.logger = logger
    self.now = now
    due = WakeSignal()
  }

  /// Returns at once. The words are for clients: no paths, no addresses of the server.
  public func write(
    _ message: String, _ level: JobLogEntry.Level = .info, of job: JobID, attempt: Int? = nil,
    details: [String: String] = [:]
  ) {
    let entry = JobLogEntry(
      time: now(), level: level, source: source, attempt: attempt, message: message,
      details: details)
    state.withLock { state in
      guard state.count < Self.maxWaiting else {
        state.lost += 1
        return
      }
      state.count += 1
      if let index = state.waiting.firstIndex(where: { $0.job == job }) {
        state.waiting[index].entries.append(entry)
      } else {
        state.waiting.append((job, [entry]))
      }
    }
    due.wake()
  }

  /// Writes until the task is cancelled, and then what is left.
  public func run() async {
    while !Task.isCancelled {
      await due.wait(upTo: .seconds(3600))
      await flush()
      // A cancelled sleep ends the loop.
      try? await Task.sleep(for: Self.interval)
    }
    let last = Task { await flush() }
    _ = await value(of: last, within: Self.lastWrite, clock: ContinuousClock())
  }

  /// Writes what waits.
  func flush() async {
    let (waiting, lost) = state.withLock { state in
      defer { state = State() }
      return (state.waiting, state.lost)
    }
    var refused = lost
    var cause: (any Error)?
    for (job, entries) in waiting {
      do {
        try await uncancelled { [store] in try await store.append(entries, to: job) }
      } catch {
        refused += entries.count
        cause = error
      }
    }
    if refused > 0 {
      logger.warning(
        "Lines of job logs are lost",
        metadata: [
          "lines": .stringConvertible(refused), "cause": "\(cause.map { "\($0)" } ?? "too many")",
        ])
    }
  }
}
