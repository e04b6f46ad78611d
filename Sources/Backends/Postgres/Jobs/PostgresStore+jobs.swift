public import Foundation
public import Jobs

extension PostgresStore: JobStore {
  public func job(startedBy key: IdempotencyKey, now: Date) async throws -> Job? {
    try await snapshot { try Self.known(key, now, $0) }
  }

  public func insert(
    _ job: Job, idempotency: IdempotencyKey?, limits: QueueLimits, continuing: JobID?
  ) async throws -> JobInsertion {
    try await write { connection in
      // Its deletion waits until the job is there, or has won.
      let upload = try connection.query(
        "SELECT 1 FROM upload WHERE id = $1 FOR KEY SHARE", [job.uploadID.description])
      guard upload.count == 1 else { throw JobsError(.uploadNotFound, "No such upload") }
      try Self.takeTurn(connection)
      if let idempotency, let first = try Self.known(idempotency, job.createdAt, connection) {
        return .repeated(first)
      }
      if let total = limits.total,
        try Self.hasQueued(total, withShadows: job.isShadow, connection)
      {
        throw JobsError.queueFull
      }
      if let limit = limits.ofOwner, let owner = job.owner,
        try Self.hasQueued(limit, of: owner, connection)
      {
        throw JobsError.ownerQueueFull
      }
      if let model = job.model { try Self.check(model, connection) }
      try Self.insert(job, connection)
      if let continuing { try Self.takeOver(from: continuing, to: job, connection) }
      if let idempotency { try Self.keep(idempotency, of: job, connection) }
      return .inserted
    }
  }

  public func renew(_ claim: Claim, lease: Duration, now: Date) async throws {
    let leaseEnd = now.addingTimeInterval(lease.timeInterval).milliseconds
    try await write { try Self.change(claim, "lease_end_ms = $3", [leaseEnd], $0) }
  }

  public func report(_ progress: JobProgress, by claim: Claim, now: Date) async throws {
    try await write { connection in
      let known = try Self.progress(of: claim, connection)
      var progress = progress
      progress.percentage = max(known.percentage, progress.percentage)
      guard progress != known else { return }
      try Self.change(
        claim,
        """
        total_images = $3, processed_images = $4, failed_images = $5, percentage = $6, stage = $7,
        updated_ms = $8
        """,
        [
          progress.totalImages, progress.processedImages, progress.failedImages,
          progress.percentage, progress.stage, now.milliseconds,
        ], connection)
    }
  }

  public func record(_ record: ImageRecord, by claim: Claim, now: Date) async throws {
    try await write { connection in
      _ = try Self.progress(of: claim, connection)
      try connection.query(
        """
        INSERT INTO image_record VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (job_id, file_id) DO NOTHING
        """,
        [
          claim.jobID.description, record.fileID.description, record.resultKey,
          record.annotatedKey, record.thumbnailKey, record.detectionCount, record.failure?.code,
          record.failure?.message, record.failure?.details,
        ])
      try connection.query(
        "DELETE FROM checkpoint WHERE job_id = $1 AND file_id = $2",
        [claim.jobID.description, record.fileID.description])
    }
  }

  /// Keeps others from claiming, cancelling or ending the job until the transaction ends.
  /// - Throws: `JobsError(.leaseLost)` when the claim no longer holds the job.
  static func progress(of claim: Claim, _ connection: PostgresConnection) throws -> JobProgress {
    let row = try connection.query(
      """
      SELECT total_images, processed_images, failed_images, percentage, stage
      FROM job WHERE id = $1 AND token = $2 AND state = 'processing' FOR NO KEY UPDATE
      """, [claim.jobID.description, claim.token]
    ).first
    guard let row else { throw JobsError.leaseLost }
    return JobProgress(
      totalImages: try row[0], processedImages: try row[1], failedImages: try row[2],
      percentage: try row[3], stage: try row[4])
  }

  public func finish(_ claim: Claim, _ outcome: AttemptOutcome, now: Date) async throws {
    let ended = "worker = NULL, lease_end_ms = NULL, updated_ms = $3, ended_ms = $3, stage = NULL"
    let queued = "state = 'queued', worker = NULL, lease_end_ms = NULL, updated_ms = $3"
    let failed = "failure_code = $4, failure_message = $5, failure_details = $6"
    let nowMs = now.milliseconds
    let assignments: String
    let values: [(any PostgresValue & Sendable)?]
    switch outcome {
    case .completed(let summary):
      assignments = """
        state = 'completed', \(ended), percentage = 100, summary = $4, failure_code = NULL,
        failure_message = NULL, failure_details = NULL
        """
      values = [nowMs, summary]
    case .failed(let failure):
      assignments = "state = 'failed', \(ended), \(failed)"
      values = [nowMs, failure.code, failure.message, failure.details]
    case .retry(let time, let failure):
      assignments = "\(queued), \(failed), due_ms = $7"
      values = [nowMs, failure.code, failure.message, failure.details, time.milliseconds]
    case .released:
      assignments = "\(queued), due_ms = $3, attempt = attempt - 1, started_ms = NULL"
      values = [nowMs]
    }
    try await write { connection in
      try Self.change(claim, assignments, values, connection)
      let (ended, failure) = outcome.attempt
      try Self.endAttempt(of: claim.jobID, ended, failure, now, connection)
      try Self.announceEnd(of: claim.jobID, connection)
    }
  }

  public func cancel(_ id: JobID, now: Date) async throws -> CancelOutcome {
    try await write { connection in
      try connection.query("SELECT 1 FROM job WHERE id = $1 FOR NO KEY UPDATE", [id.description])
      guard let job = try Self.job(id, connection) else { return .notFound }
      guard !job.state.isEnded else { return .alreadyEnded(job) }
      let cancelled = try connection.query(
        """
        UPDATE job SET state = 'cancelled', worker = NULL, lease_end_ms = NULL, updated_ms = $2,
          ended_ms = $2, stage = NULL
        WHERE id = $1 RETURNING \(JobRow.columns)
        """, [id.description, now.milliseconds]
      ).first
      try Self.endAttempt(of: id, .cancelled, nil, now, connection)
      try Self.announceEnd(of: id, connection)
      return try cancelled.map { .cancelled(try JobRow.job($0)) } ?? .notFound
    }
  }

  /// Changes the job only while the claim still holds it. `$3` is the first of `values`.
  private static func change(
    _ claim: Claim, _ assignments: String, _ values: [(any PostgresValue & Sendable)?],
    _ connection: PostgresConnection
  ) throws {
    let changed = try connection.query(
      "UPDATE job SET \(assignments) WHERE id = $1 AND token = $2 AND state = 'processing'",
      [claim.jobID.description, claim.token] + values)
    guard changed.changesCount == 1 else { throw JobsError.leaseLost }
  }
}
