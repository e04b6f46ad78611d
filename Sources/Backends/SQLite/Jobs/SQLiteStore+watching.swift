public import Foundation
import GRDB
public import Jobs

/// What others than the worker of a job look at: changes, load, workers.
extension SQLiteStore {
  /// Workers that said nothing for so long are forgotten.
  private static let workerLifetimeMs: Int64 = 24 * 3600 * 1000

  static let changedJobs = """
    SELECT \(JobRow.columns) FROM job WHERE version > ? ORDER BY version LIMIT ?
    """

  public func changes(after version: Int, limit: Int) async throws -> JobChanges {
    try await read { database in
      let statement = try database.cachedStatement(sql: Self.changedJobs)
      let jobs = try Row.fetchAll(statement, arguments: [version, limit]).map(JobRow.job)
      return JobChanges(jobs: jobs, version: jobs.last?.version ?? version)
    }
  }

  public func latestVersion() async throws -> Int {
    try await read { database in
      let statement = try database.cachedStatement(sql: "SELECT version FROM change_counter")
      return try Int.fetchOne(statement) ?? 0
    }
  }

  static let measuredJobs = """
    SELECT SUM(MAX(0, ended_ms - started_ms)) / 1000.0, SUM(megapixels) FROM (
      SELECT ended_ms, started_ms, megapixels FROM job INDEXED BY job_client_measured
      WHERE state = 'completed' AND attempt = 1 AND is_shadow IS NOT 1 AND megapixels > 0
      ORDER BY ended_ms DESC
      LIMIT \(QueueLoad.measuredJobs))
    """

  /// SQLite would rather look through all jobs, the ended ones too.
  static let jobsAhead = """
    SELECT TOTAL(megapixels * (100 - percentage) / 100.0) FROM (
      SELECT megapixels, percentage FROM job INDEXED BY job_leases WHERE state = 'processing'
      UNION ALL
      SELECT megapixels, percentage FROM job INDEXED BY job_queue
      WHERE state = 'queued' AND priority >= ?)
    """

  public func load(ahead priority: JobPriority) async throws -> QueueLoad {
    try await read { database in
      let ahead = try Double.fetchOne(
        try database.cachedStatement(sql: Self.jobsAhead), arguments: [priority.rawValue])
      let measured = try Row.fetchOne(try database.cachedStatement(sql: Self.measuredJobs))
      var rate: Double?
      if let measured, let seconds = measured[0] as Double?,
        let megapixels = measured[1] as Double?, megapixels > 0
      {
        rate = seconds / megapixels
      }
      return QueueLoad(megapixelsAhead: ahead ?? 0, secondsPerMegapixel: rate)
    }
  }

  public func beat(_ worker: WorkerID, progressedAt: Date, now: Date) async throws {
    try await write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO worker VALUES (?, ?, ?)",
        arguments: [worker.description, now.milliseconds, progressedAt.milliseconds])
      try database.execute(
        sql: "DELETE FROM worker WHERE seen_ms < ?",
        arguments: [now.milliseconds - Self.workerLifetimeMs])
    }
  }

  public func workerCount(since time: Date) async throws -> Int {
    try await read { database in
      try Int.fetchOne(
        database, sql: "SELECT COUNT(*) FROM worker WHERE seen_ms >= ?",
        arguments: [time.milliseconds]) ?? 0
    }
  }

  public func oldestProgress(ofWorkersSince time: Date) async throws -> Date? {
    try await read { database in
      try Int64.fetchOne(
        database, sql: "SELECT MIN(progressed_ms) FROM worker WHERE seen_ms >= ?",
        arguments: [time.milliseconds]
      ).map(Date.init(milliseconds:))
    }
  }

  public func leave(_ worker: WorkerID) async throws {
    try await write { database in
      try database.execute(
        sql: "DELETE FROM worker WHERE id = ?", arguments: [worker.description])
    }
  }

  public func holds(_ claim: Claim) async throws -> Bool {
    try await read { database in
      let statement = try database.cachedStatement(
        sql: "SELECT 1 FROM job WHERE id = ? AND token = ? AND state = 'processing'")
      return try Int.fetchOne(statement, arguments: [claim.jobID.description, claim.token]) != nil
    }
  }
}
