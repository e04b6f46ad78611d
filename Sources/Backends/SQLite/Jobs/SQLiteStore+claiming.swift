public import Foundation
import GRDB
public import Jobs

extension SQLiteStore {
  public func claim(
    for worker: WorkerID, lease: Duration, maxDeaths: Int, now: Date
  ) async throws -> ClaimedJob? {
    // Workers ask often and mostly in vain: looking needs no write lock.
    guard try await read({ try Self.nextDue(now, $0) }) != nil else { return nil }
    let leaseEnd = now.addingTimeInterval(lease.timeInterval).milliseconds
    return try await write { database in
      while let (id, isTakenOver) = try Self.nextDue(now, database) {
        if isTakenOver, try Self.failIfDeadly(id, maxDeaths: maxDeaths, now, database) { continue }
        let row = try Row.fetchOne(
          database,
          sql: """
            UPDATE job SET state = 'processing', attempt = attempt + 1, token = token + 1,
              worker = ?2, lease_end_ms = ?3, started_ms = COALESCE(started_ms, ?4), updated_ms = ?4
            WHERE id = ?1 RETURNING token, deaths
            """,
          arguments: [id.description, worker.description, leaseEnd, now.milliseconds])
        guard let row, let job = try Self.job(id, database) else { return nil }
        let claim = Claim(jobID: id, worker: worker, token: row[0])
        try Self.beginAttempt(job.attempt, claim, now, database)
        return ClaimedJob(
          job: job, claim: claim, records: try Self.records(of: job, database),
          checkpoints: try Self.checkpoints(of: id, database), deaths: row[1],
          isTakenOver: isTakenOver)
      }
      return nil
    }
  }

  /// The first queued job. SQLite's planner would rather sort all queued ones, so the index is named.
  static let firstQueued = """
    SELECT id, priority, state, owner, running_limit FROM job INDEXED BY job_queue
    WHERE state = 'queued' AND due_ms <= ?1 ORDER BY priority DESC, id LIMIT 1
    """

  /// Jobs whose worker has gone silent; there are few.
  static let expiredLeases = """
    SELECT id, priority, state, owner, running_limit FROM job INDEXED BY job_leases
    WHERE state = 'processing' AND lease_end_ms <= ?1
    """

  /// The queued job or the expired lease that comes first: by priority, then by age. And whether it is held back, since
  /// its owner has as much in hand as may be.
  static let firstDue = """
    SELECT id, state, CASE WHEN state = 'processing' OR running_limit IS NULL THEN 0 ELSE
      running_limit <= (SELECT COUNT(*) FROM job AS running INDEXED BY job_by_owner_state
        WHERE running.owner = due.owner AND running.state = 'processing') END
    FROM (SELECT * FROM (\(firstQueued)) UNION ALL \(expiredLeases)) AS due
    ORDER BY priority DESC, id LIMIT 1
    """

  /// The same without those that are held back. It looks at the first job of each lane, an owner's jobs under one limit,
  /// instead of passing over a long head of held-back ones: its cost grows with the owners that wait, not with their jobs.
  ///
  /// The next lane is looked up in two steps: where `(owner, running_limit) > (?, ?)` begins, SQLite would read the whole
  /// lane that it leaves.
  static let firstAdmitted = """
    WITH RECURSIVE lane (id) AS (
      SELECT * FROM (
        SELECT id FROM job INDEXED BY job_lanes
        WHERE state = 'queued' AND running_limit IS NOT NULL ORDER BY owner, running_limit LIMIT 1)
      UNION ALL
      SELECT COALESCE(
        (SELECT next.id FROM job AS next INDEXED BY job_lanes
          WHERE next.state = 'queued' AND next.owner = known.owner
            AND next.running_limit > known.running_limit
          ORDER BY next.running_limit LIMIT 1),
        (SELECT next.id FROM job AS next INDEXED BY job_lanes
          WHERE next.state = 'queued' AND next.running_limit IS NOT NULL
            AND next.owner > known.owner
          ORDER BY next.owner, next.running_limit LIMIT 1))
      FROM lane CROSS JOIN job AS known ON known.id = lane.id
    ), head (id) AS (
      SELECT (
        SELECT head.id FROM job AS head INDEXED BY job_lanes
        WHERE head.state = 'queued' AND head.owner = known.owner
          AND head.running_limit = known.running_limit AND head.due_ms <= ?1
        ORDER BY head.priority DESC, head.id LIMIT 1)
      FROM lane CROSS JOIN job AS known ON known.id = lane.id
      WHERE known.running_limit > (
        SELECT COUNT(*) FROM job AS running INDEXED BY job_by_owner_state
        WHERE running.owner = known.owner AND running.state = 'processing')
      UNION ALL
      SELECT * FROM (
        SELECT id FROM job INDEXED BY job_free
        WHERE state = 'queued' AND running_limit IS NULL AND due_ms <= ?1
        ORDER BY priority DESC, id LIMIT 1)
      UNION ALL
      SELECT id FROM job INDEXED BY job_leases WHERE state = 'processing' AND lease_end_ms <= ?1
    )
    SELECT job.id, job.state FROM head CROSS JOIN job ON job.id = head.id
    ORDER BY job.priority DESC, job.id LIMIT 1
    """

  /// The first job that may be claimed.
  private static func nextDue(
    _ now: Date, _ database: Database
  ) throws -> (id: JobID, isLeaseOver: Bool)? {
    func first(_ sql: String) throws -> Row? {
      try Row.fetchOne(try database.cachedStatement(sql: sql), arguments: [now.milliseconds])
    }
    var due = try first(firstDue)
    if due?[2] == true { due = try first(firstAdmitted) }
    return try due.map { row in
      (try storedIdentifier(row[0]), row[1] == JobState.processing.rawValue)
    }
  }

  /// Counts the worker that has died on the job; true when it was the last one allowed.
  private static func failIfDeadly(
    _ id: JobID, maxDeaths: Int, _ now: Date, _ database: Database
  ) throws -> Bool {
    let counted = try Row.fetchOne(
      database,
      sql: "UPDATE job SET deaths = deaths + 1 WHERE id = ? RETURNING deaths, is_shadow",
      arguments: [id.description])
    let deaths: Int = counted?[0] ?? 0
    let isShadow = (counted?[1] as Int?) == 1
    let file = try fileInHand(of: id, database)
    try endAttempt(of: id, .lost, .workerLost, now, database)
    guard deaths >= maxDeaths || isShadow else { return false }
    let failure = JobFailure.workerCrashed(deaths: deaths, on: file)
    try database.execute(
      sql: """
        UPDATE job SET state = 'failed', \(ended), failure_code = :code,
          failure_message = :message, failure_details = :details
        WHERE id = :id
        """,
      arguments: [
        "id": id.description, "now": now.milliseconds, "code": failure.code,
        "message": failure.message, "details": failure.details,
      ])
    try announceEnd(of: id, database)
    return true
  }
}
