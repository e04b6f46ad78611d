public import Foundation
public import Jobs

/// The calls that an exploration makes about its one job. A test of the checks replaces one by a faulty one.
public struct ExploredStore: Sendable {
  public var claim: @Sendable (_ worker: WorkerID, _ now: Date) async throws -> ClaimedJob?
  public var renew: @Sendable (Claim, _ now: Date) async throws -> Void
  public var report: @Sendable (JobProgress, Claim, _ now: Date) async throws -> Void
  public var record: @Sendable (ImageRecord, Claim, _ now: Date) async throws -> Void
  public var finish: @Sendable (Claim, AttemptOutcome, _ now: Date) async throws -> Void
  public var cancel: @Sendable (_ now: Date) async throws -> CancelOutcome
  /// The job as anybody sees it who knows these claims.
  public var look: @Sendable (_ claims: [Claim]) async throws -> JobView

  init(_ store: any JobStore, _ id: JobID, maxDeaths: Int) {
    claim = {
      try await store.claim(for: $0, lease: JobHistory.lease, maxDeaths: maxDeaths, now: $1)
    }
    renew = { try await store.renew($0, lease: JobHistory.lease, now: $1) }
    report = { try await store.report($0, by: $1, now: $2) }
    record = { try await store.record($0, by: $1, now: $2) }
    finish = { try await store.finish($0, $1, now: $2) }
    cancel = { try await store.cancel(id, now: $0) }
    look = { claims in
      guard let job = try await store.job(id) else {
        throw JobsError(.databaseError, "The explored job is gone")
      }
      var holding: [Int] = []
      for claim in claims where try await store.holds(claim) { holding.append(claim.token) }
      return JobView(
        job: job, records: try await store.records(of: id),
        attempts: try await store.attempts(of: id), holding: holding,
        latestVersion: try await store.latestVersion())
    }
  }
}

/// What can be seen of the job from outside.
public struct JobView: Sendable, Equatable, CustomStringConvertible {
  public var job: Job
  public var records: [ImageRecord]
  public var attempts: [Attempt]
  /// The tokens of the claims that hold the job.
  public var holding: [Int]
  public var latestVersion: Int

  public var description: String {
    """
    \(job.state), attempt \(job.attempt), \(job.progress.percentage) %, \(records.count) records, \
    attempts \(attempts.map(\.outcome)), held by \(holding), version \(job.version) of \(latestVersion)
    """
  }
}

/// What the store said to an action.
public enum JobAnswer: Sendable, Equatable {
  case done
  /// The lease is lost.
  case refused
  case nothingDue
  case claimed(ClaimedJob)
  case cancel(CancelOutcome)
  /// Any other error.
  case error(String)
}

/// A job on its way through a store.
public struct JobRun: Sendable {
  private let scene: JobScene
  private let store: ExploredStore
  public private(set) var history: JobHistory

  public init(_ scene: JobScene, _ store: ExploredStore) {
    self.scene = scene
    self.store = store
    history = JobHistory(maxDeaths: scene.maxDeaths)
  }

  public func look() async throws -> JobView { try await store.look(history.claims) }

  @discardableResult
  public mutating func take(_ action: JobAction) async -> JobAnswer {
    let answer: JobAnswer
    do {
      answer = try await perform(action)
    } catch let error as JobsError where error.code == .leaseLost {
      answer = .refused
    } catch {
      answer = .error("\(error)")
    }
    history.add(action, answer)
    return answer
  }

  private func perform(_ action: JobAction) async throws -> JobAnswer {
    let now = history.now
    switch action {
    case .claim(let worker):
      let claimed = try await store.claim(WorkerID(worker.rawValue), now)
      return claimed.map(JobAnswer.claimed) ?? .nothingDue
    case .cancel:
      return .cancel(try await store.cancel(now))
    case .timePasses:
      return .done
    case .renew(let worker):
      try await store.renew(claim(of: worker), now)
    case .report(let worker):
      let progress = JobProgress(
        totalImages: scene.upload.files.count, processedImages: 1,
        percentage: scene.percentages[worker] ?? 0,
        stage: "Detecting")
      try await store.report(progress, claim(of: worker), now)
    case .record(let worker, let image):
      let claim = try claim(of: worker)
      let record = sampleRecord(of: scene.upload.files[image], token: claim.token)
      try await store.record(record, claim, now)
    case .finish(let worker, let ending):
      try await store.finish(claim(of: worker), outcome(ending), now)
    }
    return .done
  }

  private func claim(of worker: ExploredWorker) throws -> Claim {
    guard let claim = history.lastClaims[worker] else { throw JobsError.leaseLost }
    return claim
  }

  private func outcome(_ ending: ExploredEnding) -> AttemptOutcome {
    switch ending {
    case .completed: .completed(summary: "{}")
    case .retry: .retry(at: history.now + JobScene.step, JobScene.retryFailure)
    case .failed: .failed(JobScene.lastFailure)
    case .released: .released
    }
  }
}
