import Foundation
public import Jobs

extension PostgresStore {
  public func job(_ id: JobID) async throws -> Job? {
    try await read { try Self.job(id, $0) }
  }

  public func jobs(_ query: JobQuery) async throws -> [Job] {
    try await read { connection in
      var parameters: [(any PostgresValue)?] = [query.limit]
      if let owner = query.owner { parameters.append(owner) }
      if let state = query.state { parameters.append(state.rawValue) }
      if let after = query.after { parameters.append(after.description) }
      return try connection.query(Self.list(query), parameters).rows.map(JobRow.job)
    }
  }

  /// The conditions differ, so that each list finds an index in its order.
  static func list(_ query: JobQuery) -> String {
    var conditions: [String] = []
    if query.owner != nil { conditions.append("owner = $2") }
    if query.state != nil { conditions.append("state = $\(conditions.count + 2)") }
    if query.after != nil { conditions.append("id < $\(conditions.count + 2)") }
    let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    return "SELECT \(JobRow.columns) FROM job \(filter) ORDER BY id DESC LIMIT $1"
  }

  public func records(of id: JobID) async throws -> [ImageRecord] {
    try await snapshot { connection in
      guard let job = try Self.job(id, connection) else { return [] }
      return try Self.records(of: job, connection)
    }
  }

  /// Ids sort by time, so the last one is the newest.
  static let newestPicture = """
    SELECT \(RecordRow.columns) FROM image_record
    WHERE file_id = $1 AND annotated_key IS NOT NULL AND EXISTS (
      SELECT 1 FROM job WHERE id = image_record.job_id AND state = 'completed' AND base_job_id IS NULL)
    ORDER BY job_id DESC LIMIT 1
    """

  public func newestPicture(of file: FileID) async throws -> ImageRecord? {
    try await read { connection in
      try connection.query(Self.newestPicture, [file.description]).first.map(RecordRow.record)
    }
  }

  /// One statement, so all of it is of one moment. Each part reads an index, and of that the live jobs.
  static let queueCounts = """
    SELECT COUNT(*), MIN(due_ms), (SELECT COUNT(*) FROM job WHERE state = 'processing')
    FROM job WHERE state = 'queued' AND is_shadow IS DISTINCT FROM 1
    """

  public func counts() async throws -> QueueCounts {
    try await read { connection in
      let row = try connection.query(Self.queueCounts).first
      return QueueCounts(
        queued: try row?[0] ?? 0, processing: try row?[2] ?? 0,
        oldestDueAt: (try row?[1] as Int64?).map(Date.init(milliseconds:)))
    }
  }

  static let ownerCounts = """
    SELECT (SELECT COUNT(*) FROM job WHERE owner = $1 AND state = 'queued'),
      (SELECT COUNT(*) FROM job WHERE owner = $1 AND state = 'processing')
    """

  public func counts(of owner: String) async throws -> OwnerCounts {
    try await read { connection in
      let row = try connection.query(Self.ownerCounts, [owner]).first
      return OwnerCounts(queued: try row?[0] ?? 0, processing: try row?[1] ?? 0)
    }
  }

  static func job(_ id: JobID, _ connection: PostgresConnection) throws -> Job? {
    try connection.query("SELECT \(JobRow.columns) FROM job WHERE id = $1", [id.description])
      .first.map(JobRow.job)
  }

  /// In the order of the job's files.
  static func records(of job: Job, _ connection: PostgresConnection) throws -> [ImageRecord] {
    let records = try connection.query(
      "SELECT \(RecordRow.columns) FROM image_record WHERE job_id = $1", [job.id.description]
    ).rows.map(RecordRow.record)
    return records.inOrder(of: job.fileIDs)
  }
}

extension PostgresStore {
  /// The columns of a job, read by position.
  enum JobRow {
    static let columns = """
      id, upload_id, file_ids, configuration, priority, state, attempt, created_ms, updated_ms, due_ms,
      started_ms, ended_ms, total_images, processed_images, failed_images, percentage, stage, summary,
      failure_code, failure_message, failure_details, megapixels, version, estimated_ms,
      callback_url, request_id, trace_parent, owner, running_limit, model_name, model_number,
      model_sha256, base_job_id, is_shadow
      """
    /// Where what is asked for behind them begins.
    static let count = Int32(columns.split(separator: ",").count)

    static func job(_ row: PostgresRow) throws -> Job {
      guard let state = JobState(rawValue: try row[5]),
        let priority = JobPriority(rawValue: try row[4])
      else {
        throw JobsError(.databaseError, "The metadata store holds an unknown state")
      }
      let fileIDs: String = try row[2]
      var job = Job(
        id: try storedIdentifier(row[0]), uploadID: try storedIdentifier(row[1]),
        fileIDs: try fileIDs.split(separator: " ").map { try storedIdentifier(String($0)) },
        configuration: try row[3], priority: priority, megapixels: try row[21],
        createdAt: Date(milliseconds: try row[7]))
      job.version = try row[22]
      job.estimatedAt = (try row[23] as Int64?).map(Date.init(milliseconds:))
      job.state = state
      job.attempt = try row[6]
      job.updatedAt = Date(milliseconds: try row[8])
      job.dueAt = Date(milliseconds: try row[9])
      job.startedAt = (try row[10] as Int64?).map(Date.init(milliseconds:))
      job.endedAt = (try row[11] as Int64?).map(Date.init(milliseconds:))
      job.progress = JobProgress(
        totalImages: try row[12], processedImages: try row[13], failedImages: try row[14],
        percentage: try row[15], stage: try row[16])
      job.summary = try row[17]
      job.failure = storedFailure(code: try row[18], message: try row[19], details: try row[20])
      job.callbackURL = try row[24]
      job.requestID = try row[25]
      job.traceParent = try row[26]
      job.owner = try row[27]
      job.runningLimit = try row[28]
      job.model = storedModelPin(
        name: try row[29], number: try row[30], sha256: try row[31])
      job.comparison = try storedComparison(base: try row[32], isShadow: try row[33])
      return job
    }
  }

  /// The columns of an image's record, read by position.
  enum RecordRow {
    static let columns = """
      file_id, result_key, annotated_key, thumbnail_key, detection_count, failure_code,
      failure_message, failure_details
      """

    static func record(_ row: PostgresRow) throws -> ImageRecord {
      ImageRecord(
        fileID: try storedIdentifier(row[0]), resultKey: try row[1], annotatedKey: try row[2],
        thumbnailKey: try row[3], detectionCount: try row[4],
        failure: storedFailure(code: try row[5], message: try row[6], details: try row[7]))
    }
  }
}
