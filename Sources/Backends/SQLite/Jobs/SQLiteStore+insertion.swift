import Foundation
import GRDB
import Jobs

/// The parts of the transaction that queues a job.
extension SQLiteStore {
  private static let keyLifetimeMs = Int64(IdempotencyKey.lifetime * 1000)

  /// The job that the key has started, if it is still remembered.
  static func known(
    _ idempotency: IdempotencyKey, _ now: Date, _ database: Database
  ) throws -> Job? {
    let statement = try database.cachedStatement(
      sql: """
        SELECT body_hash, job_id FROM idempotency_key
        WHERE caller = ? AND key = ? AND created_ms > ?
        """)
    let row = try Row.fetchOne(
      statement,
      arguments: [idempotency.caller, idempotency.key, now.milliseconds - keyLifetimeMs])
    guard let row else { return nil }
    guard row[0] == idempotency.bodyHash else { throw JobsError.keyOfAnotherBody }
    return try job(try storedIdentifier(row[1]), database)
  }

  static let forgetOldKeys = "DELETE FROM idempotency_key WHERE created_ms <= ?"

  /// Remembers the key, and forgets those whose time is over: few at a time, since each insertion does it.
  static func keep(_ idempotency: IdempotencyKey, of job: Job, _ database: Database) throws {
    try database.cachedStatement(sql: forgetOldKeys)
      .execute(arguments: [job.createdAt.milliseconds - keyLifetimeMs])
    try database.cachedStatement(sql: "INSERT INTO idempotency_key VALUES (?, ?, ?, ?, ?)")
      .execute(
        arguments: [
          idempotency.caller, idempotency.key, idempotency.bodyHash, job.id.description,
          job.createdAt.milliseconds,
        ])
  }

  static let queuedUpTo = """
    SELECT COUNT(*) FROM (SELECT 1 FROM job INDEXED BY job_client_due
      WHERE state = 'queued' AND is_shadow IS NOT 1 LIMIT ?)
    """

  static let queuedWithShadowsUpTo = """
    SELECT COUNT(*) FROM (SELECT 1 FROM job INDEXED BY job_queue WHERE state = 'queued' LIMIT ?)
    """

  /// Whether at least `count` jobs are queued; no more than that are counted.
  static func hasQueued(
    _ count: Int, withShadows: Bool, _ database: Database
  ) throws -> Bool {
    let statement = try database.cachedStatement(
      sql: withShadows ? queuedWithShadowsUpTo : queuedUpTo)
    return try Int.fetchOne(statement, arguments: [count]) ?? 0 >= count
  }

  static let ownerQueuedUpTo = """
    SELECT COUNT(*) FROM (
      SELECT 1 FROM job INDEXED BY job_by_owner_state WHERE owner = ? AND state = 'queued' LIMIT ?)
    """

  /// The same of one owner.
  static func hasQueued(_ count: Int, of owner: String, _ database: Database) throws -> Bool {
    let statement = try database.cachedStatement(sql: ownerQueuedUpTo)
    return try Int.fetchOne(statement, arguments: [owner, count]) ?? 0 >= count
  }

  static func insert(_ job: Job, _ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO job (id, upload_id, file_ids, configuration, priority, megapixels, state,
          created_ms, updated_ms, due_ms, estimated_ms, total_images, callback_url, request_id,
          trace_parent, owner, running_limit, model_name, model_number, model_sha256, base_job_id,
          is_shadow)
        VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        job.id.description, job.uploadID.description,
        job.fileIDs.map(\.description).joined(separator: " "), job.configuration,
        job.priority.rawValue, job.megapixels, job.createdAt.milliseconds,
        job.updatedAt.milliseconds, job.dueAt.milliseconds, job.estimatedAt?.milliseconds,
        job.progress.totalImages, job.callbackURL, job.requestID, job.traceParent, job.owner,
        job.storedRunningLimit, job.model?.id.name, job.model?.id.number, job.model?.sha256,
        job.comparison?.base.description, job.comparison.map { $0.isShadow ? 1 : 0 },
      ])
  }

  /// Gives the job what another one over the same upload has finished of its files.
  static func takeOver(from earlier: JobID, to job: Job, _ database: Database) throws {
    let files = job.fileIDs.map { "'\($0)'" }.joined(separator: ", ")
    try database.execute(
      sql: """
        INSERT INTO image_record
        SELECT :job, file_id, result_key, annotated_key, thumbnail_key, detection_count, NULL, NULL, NULL
        FROM image_record
        WHERE job_id = :earlier AND failure_code IS NULL AND file_id IN (\(files));
        """,
      arguments: ["job": job.id.description, "earlier": earlier.description])
    try database.execute(
      sql: "UPDATE job SET processed_images = ? WHERE id = ?",
      arguments: [database.changesCount, job.id.description])
    try database.execute(
      sql: """
        INSERT INTO checkpoint SELECT :job, file_id, key FROM checkpoint
        WHERE job_id = :earlier AND file_id IN (\(files))
        """,
      arguments: ["job": job.id.description, "earlier": earlier.description])
  }
}
