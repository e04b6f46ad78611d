import Foundation
import Jobs

/// The parts of the transaction that queues a job.
extension PostgresStore {
  private static let keyLifetimeMs = Int64(IdempotencyKey.lifetime * 1000)

  /// Insertions take turns, as they do at the counter's row anyway: so none slips past a limit, and one key starts one job.
  static func takeTurn(_ connection: PostgresConnection) throws {
    try connection.query("SELECT version FROM change_counter FOR UPDATE")
  }

  /// The job that the key has started, if it is still remembered.
  static func known(
    _ idempotency: IdempotencyKey, _ now: Date, _ connection: PostgresConnection
  ) throws -> Job? {
    let row = try connection.query(
      """
      SELECT body_hash, job_id FROM idempotency_key
      WHERE caller = $1 AND key = $2 AND created_ms > $3
      """, [idempotency.caller, idempotency.key, now.milliseconds - keyLifetimeMs]
    ).first
    guard let row else { return nil }
    guard try row[0] == idempotency.bodyHash else { throw JobsError.keyOfAnotherBody }
    return try job(try storedIdentifier(row[1]), connection)
  }

  static let forgetOldKeys = "DELETE FROM idempotency_key WHERE created_ms <= $1"

  /// Remembers the key, and forgets those whose time is over: few at a time, since each insertion does it.
  static func keep(
    _ idempotency: IdempotencyKey, of job: Job, _ connection: PostgresConnection
  ) throws {
    try connection.query(forgetOldKeys, [job.createdAt.milliseconds - keyLifetimeMs])
    try connection.query(
      "INSERT INTO idempotency_key VALUES ($1, $2, $3, $4, $5)",
      [
        idempotency.caller, idempotency.key, idempotency.bodyHash, job.id.description,
        job.createdAt.milliseconds,
      ])
  }

  static let queuedUpTo = """
    SELECT COUNT(*) FROM (SELECT 1 FROM job
      WHERE state = 'queued' AND is_shadow IS DISTINCT FROM 1 LIMIT $1) AS queued
    """

  static let queuedWithShadowsUpTo = """
    SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE state = 'queued' LIMIT $1) AS queued
    """

  /// Whether at least `count` jobs are queued; no more than that are counted.
  static func hasQueued(
    _ count: Int, withShadows: Bool, _ connection: PostgresConnection
  ) throws -> Bool {
    try connection.query(withShadows ? queuedWithShadowsUpTo : queuedUpTo, [count])
      .first?[0] ?? 0 >= count
  }

  static let ownerQueuedUpTo = """
    SELECT COUNT(*) FROM (
      SELECT 1 FROM job WHERE owner = $1 AND state = 'queued' LIMIT $2) AS queued
    """

  /// The same of one owner.
  static func hasQueued(
    _ count: Int, of owner: String, _ connection: PostgresConnection
  ) throws -> Bool {
    try connection.query(ownerQueuedUpTo, [owner, count]).first?[0] ?? 0 >= count
  }

  static func insert(_ job: Job, _ connection: PostgresConnection) throws {
    try connection.query(
      """
      INSERT INTO job (id, upload_id, file_ids, configuration, priority, megapixels, state,
        created_ms, updated_ms, due_ms, estimated_ms, total_images, callback_url, request_id,
        trace_parent, owner, running_limit, model_name, model_number, model_sha256, base_job_id,
        is_shadow)
      VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
        $17, $18, $19, $20, $21)
      """,
      [
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
  static func takeOver(
    from earlier: JobID, to job: Job, _ connection: PostgresConnection
  ) throws {
    let files = job.fileIDs.map(\.description).joined(separator: " ")
    let parameters = [job.id.description, earlier.description, files]
    let records = try connection.query(
      """
      INSERT INTO image_record
      SELECT $1::text, file_id, result_key, annotated_key, thumbnail_key, detection_count
      FROM image_record
      WHERE job_id = $2 AND failure_code IS NULL AND file_id = ANY (string_to_array($3, ' '))
      """, parameters)
    try connection.query(
      "UPDATE job SET processed_images = $2 WHERE id = $1",
      [job.id.description, records.changesCount])
    try connection.query(
      """
      INSERT INTO checkpoint SELECT $1::text, file_id, key FROM checkpoint
      WHERE job_id = $2 AND file_id = ANY (string_to_array($3, ' '))
      """, parameters)
  }
}
