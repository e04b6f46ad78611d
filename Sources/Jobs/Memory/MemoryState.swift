import Foundation

/// The rules of the store, without locks or I/O.
struct MemoryState {
  var jobs: [JobID: MemoryJob] = [:]
  var uploads: [UploadID: Upload] = [:]
  var workers: [WorkerID: (seenAt: Date, progressedAt: Date)] = [:]
  var deliveries: [EventID: MemoryDelivery] = [:]
  var apiKeys: [APIKeyID: APIKey] = [:]
  var usage: [AccountDay: Int] = [:]
  var models = MemoryModels()
  var shadows = MemoryShadows()
  /// Of the newest change.
  private(set) var version = 0
  private var keys: [String: (bodyHash: String, jobID: JobID, createdAt: Date)] = [:]

  mutating func insert(
    _ job: Job, _ idempotency: IdempotencyKey?, limits: QueueLimits, continuing: JobID?
  ) throws -> JobInsertion {
    guard uploads[job.uploadID] != nil else {
      throw JobsError(.uploadNotFound, "No such upload")
    }
    keys = keys.filter {
      job.createdAt.timeIntervalSince($0.value.createdAt) < IdempotencyKey.lifetime
    }
    if let idempotency, let first = try self.job(startedBy: idempotency, now: job.createdAt) {
      return .repeated(first)
    }
    let isFull = limits.total.map { total in
      jobs.values.count { $0.job.state == .queued && (job.isShadow || !$0.job.isShadow) } >= total
    }
    if isFull == true {
      throw JobsError.queueFull
    }
    if let limit = limits.ofOwner, let owner = job.owner, counts(of: owner).queued >= limit {
      throw JobsError.ownerQueueFull
    }
    if let model = job.model, models.versions[model.id]?.pin != model {
      throw JobsError.noSuchVersion(model.id)
    }
    if let idempotency {
      keys[Self.name(of: idempotency)] = (idempotency.bodyHash, job.id, job.createdAt)
    }
    var entry = MemoryJob(job: job)
    // Nobody's jobs are not counted, so they have no limit.
    if job.owner == nil { entry.job.runningLimit = nil }
    if let earlier = continuing.flatMap({ jobs[$0] }) { entry.takeOver(from: earlier) }
    keep(entry)
    return .inserted
  }

  func job(startedBy key: IdempotencyKey, now: Date) throws -> Job? {
    guard let known = keys[Self.name(of: key)],
      now.timeIntervalSince(known.createdAt) < IdempotencyKey.lifetime,
      let first = jobs[known.jobID]?.job
    else { return nil }
    guard known.bodyHash == key.bodyHash else {
      throw JobsError.keyOfAnotherBody
    }
    return first
  }

  private static func name(of key: IdempotencyKey) -> String { "\(key.caller)\u{0}\(key.key)" }

  func counts(of owner: String) -> OwnerCounts {
    let jobs = jobs.values.lazy.map(\.job).filter { $0.owner == owner }
    return OwnerCounts(
      queued: jobs.count { $0.state == .queued }, processing: jobs.count { $0.state == .processing }
    )
  }

  private func isHeldBack(_ job: Job) -> Bool {
    guard let owner = job.owner, let limit = job.runningLimit else { return false }
    return counts(of: owner).processing >= limit
  }

  func isUsed(_ id: UploadID) -> Bool {
    jobs.values.contains { $0.job.uploadID == id && !$0.job.state.isEnded && !$0.job.isShadow }
  }

  mutating func claim(
    for worker: WorkerID, lease: Duration, maxDeaths: Int, now: Date
  ) -> ClaimedJob? {
    while let id = nextDue(now) {
      guard var entry = jobs[id] else { return nil }
      let isTakenOver = entry.job.state == .processing
      if isTakenOver {
        entry.deaths += 1
        entry.endAttempt(.lost, .workerLost, now)
        if entry.deaths >= maxDeaths || entry.job.isShadow {
          entry.job.failure = .workerCrashed(
            deaths: entry.deaths, on: entry.attempts.last?.fileInHand.flatMap(file))
          entry.end(.failed, now)
          keep(entry)
          continue
        }
      }
      entry.job.state = .processing
      entry.job.attempt += 1
      entry.job.startedAt = entry.job.startedAt ?? now
      entry.job.updatedAt = now
      entry.token += 1
      entry.leaseEnd = now.addingTimeInterval(lease.timeInterval)
      entry.attempts.append(
        Attempt(number: entry.job.attempt, token: entry.token, worker: worker, startedAt: now))
      keep(entry)
      return ClaimedJob(
        job: jobs[id]?.job ?? entry.job,
        claim: Claim(jobID: id, worker: worker, token: entry.token),
        records: entry.orderedRecords, checkpoints: entry.checkpoints, deaths: entry.deaths,
        isTakenOver: isTakenOver)
    }
    return nil
  }

