import Foundation

/// The rules of the store, without locks or I/O.
struct MemoryState {
  var jobs: [JobID: MemoryJob] = [:]
  var uploads: [UploadID: Upload] = [:]
  private var keys: [String: (bodyHash: String, jobID: JobID, createdAt: Date)] = [:]

  /// How long an idempotency key is remembered.
  static let keyLifetime: TimeInterval = 24 * 3600

  mutating func insert(_ job: Job, _ idempotency: IdempotencyKey?) throws -> JobInsertion {
    guard uploads[job.uploadID] != nil else {
      throw JobsError(.uploadNotFound, "No such upload")
    }
    if let idempotency {
      let key = "\(idempotency.caller)\u{0}\(idempotency.key)"
      if let known = keys[key], job.createdAt.timeIntervalSince(known.createdAt) < Self.keyLifetime,
        let first = jobs[known.jobID]?.job
      {
        guard known.bodyHash == idempotency.bodyHash else {
          throw JobsError(.idempotencyConflict, "This Idempotency-Key was used with another body")
        }
        return .repeated(first)
      }
      keys[key] = (idempotency.bodyHash, job.id, job.createdAt)
    }
    jobs[job.id] = MemoryJob(job: job)
    return .inserted
  }

  func isUsed(_ id: UploadID) -> Bool {
    jobs.values.contains { $0.job.uploadID == id && !$0.job.state.isEnded }
  }

  mutating func claim(
    for worker: WorkerID, lease: Duration, maxDeaths: Int, now: Date
  ) -> ClaimedJob? {
    while let id = nextDue(now) {
      guard var entry = jobs[id] else { return nil }
      if entry.job.state == .processing {
        entry.deaths += 1
        if entry.deaths >= maxDeaths {
          entry.job.failure = .workerCrashed(deaths: entry.deaths)
          entry.end(.failed, now)
          jobs[id] = entry
          continue
        }
      }
      entry.job.state = .processing
      entry.job.attempt += 1
      entry.job.startedAt = entry.job.startedAt ?? now
      entry.job.updatedAt = now
      entry.token += 1
      entry.leaseEnd = now.addingTimeInterval(lease.timeInterval)
      jobs[id] = entry
      return ClaimedJob(
        job: entry.job, claim: Claim(jobID: id, worker: worker, token: entry.token),
        records: entry.orderedRecords)
    }
    return nil
  }

  private func nextDue(_ now: Date) -> JobID? {
    jobs.values.filter { entry in
      switch entry.job.state {
      case .queued: entry.job.dueAt <= now
      case .processing: entry.leaseEnd <= now
      case .completed, .failed, .cancelled: false
      }
    }.map(\.job).min {
      $0.priority != $1.priority ? $0.priority > $1.priority : $0.id < $1.id
    }?.id
  }

  /// Changes the job that `claim` still holds.
  mutating func change(_ claim: Claim, _ now: Date, _ body: (inout MemoryJob) -> Void) throws {
    guard var entry = jobs[claim.jobID], entry.token == claim.token,
      entry.job.state == .processing
    else { throw JobsError(.leaseLost, "Another worker has this job, or it has ended") }
    body(&entry)
    entry.job.updatedAt = now
    jobs[claim.jobID] = entry
  }
}

/// A job with what only workers and the store see.
struct MemoryJob {
  var job: Job
  var token = 0
  /// Leases that ran out.
  var deaths = 0
  var leaseEnd = Date.distantPast
  var records: [FileID: ImageRecord] = [:]

  /// In the order of the job's files.
  var orderedRecords: [ImageRecord] { job.fileIDs.compactMap { records[$0] } }

  mutating func finish(_ outcome: AttemptOutcome, _ now: Date) {
    switch outcome {
    case .completed(let summary):
      job.summary = summary
      job.progress.percentage = 100
      job.failure = nil
      end(.completed, now)
    case .failed(let failure):
      job.failure = failure
      end(.failed, now)
    case .retry(let time, let failure):
      job.failure = failure
      job.dueAt = time
      job.state = .queued
    case .released:
      job.attempt -= 1
      job.dueAt = now
      job.state = .queued
    }
  }

  mutating func end(_ state: JobState, _ now: Date) {
    job.state = state
    job.endedAt = now
    job.updatedAt = now
    job.progress.stage = nil
  }
}
