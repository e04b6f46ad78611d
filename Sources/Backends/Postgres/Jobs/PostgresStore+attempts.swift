public import Foundation
public import Jobs

/// Attempts, what they have in hand, and the parts of images that they leave to the next one.
extension PostgresStore {
  static let attemptsOfJob = """
    SELECT number, token, worker, started_ms, ended_ms, outcome, failure_code, failure_message,
      failure_details, file_in_hand
    FROM attempt WHERE job_id = $1 ORDER BY token DESC LIMIT \(Attempt.keptCount)
    """

  public func attempts(of id: JobID) async throws -> [Attempt] {
    try await read { connection in
      try connection.query(Self.attemptsOfJob, [id.description]).rows.reversed().map(Self.attempt)
    }
  }

  private static func attempt(_ row: PostgresRow) throws -> Attempt {
    guard let outcome = Attempt.Outcome(rawValue: try row[5]) else {
      throw JobsError(.databaseError, "The metadata store holds an unknown outcome")
    }
    return Attempt(
      number: try row[0], token: try row[1], worker: WorkerID(try row[2]),
      startedAt: Date(milliseconds: try row[3]),
      endedAt: (try row[4] as Int64?).map(Date.init(milliseconds:)), outcome: outcome,
      failure: storedFailure(code: try row[6], message: try row[7], details: try row[8]),
      fileInHand: try (row[9] as String?).map { try storedIdentifier($0) })
  }

  public func begin(_ file: FileID, by claim: Claim, now: Date) async throws {
    try await write { connection in
      _ = try Self.progress(of: claim, connection)
      try connection.query(
        "UPDATE attempt SET file_in_hand = $3 WHERE job_id = $1 AND token = $2",
        [claim.jobID.description, claim.token, file.description])
    }
  }

  public func keep(_ checkpoint: Checkpoint, by claim: Claim, now: Date) async throws {
    try await write { connection in
      _ = try Self.progress(of: claim, connection)
      try connection.query(
        """
        INSERT INTO checkpoint SELECT $1::text, $2::text, $3::text WHERE NOT EXISTS (
          SELECT 1 FROM image_record WHERE job_id = $1 AND file_id = $2)
        """,
        [claim.jobID.description, checkpoint.fileID.description, checkpoint.key])
    }
  }

  // MARK: - Parts of other transactions

  /// The job has just been claimed.
  static func beginAttempt(
    _ number: Int, _ claim: Claim, _ now: Date, _ connection: PostgresConnection
  ) throws {
    try connection.query(
      """
      INSERT INTO attempt (job_id, token, number, worker, started_ms, outcome)
      VALUES ($1, $2, $3, $4, $5, 'running')
      """,
      [
        claim.jobID.description, claim.token, number, claim.worker.description, now.milliseconds,
      ])
    try connection.query(
      "DELETE FROM attempt WHERE job_id = $1 AND token <= $2",
      [claim.jobID.description, claim.token - Attempt.keptCount])
  }

  /// Changes nothing where no attempt runs.
  static func endAttempt(
    of job: JobID, _ outcome: Attempt.Outcome, _ failure: JobFailure?, _ now: Date,
    _ connection: PostgresConnection
  ) throws {
    try connection.query(
      """
      UPDATE attempt SET outcome = $2, ended_ms = $3, failure_code = $4, failure_message = $5,
        failure_details = $6
      WHERE job_id = $1 AND outcome = 'running'
      """,
      [
        job.description, outcome.rawValue, now.milliseconds, failure?.code, failure?.message,
        failure?.details,
      ])
  }

  /// What the running attempt has named.
  static func fileInHand(
    of job: JobID, _ connection: PostgresConnection
  ) throws -> (id: FileID, filename: String)? {
    let row = try connection.query(
      """
      SELECT file.id, file.filename FROM attempt JOIN file ON file.id = attempt.file_in_hand
      WHERE attempt.job_id = $1 AND attempt.outcome = 'running'
      """, [job.description]
    ).first
    return try row.map { (try storedIdentifier($0[0]), try $0[1]) }
  }

  static func checkpoints(
    of job: JobID, _ connection: PostgresConnection
  ) throws -> [Checkpoint] {
    try connection.query(
      "SELECT file_id, key FROM checkpoint WHERE job_id = $1 ORDER BY file_id, key",
      [job.description]
    ).rows.map { Checkpoint(fileID: try storedIdentifier($0[0]), key: try $0[1]) }
  }
}
