public import Foundation
import GRDB
public import Jobs

/// Attempts, what they have in hand, and the parts of images that they leave to the next one.
extension SQLiteStore {
  public func attempts(of id: JobID) async throws -> [Attempt] {
    try await read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT number, token, worker, started_ms, ended_ms, outcome, failure_code, failure_message,
            failure_details, file_in_hand
          FROM attempt WHERE job_id = ? ORDER BY token DESC LIMIT \(Attempt.keptCount)
          """,
        arguments: [id.description])
      return try rows.reversed().map(Self.attempt)
    }
  }

  private static func attempt(_ row: Row) throws -> Attempt {
    guard let outcome = Attempt.Outcome(rawValue: row[5]) else {
      throw JobsError(.databaseError, "The metadata store holds an unknown outcome")
    }
    return Attempt(
      number: row[0], token: row[1], worker: WorkerID(row[2]),
      startedAt: Date(milliseconds: row[3]),
      endedAt: (row[4] as Int64?).map(Date.init(milliseconds:)), outcome: outcome,
      failure: storedFailure(code: row[6], message: row[7], details: row[8]),
      fileInHand: try (row[9] as String?).map { try storedIdentifier($0) })
  }

  public func begin(_ file: FileID, by claim: Claim, now: Date) async throws {
    try await write { database in
      _ = try Self.progress(of: claim, database)
      try database.execute(
        sql: "UPDATE attempt SET file_in_hand = ? WHERE job_id = ? AND token = ?",
        arguments: [file.description, claim.jobID.description, claim.token])
    }
  }

  public func keep(_ checkpoint: Checkpoint, by claim: Claim, now: Date) async throws {
    try await write { database in
      _ = try Self.progress(of: claim, database)
      try database.execute(
        sql: """
          INSERT INTO checkpoint SELECT ?1, ?2, ?3 WHERE NOT EXISTS (
            SELECT 1 FROM image_record WHERE job_id = ?1 AND file_id = ?2)
          """,
        arguments: [claim.jobID.description, checkpoint.fileID.description, checkpoint.key])
    }
  }

  // MARK: - Parts of other transactions

  /// The job has just been claimed.
  static func beginAttempt(
    _ number: Int, _ claim: Claim, _ now: Date, _ database: Database
  ) throws {
    try database.execute(
      sql: """
        INSERT INTO attempt (job_id, token, number, worker, started_ms, outcome)
        VALUES (?, ?, ?, ?, ?, 'running')
        """,
      arguments: [
        claim.jobID.description, claim.token, number, claim.worker.description, now.milliseconds,
      ])
    try database.execute(
      sql: "DELETE FROM attempt WHERE job_id = ? AND token <= ?",
      arguments: [claim.jobID.description, claim.token - Attempt.keptCount])
  }

  /// Changes nothing where no attempt runs.
  static func endAttempt(
    of job: JobID, _ outcome: Attempt.Outcome, _ failure: JobFailure?, _ now: Date,
    _ database: Database
  ) throws {
    try database.execute(
      sql: """
        UPDATE attempt SET outcome = ?, ended_ms = ?, failure_code = ?, failure_message = ?,
          failure_details = ?
        WHERE job_id = ? AND outcome = 'running'
        """,
      arguments: [
        outcome.rawValue, now.milliseconds, failure?.code, failure?.message, failure?.details,
        job.description,
      ])
  }

  /// What the running attempt has named.
  static func fileInHand(
    of job: JobID, _ database: Database
  ) throws -> (id: FileID, filename: String)? {
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT file.id, file.filename FROM attempt JOIN file ON file.id = attempt.file_in_hand
        WHERE attempt.job_id = ? AND attempt.outcome = 'running'
        """,
      arguments: [job.description])
    return try row.map { (try storedIdentifier($0[0]), $0[1]) }
  }

  static func checkpoints(of job: JobID, _ database: Database) throws -> [Checkpoint] {
    let rows = try Row.fetchAll(
      database, sql: "SELECT file_id, key FROM checkpoint WHERE job_id = ? ORDER BY file_id, key",
      arguments: [job.description])
    return try rows.map { Checkpoint(fileID: try storedIdentifier($0[0]), key: $0[1]) }
  }
}
