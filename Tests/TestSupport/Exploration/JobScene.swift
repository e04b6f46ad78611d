public import Foundation
public import Jobs

/// A job with some pictures, and how far its exploration goes.
public struct JobScene: Sendable {
  /// Half a lease: so a lease may be fresh, half over, or over.
  public static let step: TimeInterval = 5
  static let retryFailure = JobFailure(code: "STORAGE_ERROR", message: "m", details: "d")
  static let lastFailure = JobFailure(code: "MODEL_LOAD_ERROR", message: "m")

  public let upload: Upload
  public let job: Job
  /// What each worker reports. Where they differ, a percentage may try to go back.
  let percentages: [ExploredWorker: Int]
  public let maxDeaths: Int
  /// A claim that would start one more attempt is not explored: retries could go on for ever.
  public let maxAttempts: Int

  public init(
    images: Int = 2, percentages: [ExploredWorker: Int] = [.a: 60, .b: 40], maxDeaths: Int,
    maxAttempts: Int
  ) {
    self.init(sampleUpload(files: images), percentages, maxDeaths, maxAttempts)
  }

  private init(
    _ upload: Upload, _ percentages: [ExploredWorker: Int], _ maxDeaths: Int, _ maxAttempts: Int
  ) {
    self.upload = upload
    self.percentages = percentages
    job = sampleJob(over: upload)
    self.maxDeaths = maxDeaths
    self.maxAttempts = maxAttempts
  }

  /// Another job over the same pictures.
  public func renewed() -> JobScene { JobScene(upload, percentages, maxDeaths, maxAttempts) }

  /// Puts the job into a store; nothing else may be due there.
  public func open(_ store: any JobStore & UploadStore) async throws -> ExploredStore {
    if try await store.upload(upload.id) == nil { try await store.insert(upload) }
    _ = try await store.insert(job, idempotency: nil)
    return ExploredStore(store, job.id, maxDeaths: maxDeaths)
  }

  /// What may happen next. What should change nothing comes first, so that the rest is tried behind it.
  public func actions(after history: JobHistory, _ view: JobView) -> [JobAction] {
    let workers =
      ExploredWorker.allCases.filter { !history.holds($0, view) }
      + ExploredWorker.allCases.filter { history.holds($0, view) }
    var actions = workers.filter { history.lastClaims[$0] != nil }.flatMap {
      JobAction.writes(by: $0, images: upload.files.count)
    }
    if !startsAttempt(history, view) || history.attempts < maxAttempts {
      actions += workers.map(JobAction.claim)
    }
    actions.append(.cancel)
    let waits = view.job.state == .queued && view.job.dueAt > history.now
    if waits || history.leaseLeft ?? 0 > 0 { actions.append(.timePasses) }
    return actions
  }

  private func startsAttempt(_ history: JobHistory, _ view: JobView) -> Bool {
    switch view.job.state {
    case .queued: view.job.dueAt <= history.now
    case .processing: history.isLeaseOver && history.deaths + 1 < maxDeaths
    case .completed, .failed, .cancelled: false
    }
  }
}
