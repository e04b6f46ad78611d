import Foundation
import GRDB
public import Jobs

extension SQLiteStore {
  public func job(_ id: JobID) async throws -> Job? {
    try await read { try Self.job(id, $0) }
  }

  public func jobs(_ query: JobQuery) async throws -> [Job] {
    try await read { database in
      var arguments: StatementArguments = ["limit": query.limit]
      if let owner = query.owner { arguments += ["owner": owner] }
      if let state = query.state { arguments += ["state": state.rawValue] }
      if let after = query.after { arguments += ["after": after.description] }
      let statement = try database.cachedStatement(sql: Self.list(query))
      return try Row.fetchAll(statement, arguments: arguments).map(JobRow.job)
    }
  }

  /// The conditions differ, so that each list finds an index in its order.
  static func list(_ query: JobQuery) -> String {
    let conditions = [
      query.owner.map { _ in "owner = :owner" }, query.state.map { _ in "state = :state" },
      query.after.map { _ in "id < :after" },
    ].compactMap(\.self)
    let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    return "SELECT \(JobRow.columns) FROM job \(filter) ORDER BY id DESC LIMIT :limit"
  }

  public func records(of id: JobID) async throws -> [ImageRecord] {
    try await read { database in
      guard let job = try Self.job(id, database) else { return [] }
      return try Self.records(of: job, database)
    }
  }

  /// Ids sort by time, so the last one is the newest.
  static let newestPicture = """
    SELECT \(RecordRow.columns) FROM image_record
    WHERE file_id = ?1 AND annotated_key IS NOT NULL AND EXISTS (
      SELECT 1 FROM job WHERE id = image_record.job_id AND state = 'completed' AND base_job_id IS NULL)
    ORDER BY job_id DESC LIMIT 1
    """

  public func newestPicture(of file: FileID) async throws -> ImageRecord? {
    try await read { database in
      let statement = try database.cachedStatement(sql: Self.newestPicture)
      return try Row.fetchOne(statement, arguments: [file.description]).map(RecordRow.record)
    }
  }

  /// Both indexes hold live jobs only. Of those that are queued, which may be many, no row is read.
  static let queueCounts = """
    SELECT COUNT(*), MIN(due_ms), (
      SELECT COUNT(*) FROM job INDEXED BY job_leases WHERE state = 'processing')
    FROM job INDEXED BY job_client_due WHERE state = 'queued' AND is_shadow IS NOT 1
    """

  public func counts() async throws -> QueueCounts {
    try await read { database in
      let statement = try database.cachedStatement(sql: Self.queueCounts)
      let row = try Row.fetchOne(statement)
      return QueueCounts(
        queued: row?[0] ?? 0, processing: row?[2] ?? 0,
        oldestDueAt: (row?[1] as Int64?).map(Date.init(milliseconds:)))
    }
  }

  static let ownerCounts = """
    SELECT
      (SELECT COUNT(*) FROM job INDEXED BY job_by_owner_state WHERE owner = ?1 AND state = 'queued'),
      (SELECT COUNT(*) FROM job INDEXED BY job_by_owner_state WHERE owner = ?1 AND state = 'processing')
    """

  public func counts(of owner: String) async throws -> OwnerCounts {
    try await read { database in
      let statement = try database.cachedStatement(sql: Self.ownerCounts)
      let row = try Row.fetchOne(statement, arguments: [owner])
      return OwnerCounts(queued: row?[0] ?? 0, processing: row?[1] ?? 0)
    }
  }

  static func job(_ id: JobID, _ database: Database) throws -> Job? {
    let statement = try database.cachedStatement(
      sql: "SELECT \(JobRow.columns) FROM job WHERE id = ?")
    return try Row.fetchOne(statement, arguments: [id.description]).map(JobRow.job)
  }

  /// In the order of the job's files.
  static func records(of job: Job, _ database: Database) throws -> [ImageRecord] {
    let statement = try database.cachedStatement(
      sql: "SELECT \(RecordRow.columns) FROM image_record WHERE job_id = ?")
    let records = try Row.fetchAll(statement, arguments: [job.id.description])
      .map(RecordRow.record)
    return records.inOrder(of: job.fileIDs)
  }
}

/// The columns of a job, read by position: several times as fast as by name.
enum JobRow {
  static let columns = """
    id, upload_id, file_ids, configuration, priority, state, attempt, created_ms, updated_ms, due_ms,
    started_ms, ended_ms, total_images, processed_images, failed_images, percentage, stage, summary,
    failure_code, failure_message, failure_details, megapixels, version, estimated_ms,
    callback_url, request_id, trace_parent, owner, running_limit, model_name,
    model_number, model_sha256, base_job_id, is_shadow
    """

  static func job(_ row: Row) throws -> Job {
    guard let state = JobState(rawValue: row[5]), let priority = JobPriority(rawValue: row[4])
    else {
      throw JobsError(.databaseError, "The metadata store holds an unknown state")
    }
    let fileIDs: String = row[2]
    var job = Job(
      id: try storedIdentifier(row[0]), uploadID: try storedIdentifier(row[1]),
      fileIDs: try fileIDs.split(separator: " ").map { try storedIdentifier(String($0)) },
      configuration: row[3], priority: priority, megapixels: row[21],
      createdAt: Date(milliseconds: row[7]))
    job.version = row[22]
    job.estimatedAt = (row[23] as Int64?).map(Date.init(milliseconds:))
    job.state = state
    job.attempt = row[6]
    job.updatedAt = Date(milliseconds: row[8])
    job.dueAt = Date(milliseconds: row[9])
    job.startedAt = (row[10] as Int64?).map(Date.init(milliseconds:))
    job.endedAt = (row[11] as Int64?).map(Date.init(milliseconds:))
    job.progress = JobProgress(
      totalImages: row[12], processedImages: row[13], failedImages: row[14], percentage: row[15],
      stage: row[16])
    job.summary = row[17]
    job.failure = storedFailure(code: row[18], message: row[19], details: row[20])
    job.callbackURL = row[24]
    job.requestID = row[25]
    job.traceParent = row[26]
    job.owner = row[27]
    job.runningLimit = row[28]
    job.model = storedModelPin(name: row[29], number: row[30], sha256: row[31])
    job.comparison = try storedComparison(base: row[32], isShadow: row[33])
    return job
  }
}

/// The columns of an image's record, read by position.
enum RecordRow {
  static let columns = """
    file_id, result_key, annotated_key, thumbnail_key, detection_count, failure_code,
    failure_message, failure_details
    """

  static func record(_ row: Row) throws -> ImageRecord {
    ImageRecord(
      fileID: try storedIdentifier(row[0]), resultKey: row[1], annotatedKey: row[2],
      thumbnailKey: row[3], detectionCount: row[4],
      failure: storedFailure(code: row[5], message: row[6], details: row[7]))
  }
}
