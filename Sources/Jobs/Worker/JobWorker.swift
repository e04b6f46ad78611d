/// Claims jobs and runs them, one at a time, until its task is cancelled.
///
/// The store decides, the signal only shortens the wait. A store that is down stops nothing: the worker asks
/// again, less and less often.
public struct JobWorker: Sendable {
  public let id: WorkerID
  let store: any JobStore
  let signal: any JobSignal
  let executor: any JobExecutor
  let settings: WorkerSettings
  let time: WorkerTime
  let onEvent: @Sendable (WorkerEvent) -> Void
  let pulse: WorkerPulse

  public init(
    id: WorkerID, store: any JobStore, signal: any JobSignal, executor: any JobExecutor,
    settings: WorkerSettings = WorkerSettings(), time: WorkerTime = .system,
    onEvent: @escaping @Sendable (WorkerEvent) -> Void
  ) {
    self.id = id
    self.store = store
    self.signal = signal
    self.executor = executor
    self.settings = settings
    self.time = time
    self.onEvent = onEvent
    pulse = WorkerPulse(at: time.now())
  }

  /// Works until the task is cancelled; the job in hand is then given back, its attempt not counted.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await sayThatItLives() }
      group.addTask { await work() }
    }
    do {
      try await uncancelled { [self] in try await store.leave(id) }
    } catch {
      // It is forgotten by itself.
      onEvent(.storeFailed(.leave, error))
    }
  }

  private func work() async {
    var backoff = Backoff(first: .milliseconds(200), limit: .seconds(5))
    while !Task.isCancelled {
      do {
        let asked = time.now()
        // A claim that was cancelled half-way would leave a job with nobody to do it.
        let claimed = try await uncancelled { [self] in
          try await store.claim(
            for: id, lease: settings.lease, maxDeaths: settings.maxDeaths, now: asked)
        }
        backoff.reset()
        pulse.progressed(at: time.now())
        if let claimed {
          await JobAttempt(claimed, claimedAt: asked, by: self).run()
        } else {
          await signal.wait(upTo: settings.idlePoll)
        }
      } catch {
        onEvent(.storeFailed(.claim, error))
        // A cancelled sleep ends the loop.
        try? await time.sleep(backoff.next())
      }
    }
  }

  private func sayThatItLives() async {
    while !Task.isCancelled {
      do {
        try await store.beat(id, progressedAt: pulse.progressedAt, now: time.now())
      } catch is CancellationError {
        return
      } catch {
        onEvent(.storeFailed(.beat, error))
      }
      // A cancelled sleep ends the loop.
      try? await time.sleep(settings.heartbeat)
    }
  }
}
