public import Foundation
public import Jobs

/// What others than the worker of a job look at: changes, load, workers.
extension PostgresStore {
  /// Workers that said nothing for so long are forgotten.
  private static let workerLifetimeMs: Int64 = 24 * 3600 * 1000

  static let changedJobs = """
    SELECT \(JobRow.columns) FROM job WHERE version > $1 ORDER BY version LIMIT $2
    """

  public func changes(after version: Int, limit: Int) async throws -> JobChanges {
    try await read { connection in
      let jobs = try connection.query(Self.changedJobs, [version, limit]).rows.map(JobRow.job)
      return JobChanges(jobs: jobs, version: jobs.last?.version ?? version)
    }
  }

  public func latestVersion() async throws -> Int {
    try await read { try $0.query("SELECT version FROM change_counter").first?[0] ?? 0 }
  }

  static let measuredJobs = """
    SELECT SUM(GREATEST(0, ended_ms - started_ms)) / 1000.0, SUM(megapixels) FROM (
      SELECT ended_ms, started_ms, megapixels FROM job
      WHERE state = 'completed' AND attempt = 1 AND is_shadow IS DISTINCT FROM 1 AND megapixels > 0
      ORDER BY ended_ms DESC
      LIMIT \(QueueLoad.measuredJobs)) AS measured
    """

  static let jobsAhead = """
    SELECT COALESCE(SUM(megapixels * (100 - percentage) / 100.0), 0) FROM (
      SELECT megapixels, percentage FROM job WHERE state = 'processing'
      UNION ALL
      SELECT megapixels, percentage FROM job WHERE state = 'queued' AND priority >= $1) AS ahead
    """

  public func load(ahead priority: JobPriority) async throws -> QueueLoad {
    try await snapshot { connection in
      let ahead = try connection.query(Self.jobsAhead, [priority.rawValue]).first
      let measured = try connection.query(Self.measuredJobs).first
      var rate: Double?
      if let measured, let seconds = try measured[0] as Double?,
        let megapixels = try measured[1] as Double?, megapixels > 0
      {
        rate = seconds / megapixels
      }
      return QueueLoad(megapixelsAhead: try ahead?[0] ?? 0, secondsPerMegapixel: rate)
    }
  }

  public func beat(_ worker: WorkerID, progressedAt: Date, now: Date) async throws {
    try await write { connection in
      try connection.query(
        """
        INSERT INTO worker VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE
        SET seen_ms = EXCLUDED.seen_ms, progressed_ms = EXCLUDED.progressed_ms
        """, [worker.description, now.milliseconds, progressedAt.milliseconds])
      try connection.query(
        "DELETE FROM worker WHERE seen_ms < $1", [now.milliseconds - Self.workerLifetimeMs])
    }
  }

  public func workerCount(since time: Date) async throws -> Int {
    try await read { connection in
      try connection.query("SELECT COUNT(*) FROM worker WHERE seen_ms >= $1", [time.milliseconds])
        .first?[0] ?? 0
    }
  }

  public func oldestProgress(ofWorkersSince time: Date) async throws -> Date? {
    try await read { connection in
      let row = try connection.query(
        "SELECT MIN(progressed_ms) FROM worker WHERE seen_ms >= $1", [time.milliseconds]
      ).first
      return (try row?[0] as Int64?).map(Date.init(milliseconds:))
    }
  }

  public func leave(_ worker: WorkerID) async throws {
    try await write { connection in
      _ = try connection.query("DELETE FROM worker WHERE id = $1", [worker.description])
    }
  }

  public func holds(_ claim: Claim) async throws -> Bool {
    try await read { connection in
      try connection.query(
        "SELECT 1 FROM job WHERE id = $1 AND token = $2 AND state = 'processing'",
        [claim.jobID.description, claim.token]
      ).count > 0
    }
  }
}
