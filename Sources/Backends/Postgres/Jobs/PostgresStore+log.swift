import Foundation
public import Jobs

extension PostgresStore: JobLogStore {
  /// Any number that is always the same: of advisory locks with two numbers, ours are those that begin with it.
  private static let logLock = 1

  /// Whoever holds it gives the next numbers; they are visible before the next one has it. It is no lock of the job's
  /// row, on which its workers and its clients would wait: of that, only the deletion is kept off. Two jobs with the
  /// same hash take turns, which hurts nobody.
  static let logTurn = """
    SELECT pg_advisory_xact_lock(\(logLock), hashtext(id)) FROM job WHERE id = $1 FOR KEY SHARE
    """

  static let lastLogNumber = "SELECT MAX(number) FROM job_log WHERE job_id = $1"

  /// All entries by one statement, as a JSON array of `LogRow`.
  static let addToLog = """
    INSERT INTO job_log
    SELECT $1::text, number, time_ms, level, source, attempt, message, details
    FROM json_to_recordset($2) AS entry (number BIGINT, time_ms BIGINT, level TEXT, source TEXT,
      attempt BIGINT, message TEXT, details TEXT)
    """

  static let forgetOldLog = "DELETE FROM job_log WHERE job_id = $1 AND number <= $2"

  public func append(_ entries: [JobLogEntry], to job: JobID) async throws {
    guard !entries.isEmpty else { return }
    try await write { connection in
      let isThere = try connection.query(Self.logTurn, [job.description]).count == 1
      guard isThere else { return }
      // A statement of its own, which sees what was there when the turn came.
      let row = try connection.query(Self.lastLogNumber, [job.description]).first
      let last: Int? = try row?[0]
      let newest = (last ?? 0) + entries.count
      let rows = try entries.numbered(upTo: newest).map(LogRow.init)
      let json = String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)
      try connection.query(Self.addToLog, [job.description, json])
      if newest > JobLog.limit {
        try connection.query(Self.forgetOldLog, [job.description, newest - JobLog.limit])
      }
    }
  }

  static let logOfJob = """
    SELECT number, time_ms, level, source, attempt, message, details FROM job_log
    WHERE job_id = $1 AND number > $2 ORDER BY number LIMIT $3
    """

  public func log(
    of job: JobID, after number: Int?, limit: Int
  ) async throws -> [NumberedEntry] {
    try await read { connection in
      let rows = try connection.query(Self.logOfJob, [job.description, number ?? 0, limit]).rows
      return try rows.map { row in
        NumberedEntry(
          number: try row[0],
          entry: try storedLogEntry(
            timeMs: try row[1], level: try row[2], source: try row[3], attempt: try row[4],
            message: try row[5], details: try row[6]))
      }
    }
  }
}

/// An entry as `addToLog` reads it.
private struct LogRow: Encodable {
  let number: Int
  let timeMs: Int64
  let level: String
  let source: String
  let attempt: Int?
  let message: String
  let details: String?

  private enum CodingKeys: String, CodingKey {
    case number, level, source, attempt, message, details
    case timeMs = "time_ms"
  }

  init(_ numbered: NumberedEntry) throws {
    let entry = numbered.entry
    number = numbered.number
    timeMs = entry.time.milliseconds
    level = entry.level.rawValue
    source = entry.source.rawValue
    attempt = entry.attempt
    message = entry.message
    details = try entry.storedDetails()
  }
}
