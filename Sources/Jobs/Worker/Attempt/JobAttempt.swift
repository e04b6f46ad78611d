import Foundation
import Synchronization

/// One worker's try at one job: the executor, and beside it those who watch the lease.
struct JobAttempt: Sendable {
  /// Why an attempt stops before its executor has ended.
  private enum Interruption: Sendable {
    case leaseLost
    case leaseNotRenewed
    /// The executor has been silent for so long.
    case stalled(Duration)
  }

  private enum Finding: Sendable {
    case executed(Result<String, any Error>)
    case interrupted(Interruption)
    /// A watcher was cancelled.
    case nothing
  }

  private let job: Job
  private let claimed: ClaimedJob
  private let worker: JobWorker
  private let reporter: AttemptReporter
  private let leaseEnd: LeaseEnd
  private let end: AttemptEnd

  private var settings: WorkerSettings { worker.settings }
  private var claim: Claim { claimed.claim }

  /// `claimedAt`: before the store was asked, so that the lease ends no earlier than believed.
  init(_ claimed: ClaimedJob, claimedAt: Date, by worker: JobWorker) {
    self.claimed = claimed
    self.worker = worker
    job = claimed.job
    reporter = AttemptReporter(
      store: worker.store, claim: claimed.claim, settings: worker.settings, time: worker.time,
      pulse: worker.pulse, onEvent: worker.onEvent)
    leaseEnd = LeaseEnd(claimedAt.addingTimeInterval(worker.settings.lease.timeInterval))
    end = AttemptEnd(time: worker.time)
  }