  private func file(_ id: FileID) -> (id: FileID, filename: String)? {
    uploads.values.lazy.flatMap(\.files).first { $0.id == id }.map { ($0.id, $0.filename) }
  }

  private func nextDue(_ now: Date) -> JobID? {
    jobs.values.filter { entry in
      switch entry.job.state {
      case .queued: entry.job.dueAt <= now && !isHeldBack(entry.job)
      case .processing: entry.leaseEnd <= now
      case .completed, .failed, .cancelled: false
      }
    }.map(\.job).min {
      $0.priority != $1.priority ? $0.priority > $1.priority : $0.id < $1.id
    }?.id
  }

  /// Changes the job that `claim` still holds, in a way that clients see.
  mutating func change(_ claim: Claim, _ now: Date, _ body: (inout MemoryJob) -> Void) throws {
    var entry = try held(by: claim)
    body(&entry)
    entry.job.updatedAt = now
    keep(entry)
  }

  /// Changes what only workers see.
  mutating func changeUnseen(_ claim: Claim, _ body: (inout MemoryJob) -> Void) throws {
    var entry = try held(by: claim)
    body(&entry)
    jobs[claim.jobID] = entry
  }

  mutating func report(_ progress: JobProgress, _ claim: Claim, _ now: Date) throws {
    let known = try held(by: claim).job.progress
    var progress = progress
    progress.percentage = max(known.percentage, progress.percentage)
    guard progress != known else { return }
    try change(claim, now) { $0.job.progress = progress }
  }

  func held(by claim: Claim) throws -> MemoryJob {
    guard let entry = jobs[claim.jobID], entry.token == claim.token,
      entry.job.state == .processing
    else { throw JobsError.leaseLost }
    return entry
  }

  /// Keeps a job whose clients see a change.
  mutating func keep(_ entry: MemoryJob) {
    version += 1
    var entry = entry
    entry.job.version = version
    jobs[entry.job.id] = entry
    announceEnd(of: entry.job)
  }

  func load(ahead priority: JobPriority) -> QueueLoad {
    var load = QueueLoad(megapixelsAhead: 0, secondsPerMegapixel: nil)
    var completed: [Job] = []
    for job in jobs.values.map(\.job) {
      switch job.state {
      case .processing: load.megapixelsAhead += job.remainingMegapixels
      case .queued where job.priority >= priority: load.megapixelsAhead += job.remainingMegapixels
      case .completed where job.attempt == 1 && job.megapixels > 0 && !job.isShadow:
        completed.append(job)
      default: break
      }
    }
    completed.sort { ($0.endedAt ?? .distantPast) > ($1.endedAt ?? .distantPast) }
    let measured = completed.prefix(QueueLoad.measuredJobs)
    var seconds = 0.0
    var megapixels = 0.0
    for job in measured {
      guard let start = job.startedAt, let end = job.endedAt else { continue }
      seconds += max(0, end.timeIntervalSince(start))
      megapixels += job.megapixels
    }
    if megapixels > 0 { load.secondsPerMegapixel = seconds / megapixels }
    return load
  }
}

extension Job {
  /// What is left to do, as far as its progress tells.
  fileprivate var remainingMegapixels: Double {
    megapixels * Double(100 - progress.percentage) / 100
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
  var checkpoints: [Checkpoint] = []
  /// Oldest first.
  var attempts: [Attempt] = []
  var log: [NumberedEntry] = []

  /// In the order of the job's files.
  var orderedRecords: [ImageRecord] { job.fileIDs.compactMap { records[$0] } }

  mutating func withLastAttempt(_ change: (inout Attempt) -> Void) {
    guard var attempt = attempts.popLast() else { return }
    change(&attempt)
    attempts.append(attempt)
  }

  /// Changes nothing where no attempt runs.
  mutating func endAttempt(_ outcome: Attempt.Outcome, _ failure: JobFailure?, _ now: Date) {
    withLastAttempt { attempt in
      guard attempt.outcome == .running else { return }
      attempt.outcome = outcome
      attempt.failure = failure
      attempt.endedAt = now
    }
  }

  /// What another job over the same upload has finished of this job's files.
  mutating func takeOver(from earlier: MemoryJob) {
    let files = Set(job.fileIDs)
    records = earlier.records.filter { files.contains($0.key) && $0.value.failure == nil }
    checkpoints = earlier.checkpoints.filter { files.contains($0.fileID) }
    job.progress.processedImages = records.count
  }

  mutating func finish(_ outcome: AttemptOutcome, _ now: Date) {
    let (ended, failure) = outcome.attempt
    endAttempt(ended, failure, now)
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
      job.startedAt = nil
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
