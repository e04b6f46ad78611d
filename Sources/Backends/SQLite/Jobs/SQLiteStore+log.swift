import Foundation
import GRDB
public import Jobs

extension SQLiteStore: JobLogStore {
  static let lastLogNumber = "SELECT MAX(number) FROM job_log WHERE job_id = ?"

  static let forgetOldLog = "DELETE FROM job_log WHERE job_id = ? AND number <= ?"

  public func append(_ entries: [JobLogEntry], to job: JobID) async throws {
    guard !entries.isEmpty else { return }
    try await write { database in
      let isThere = try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM job WHERE id = ?)",
        arguments: [job.description])
      guard isThere == true else { return }
      // SQLite has one writer: nobody else takes the next number.
      let last = try Int.fetchOne(
        try database.cachedStatement(sql: Self.lastLogNumber), arguments: [job.description])
      let newest = (last ?? 0) + entries.count
      let insertion = try database.cachedStatement(
        sql: "INSERT INTO job_log VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      for numbered in entries.numbered(upTo: newest) {
        let entry = numbered.entry
        try insertion.execute(arguments: [
          job.description, numbered.number, entry.time.milliseconds, entry.level.rawValue,
          entry.source.rawValue, entry.attempt, entry.message, try entry.storedDetails(),
        ])
      }
      try database.cachedStatement(sql: Self.forgetOldLog)
        .execute(arguments: [job.description, newest - JobLog.limit])
    }
  }

  static let logOfJob = """
    SELECT number, time_ms, level, source, attempt, message, details FROM job_log
    WHERE job_id = ? AND number > ? ORDER BY number LIMIT ?
    """

  public func log(
    of job: JobID, after number: Int?, limit: Int
  ) async throws -> [NumberedEntry] {
    try await read { database in
      let statement = try database.cachedStatement(sql: Self.logOfJob)
      let rows = try Row.fetchAll(
        statement, arguments: [job.description, number ?? 0, limit])
      return try rows.map { row in
        NumberedEntry(
          number: row[0],
          entry: try storedLogEntry(
            timeMs: row[1], level: row[2], source: row[3], attempt: row[4], message: row[5],
            details: row[6]))
      }
    }
  }
}
