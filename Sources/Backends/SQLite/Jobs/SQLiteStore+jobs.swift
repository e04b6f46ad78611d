public import Foundation
import GRDB
public import Jobs

extension SQLiteStore: JobStore {
  /// No worker holds the job any more.
  static let unclaimed = "worker = NULL, lease_end_ms = NULL, updated_ms = :now"

  /// Nothing will change the job any more.
  static let ended = "\(unclaimed), ended_ms = :now, stage = NULL"

  public func job(startedBy key: IdempotencyKey, now: Date) async throws -> Job? {
    try await read { try Self.known(key, now, $0) }
  }

  public func insert(
    _ job: Job, idempotency: IdempotencyKey?, limits: QueueLimits, continuing: JobID?
  ) async throws -> JobInsertion {
    try await write { database in
      let hasUpload = try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM upload WHERE id = ?)",
        arguments: [job.uploadID.description])
      guard hasUpload == true else { throw JobsError(.uploadNotFound, "No such upload") }
      if let idempotency, let first = try Self.known(idempotency, job.createdAt, database) {
        return .repeated(first)
      }
      if let total = limits.total,
        try Self.hasQueued(total, withShadows: job.isShadow, database)
      {
        throw JobsError.queueFull
      }
      if let limit = limits.ofOwner, let owner = job.owner,
        try Self.hasQueued(limit, of: owner, database)
      {
        throw JobsError.ownerQueueFull
      }
      if let model = job.model { try Self.check(model, database) }
      try Self.insert(job, database)
      if let continuing { try Self.takeOver(from: continuing, to: job, database) }
      if let idempotency { try Self.keep(idempotency, of: job, database) }
      return .inserted
    }
  }

  public func renew(_ claim: Claim, lease: Duration, now: Date) async throws {
    try await change(
      claim, "lease_end_ms = :lease",
      ["lease": now.addingTimeInterval(lease.timeInterval).milliseconds])
  }

  public func report(_ progress: JobProgress, by claim: Claim, now: Date) async throws {
    try await write { database in
      let known = try Self.progress(of: claim, database)
      var progress = progress
      progress.percentage = max(known.percentage, progress.percentage)
      // Without a write, nothing has to reach the disk.
      guard progress != known else { return }
      try Self.change(
        claim,
        """
        total_images = :total, processed_images = :processed, failed_images = :failed,
        percentage = :percentage, stage = :stage, updated_ms = :now
        """,
        [
          "total": progress.totalImages, "processed": progress.processedImages,
          "failed": progress.failedImages, "percentage": progress.percentage,
          "stage": progress.stage, "now": now.milliseconds,
        ], database)
    }
  }

  public func record(_ record: ImageRecord, by claim: Claim, now: Date) async throws {
    try await write { database in
      _ = try Self.progress(of: claim, database)
      try database.execute(
        sql: "INSERT OR IGNORE INTO image_record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          claim.jobID.description, record.fileID.description, record.resultKey,
          record.annotatedKey, record.thumbnailKey, record.detectionCount, record.failure?.code,
          record.failure?.message, record.failure?.details,
        ])
      try database.execute(
        sql: "DELETE FROM checkpoint WHERE job_id = ? AND file_id = ?",
        arguments: [claim.jobID.description, record.fileID.description])
    }
  }

  /// - Throws: `JobsError(.leaseLost)` when the claim no longer holds the job.
  static func progress(of claim: Claim, _ database: Database) throws -> JobProgress {
    let statement = try database.cachedStatement(
      sql: """
        SELECT total_images, processed_images, failed_images, percentage, stage
        FROM job WHERE id = ? AND token = ? AND state = 'processing'
        """)
    let row = try Row.fetchOne(statement, arguments: [claim.jobID.description, claim.token])
    guard let row else { throw JobsError.leaseLost }
    return JobProgress(
      totalImages: row[0], processedImages: row[1], failedImages: row[2], percentage: row[3],
      stage: row[4])
  }

  public func finish(_ claim: Claim, _ outcome: AttemptOutcome, now: Date) async throws {
    let queued = "state = 'queued', \(Self.unclaimed)"
    let failed =
      "failure_code = :code, failure_message = :message, failure_details = :details"
    func values(_ failure: JobFailure) -> StatementArguments {
      [
        "code": failure.code, "message": failure.message, "details": failure.details,
        "now": now.milliseconds,
      ]
    }
    let (assignments, arguments): (String, StatementArguments) =
      switch outcome {
      case .completed(let summary):
        (
          """
          state = 'completed', \(Self.ended), percentage = 100,
          summary = :summary, failure_code = NULL, failure_message = NULL, failure_details = NULL
          """, ["summary": summary, "now": now.milliseconds]
        )
      case .failed(let failure):
        ("state = 'failed', \(Self.ended), \(failed)", values(failure))
      case .retry(let time, let failure):
        ("\(queued), due_ms = :due, \(failed)", values(failure) + ["due": time.milliseconds])
      case .released:
        (
          "\(queued), due_ms = :now, attempt = attempt - 1, started_ms = NULL",
          ["now": now.milliseconds]
        )
      }
    try await write { database in
      try Self.change(claim, assignments, arguments, database)
      let (ended, failure) = outcome.attempt
      try Self.endAttempt(of: claim.jobID, ended, failure, now, database)
      try Self.announceEnd(of: claim.jobID, database)
    }
  }

  public func cancel(_ id: JobID, now: Date) async throws -> CancelOutcome {
    try await write { database in
      guard let job = try Self.job(id, database) else { return .notFound }
      guard !job.state.isEnded else { return .alreadyEnded(job) }
      try database.execute(
        sql: """
          UPDATE job SET state = 'cancelled', \(Self.ended) WHERE id = :id
          """,
        arguments: ["id": id.description, "now": now.milliseconds])
      try Self.endAttempt(of: id, .cancelled, nil, now, database)
      try Self.announceEnd(of: id, database)
      return try Self.job(id, database).map(CancelOutcome.cancelled) ?? .notFound
    }
  }

  private func change(
    _ claim: Claim, _ assignments: String, _ arguments: StatementArguments
  ) async throws {
    try await write { try Self.change(claim, assignments, arguments, $0) }
  }

  /// Changes the job only while the claim still holds it.
  private static func change(
    _ claim: Claim, _ assignments: String, _ arguments: StatementArguments, _ database: Database
  ) throws {
    let statement = try database.cachedStatement(
      sql: """
        UPDATE job SET \(assignments) WHERE id = :id AND token = :token AND state = 'processing'
        """)
    try statement.execute(
      arguments: arguments + ["id": claim.jobID.description, "token": claim.token])
    guard database.changesCount == 1 else {
      throw JobsError.leaseLost
    }
  }
}
