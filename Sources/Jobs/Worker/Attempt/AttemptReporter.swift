import Foundation
import Synchronization

/// Tells the store how far an attempt is: progress at most every quarter of a second, records at once.
public final class AttemptReporter: Sendable {
  private struct State {
    var latest: JobProgress?
    var written: JobProgress?
    /// How long the executor may be silent, if it has said so, and since when it is.
    var patience: Duration?
    var silentSince = Duration.zero
  }

  private let store: any JobStore
  private let claim: Claim
  private let settings: WorkerSettings
  private let time: WorkerTime
  private let onEvent: @Sendable (WorkerEvent) -> Void
  private let pulse: WorkerPulse?
  private let changed: WakeSignal
  private let state = Mutex(State())

  public convenience init(
    store: any JobStore, claim: Claim, settings: WorkerSettings = WorkerSettings(),
    time: WorkerTime = .system, onEvent: @escaping @Sendable (WorkerEvent) -> Void = { _ in }
  ) {
    self.init(
      store: store, claim: claim, settings: settings, time: time, pulse: nil, onEvent: onEvent)
  }

  init(
    store: any JobStore, claim: Claim, settings: WorkerSettings, time: WorkerTime,
    pulse: WorkerPulse?, onEvent: @escaping @Sendable (WorkerEvent) -> Void
  ) {
    self.pulse = pulse
    self.store = store
    self.claim = claim
    self.settings = settings
    self.time = time
    self.onEvent = onEvent
    changed = WakeSignal(time: time)
  }

  /// Returns at once; of several calls between two writes the last one is written.
  public func progress(_ progress: JobProgress) {
    let uptime = time.uptime()
    state.withLock { state in
      state.latest = progress
      state.silentSince = uptime
    }
    pulse?.progressed(at: time.now())
    changed.wake()
  }

  /// From now on the executor tells of its progress at least this often; when it does not, it hangs, and the
  /// attempt is given up. nil ends the promise.
  public func promiseProgress(every patience: Duration?) {
    let uptime = time.uptime()
    state.withLock { state in
      state.patience = patience
      state.silentSince = uptime
    }
  }

  /// How long the executor has been silent, if that is longer than it promised.
  func stall() -> Duration? {
    let uptime = time.uptime()
    return state.withLock { state in
      guard let patience = state.patience else { return nil }
      let silence = uptime - state.silentSince
      return silence > patience ? silence : nil
    }
  }

  /// Adds what was made of one image. While the store is down it tries again, until the task is cancelled.
  /// - Throws: `JobsError(.leaseLost)`, `CancellationError`.
  public func record(_ record: ImageRecord) async throws {
    try await untilStored(.record) { try await $0.record(record, by: $1, now: $2) }
  }

  /// Names the image that is being worked on, before anything is done with it that may kill the worker.
  /// - Throws: as `record`.
  public func begin(_ file: FileID) async throws {
    try await untilStored(.begin) { try await $0.begin(file, by: $1, now: $2) }
  }

  /// Adds a part of an image's work; it tries once, since without it only time is lost.
  /// - Throws: `JobsError`.
  public func keep(_ checkpoint: Checkpoint) async throws {
    try await uncancelled { [store, claim, time] in
      try await store.keep(checkpoint, by: claim, now: time.now())
    }
  }

  private func untilStored(
    _ call: WorkerEvent.StoreCall,
    _ write: @escaping @Sendable (any JobStore, Claim, Date) async throws -> Void
  ) async throws {
    var backoff = Backoff(first: .milliseconds(200), limit: settings.heartbeat)
    while true {
      do {
        // Also when the worker is stopping: what it has made would have to be made again.
        return try await uncancelled { [store, claim, time] in
          try await write(store, claim, time.now())
        }
      } catch let error as JobsError where error.code != .leaseLost {
        onEvent(.storeFailed(call, error))
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
      onEvent(.reported(claim.jobID))
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
