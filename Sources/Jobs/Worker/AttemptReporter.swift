import Synchronization

/// Tells the store how far an attempt is: progress at most every quarter of a second, records at once.
public final class AttemptReporter: Sendable {
  private struct State {
    var latest: JobProgress?
    var written: JobProgress?
  }

  private let store: any JobStore
  private let claim: Claim
  private let settings: WorkerSettings
  private let time: WorkerTime
  private let onEvent: @Sendable (WorkerEvent) -> Void
  private let changed: WakeSignal
  private let state = Mutex(State())

  public init(
    store: any JobStore, claim: Claim, settings: WorkerSettings = WorkerSettings(),
    time: WorkerTime = .system, onEvent: @escaping @Sendable (WorkerEvent) -> Void = { _ in }
  ) {
    self.store = store
    self.claim = claim
    self.settings = settings
    self.time = time
    self.onEvent = onEvent
    changed = WakeSignal(time: time)
  }

  /// Returns at once; of several calls between two writes the last one is written.
  public func progress(_ progress: JobProgress) {
    state.withLock { $0.latest = progress }
    changed.wake()
  }

  /// Adds what was made of one image. While the store is down it tries again, until the task is cancelled.
  /// - Throws: `JobsError(.leaseLost)`, `CancellationError`.
  public func record(_ record: ImageRecord) async throws {
    var backoff = Backoff(first: .milliseconds(200), limit: settings.heartbeat)
    while true {
      do {
        // Also when the worker is stopping: what it has made would have to be made again.
        return try await uncancelled { [store, claim, time] in
          try await store.record(record, by: claim, now: time.now())
        }
      } catch let error as JobsError where error.code != .leaseLost {
        onEvent(.storeFailed(.record, error))
        try await time.sleep(backoff.next())
      }
    }
  }

  /// Writes the latest progress, if it is not written yet; not to be called while `run` runs. Progress that
  /// cannot be written is left out.
  /// - Throws: `JobsError(.leaseLost)`, `CancellationError`.
  public func flush() async throws {
    let due = state.withLock { $0.latest == $0.written ? nil : $0.latest }
    guard let due else { return }
    do {
      try await store.report(due, by: claim, now: time.now())
      state.withLock { $0.written = due }
    } catch let error as JobsError where error.code == .leaseLost {
      throw error
    } catch {
      try Task.checkCancellation()
      onEvent(.storeFailed(.report, error))
    }
  }

  /// Writes progress as it comes, until the task is cancelled.
  /// - Throws: as `flush`.
  func run() async throws -> Never {
    while true {
      await changed.wait()
      try Task.checkCancellation()
      try await flush()
      try await time.sleep(settings.progressInterval)
    }
  }
}
