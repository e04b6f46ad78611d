public import Foundation
import Synchronization

/// Jobs and uploads in memory: the reference of the conformance suite, and what tests of others use.
public final class MemoryStore: JobStore, UploadStore {
  let state = Mutex(MemoryState())

  public init() {}

  public func insert(
    _ job: Job, idempotency: IdempotencyKey?, limits: QueueLimits, continuing: JobID?
  ) async throws -> JobInsertion {
    try state.withLock {
      try $0.insert(job, idempotency, limits: limits, continuing: continuing)
    }
  }

  public func job(startedBy key: IdempotencyKey, now: Date) async throws -> Job? {
    try state.withLock { try $0.job(startedBy: key, now: now) }
  }

  public func job(_ id: JobID) async throws -> Job? {
    state.withLock { $0.jobs[id]?.job }
  }

  public func jobs(_ query: JobQuery) async throws -> [Job] {
    state.withLock { state in
      state.jobs.values.map(\.job)
        .filter { query.owner == nil || $0.owner == query.owner }
        .filter { query.state == nil || $0.state == query.state }
        .filter { job in query.after.map { job.id < $0 } ?? true }
        .sorted { $0.id > $1.id }.prefix(query.limit).map(\.self)
    }
  }

  public func records(of id: JobID) async throws -> [ImageRecord] {
    state.withLock { $0.jobs[id]?.orderedRecords ?? [] }
  }

  public func attempts(of id: JobID) async throws -> [Attempt] {
    state.withLock { Array(($0.jobs[id]?.attempts ?? []).suffix(Attempt.keptCount)) }
  }

  public func newestPicture(of file: FileID) async throws -> ImageRecord? {
    state.withLock { state in
      state.jobs.values.filter {
        $0.job.state == .completed && $0.job.comparison == nil
          && $0.records[file]?.annotatedKey != nil
      }.max { $0.job.id < $1.job.id }?.records[file]
    }
  }

  public func counts() async throws -> QueueCounts {
    state.withLock { state in
      let jobs = state.jobs.values.map(\.job)
      let queued = jobs.filter { $0.state == .queued && !$0.isShadow }
      return QueueCounts(
        queued: queued.count, processing: jobs.count { $0.state == .processing },
        oldestDueAt: queued.map(\.dueAt).min())
    }
  }

  public func counts(of owner: String) async throws -> OwnerCounts {
    state.withLock { $0.counts(of: owner) }
  }

  public func changes(after version: Int, limit: Int) async throws -> JobChanges {
    state.withLock { state in
      let jobs = state.jobs.values.map(\.job).filter { $0.version > version }
        .sorted { $0.version < $1.version }.prefix(limit)
      return JobChanges(jobs: Array(jobs), version: jobs.last?.version ?? version)
    }
  }

  public func latestVersion() async throws -> Int { state.withLock { $0.version } }

  public func load(ahead priority: JobPriority) async throws -> QueueLoad {
    state.withLock { $0.load(ahead: priority) }
  }

  public func beat(_ worker: WorkerID, progressedAt: Date, now: Date) async throws {
    state.withLock { state in
      state.workers[worker] = (now, progressedAt)
      state.workers = state.workers.filter { now.timeIntervalSince($0.value.seenAt) < 86_400 }
    }
  }

  public func workerCount(since time: Date) async throws -> Int {
    state.withLock { state in state.workers.values.count { $0.seenAt >= time } }
  }

  public func oldestProgress(ofWorkersSince time: Date) async throws -> Date? {
    state.withLock { state in
      state.workers.values.filter { $0.seenAt >= time }.map(\.progressedAt).min()
    }
  }

  public func leave(_ worker: WorkerID) async throws {
    state.withLock { $0.workers[worker] = nil }
  }

  public func holds(_ claim: Claim) async throws -> Bool {
    state.withLock { state in (try? state.held(by: claim)) != nil }
  }

  public func claim(
    for worker: WorkerID, lease: Duration, maxDeaths: Int, now: Date
  ) async throws -> ClaimedJob? {
    state.withLock { $0.claim(for: worker, lease: lease, maxDeaths: maxDeaths, now: now) }
  }

  public func renew(_ claim: Claim, lease: Duration, now: Date) async throws {
    try state.withLock { state in
      try state.changeUnseen(claim) { $0.leaseEnd = now.addingTimeInterval(lease.timeInterval) }
    }
  }

  public func report(_ progress: JobProgress, by claim: Claim, now: Date) async throws {
    try state.withLock { try $0.report(progress, claim, now) }
  }

  public func begin(_ file: FileID, by claim: Claim, now: Date) async throws {
    try state.withLock { state in
      try state.changeUnseen(claim) { $0.withLastAttempt { $0.fileInHand = file } }
    }
  }

  public func keep(_ checkpoint: Checkpoint, by claim: Claim, now: Date) async throws {
    try state.withLock { state in
      try state.changeUnseen(claim) { entry in
        if entry.records[checkpoint.fileID] == nil { entry.checkpoints.append(checkpoint) }
      }
    }
  }

  public func record(_ record: ImageRecord, by claim: Claim, now: Date) async throws {
    try state.withLock { state in
      try state.changeUnseen(claim) { entry in
        if entry.records[record.fileID] == nil { entry.records[record.fileID] = record }
        entry.checkpoints.removeAll { $0.fileID == record.fileID }
      }
    }
  }

  public func finish(_ claim: Claim, _ outcome: AttemptOutcome, now: Date) async throws {
    try state.withLock { state in
      try state.change(claim, now) { $0.finish(outcome, now) }
    }
  }

  public func cancel(_ id: JobID, now: Date) async throws -> CancelOutcome {
    state.withLock { state in
      guard var entry = state.jobs[id] else { return .notFound }
      guard !entry.job.state.isEnded else { return .alreadyEnded(entry.job) }
      entry.endAttempt(.cancelled, nil, now)
      entry.end(.cancelled, now)
      state.keep(entry)
      return .cancelled(state.jobs[id]?.job ?? entry.job)
    }
  }

  public func insert(_ upload: Upload) async throws {
    state.withLock { $0.uploads[upload.id] = upload }
  }

  public func upload(_ id: UploadID) async throws -> Upload? {
    state.withLock { $0.uploads[id] }
  }

  public func file(_ id: FileID) async throws -> UploadedFile? {
    state.withLock { state in
      state.uploads.values.lazy.flatMap(\.files).first { $0.id == id }
    }
  }

  public func expired(at now: Date, limit: Int) async throws -> [Upload] {
    state.withLock { state in
      state.uploads.values.filter { $0.expiresAt <= now && !state.isUsed($0.id) }
        .sorted { $0.expiresAt < $1.expiresAt }.prefix(limit).map(\.self)
    }
  }

  public func delete(_ id: UploadID) async throws -> DeletedUpload? {
    try state.withLock { state in
      guard let upload = state.uploads[id] else { return nil }
      guard !state.isUsed(id) else {
        throw JobsError(.uploadInUse, "A job over this upload has not ended")
      }
      let jobs = state.jobs.values.filter { $0.job.uploadID == id }
      state.uploads[id] = nil
      for entry in jobs { state.forget(entry.job.id) }
      return DeletedUpload(
        upload: upload, jobIDs: jobs.map(\.job.id).sorted(),
        shadowCount: jobs.count { $0.job.isShadow })
    }
  }
}

extension Duration {
  /// Seconds, as Foundation's dates count them.
  public var timeInterval: TimeInterval {
    TimeInterval(components.seconds) + TimeInterval(components.attoseconds) * 1e-18
  }
}