  /// Runs the job to its end, or until its lease is gone or the task is cancelled.
  func run() async {
    worker.onEvent(.claimed(claimed))
    Failpoint.jobClaimed.reach()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await giveBackWhenStopping() }
      let (result, interruption) = await executed()
      end.executed()
      if end.settle() { await conclude(result, interruption) }
    }
  }

  private func conclude(
    _ result: Result<String, any Error>, _ interruption: Interruption?
  ) async {
    switch (result, interruption) {
    case (_, .leaseLost): worker.onEvent(.leaseLost(job))
    case (.success(let summary), _): await finish(.completed(summary: summary), error: nil)
    case (.failure, .leaseNotRenewed):
      worker.onEvent(.leaseNotRenewed(job))
      await finish(.released, error: nil)
    case (.failure(let error), _):
      if (error as? JobsError)?.code == .leaseLost { return worker.onEvent(.leaseLost(job)) }
      // The executor was cancelled because the worker is.
      if Task.isCancelled { return await finish(.released, error: nil) }
      await finish(outcome(of: error), error: error)
    }
  }

  private func executed() async -> (Result<String, any Error>, Interruption?) {
    await withTaskGroup(of: Finding.self) { group in
      group.addTask { .executed(await execute()) }
      for watch in [heartbeat, watchForCancellation, watchLease, reportProgress] {
        group.addTask {
          // A sleep that was cancelled: somebody else has the finding.
          (try? await watch()).map(Finding.interrupted) ?? .nothing
        }
      }
      var result: Result<String, any Error> = .failure(CancellationError())
      var interruption: Interruption?
      for await finding in group {
        switch finding {
        case .executed(let ended):
          result = ended
          group.cancelAll()
        case .interrupted(let reason):
          interruption = interruption ?? reason
          group.cancelAll()
          // The executor may never end.
          if case .stalled(let silence) = reason { await giveUp(after: silence) }
        case .nothing: break
        }
      }
      return (result, interruption)
    }
  }

  private func execute() async -> Result<String, any Error> {
    do {
      return .success(try await worker.executor.execute(claimed, reporting: reporter))
    } catch {
      return .failure(error)
    }
  }

  // MARK: - Beside the executor

  private func heartbeat() async throws -> Interruption {
    while true {
      try await worker.time.sleep(settings.heartbeat)
      let asked = worker.time.now()
      do {
        try await worker.store.renew(claim, lease: settings.lease, now: asked)
        leaseEnd.move(to: asked.addingTimeInterval(settings.lease.timeInterval))
        worker.onEvent(.renewed(job.id))
      } catch let error as JobsError where error.code == .leaseLost {
        return .leaseLost
      } catch {
        try Task.checkCancellation()
        worker.onEvent(.storeFailed(.renew, error))
      }
    }
  }

  /// A job that was cancelled is held no more; an executor that hangs is found here too.
  private func watchForCancellation() async throws -> Interruption {
    while true {
      try await worker.time.sleep(settings.cancelCheck)
      if let silence = reporter.stall() { return .stalled(silence) }
      do {
        guard try await worker.store.holds(claim) else { return .leaseLost }
      } catch {
        try Task.checkCancellation()
        worker.onEvent(.storeFailed(.check, error))
      }
    }
  }

  /// Ends the attempt before another worker may claim the job.
  private func watchLease() async throws -> Interruption {
    while true {
      let end = leaseEnd.value.addingTimeInterval(-settings.leaseMargin.timeInterval)
      let left = end.timeIntervalSince(worker.time.now())
      guard left > 0 else { return .leaseNotRenewed }
      try await worker.time.sleep(.seconds(left))
    }
  }

  private func reportProgress() async throws -> Interruption {
    do {
      try await reporter.run()
    } catch let error as JobsError where error.code == .leaseLost {
      return .leaseLost
    }
  }

  // MARK: - The end

  /// A worker that is told to stop keeps its job for no longer than this.
  private static let stoppingTime = Duration.seconds(1)

  /// Gives the job back while its executor is still stopping: a model that is being compiled, for one, cannot
  /// be interrupted. What the executor writes afterwards is refused.
  private func giveBackWhenStopping() async {
    await end.waitForExecutor()
    guard Task.isCancelled, !end.hasExecuted else { return }
    // Nothing cancels it.
    try? await uncancelled { [end] in await end.waitForExecutor(upTo: Self.stoppingTime) }
    if end.settle() { await finish(.released, error: nil) }
  }

  private func giveUp(after silence: Duration) async {
    guard end.settle() else { return }
    let error = AttemptError(
      JobFailure(
        code: "TIMED_OUT",
        message: "No progress for \(Int(silence.timeInterval.rounded())) seconds"),
      isFinal: false)
    await finish(outcome(of: error), error: error)
    worker.onEvent(.stalled(job, silence))
  }

  private func outcome(of error: any Error) -> AttemptOutcome {
    var error = AttemptError(of: error)
    // Nobody waits for a shadow: what a candidate cannot do is known after one try.
    error.isFinal = error.isFinal || job.isShadow
    return error.outcome(
      ofAttempt: job.attempt, delays: settings.retryDelays, now: worker.time.now(),
      random: worker.time.random())
  }

  /// A store that is down when the attempt ends is asked again for so long: most come back by then. After it
  /// the job's next worker does the rest.
  private static let patience = Duration.seconds(30)
  /// The same for a worker that is told to stop.
  private static let patienceWhenStopping = Duration.seconds(3)

  /// Writes the outcome, also when the worker is stopping.
  private func finish(_ outcome: AttemptOutcome, error: (any Error)?) async {
    var backoff = Backoff(first: .milliseconds(200), limit: .seconds(2))
    let start = worker.time.now()
    while true {
      do {
        try await uncancelled { [worker, claim, reporter] in
          // The last counts of images: nothing would correct them once the job has ended.
          try await reporter.flush()
          try await worker.store.finish(claim, outcome, now: worker.time.now())
        }
        return worker.onEvent(.ended(job, outcome, error: error))
      } catch let error as JobsError where error.code == .leaseLost {
        return worker.onEvent(.leaseLost(job))
      } catch {
        let patience = Task.isCancelled ? Self.patienceWhenStopping : Self.patience
        guard worker.time.now().timeIntervalSince(start) < patience.timeInterval else {
          return worker.onEvent(.outcomeLost(job, outcome, error))
        }
        worker.onEvent(.storeFailed(.finish, error))
        let wait = backoff.next()
        // Nothing cancels it.
        try? await uncancelled { [worker] in try await worker.time.sleep(wait) }
      }
    }
  }
}

/// Of an attempt's executor and its worker's end, which comes first settles what becomes of the job.
private final class AttemptEnd: Sendable {
  private let ended: WakeSignal
  private let isExecuted = Atomic(false)
  private let isSettled = Atomic(false)

  init(time: WorkerTime) { ended = WakeSignal(time: time) }

  var hasExecuted: Bool { isExecuted.load(ordering: .acquiring) }

  func executed() {
    isExecuted.store(true, ordering: .releasing)
    ended.wake()
  }

  /// Returns at once when the task is cancelled.
  func waitForExecutor() async { await ended.wait() }

  func waitForExecutor(upTo time: Duration) async { await ended.wait(upTo: time) }

  /// - Returns: true the first time.
  func settle() -> Bool { !isSettled.exchange(true, ordering: .acquiringAndReleasing) }
}

/// When the lease runs out, as far as this worker knows.
private final class LeaseEnd: Sendable {
  private let date: Mutex<Date>

  init(_ date: Date) { self.date = Mutex(date) }

  var value: Date { date.withLock { $0 } }

  func move(to date: Date) { self.date.withLock { $0 = date } }
}
