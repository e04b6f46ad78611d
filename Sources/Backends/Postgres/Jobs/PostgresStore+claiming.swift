public import Foundation
public import Jobs

extension PostgresStore {
  /// Of what there is to do, a job that comes first.
  private struct Due {
    /// What its owner has in hand.
    enum Standing: String {
      /// It does not matter: the job has no limit, or a worker has died on it.
      case free
      case belowLimit = "below"
      case atLimit = "at"
    }

    let id: JobID
    let isTakenOver: Bool
    let standing: Standing

    init(_ row: PostgresRow) throws {
      id = try storedIdentifier(row[0])
      isTakenOver = try row[1] == JobState.processing.rawValue
      guard let standing = Standing(rawValue: try row[2]) else {
        throw JobsError(.databaseError, "The metadata store holds an unknown state")
      }
      self.standing = standing
    }
  }

  /// The queued job or the expired lease that comes first: by priority, then by age. Jobs in hand are passed over, as
  /// many as there are workers. With OR instead of CASE the planner would rather sort all that wait.
  static let nextDue = """
    SELECT id, state, CASE WHEN state = 'processing' OR running_limit IS NULL THEN 'free'
      WHEN running_limit > (SELECT COUNT(*) FROM job AS running
        WHERE running.owner = job.owner AND running.state = 'processing') THEN 'below'
      ELSE 'at' END
    FROM job WHERE state IN ('queued', 'processing')
      AND CASE state WHEN 'queued' THEN due_ms ELSE lease_end_ms END <= $1
    ORDER BY priority DESC, id LIMIT 1
    """

  /// What another worker is just claiming or writing is not waited for. The lock is the one that the claim's own
  /// update takes: a stronger one would pass over a job to whose log somebody is just adding.
  static let nextDueLocked = "\(nextDue) FOR NO KEY UPDATE SKIP LOCKED"

  /// The same without those whose owner is at their limit. It looks at the first job of each lane, an owner's jobs under
  /// one limit, instead of passing over a long head of held-back ones: its cost grows with the owners that wait, not with
  /// their jobs.
  ///
  /// The conditions stand at the end once more, for a job that has changed before it could be locked. With `due_ms` alone
  /// the planner would rather look up all that is due, and sort it.
  static let nextAdmitted = """
    WITH RECURSIVE lane (owner, running_limit) AS (
      (SELECT owner, running_limit FROM job
        WHERE state = 'queued' AND running_limit IS NOT NULL ORDER BY owner, running_limit LIMIT 1)
      UNION ALL
      SELECT following.owner, following.running_limit FROM lane, LATERAL (
        SELECT owner, running_limit FROM job
        WHERE state = 'queued' AND running_limit IS NOT NULL
          AND (owner, running_limit) > (lane.owner, lane.running_limit)
        ORDER BY owner, running_limit LIMIT 1) AS following
    ), head AS MATERIALIZED (
      SELECT first.id, first.priority FROM lane, LATERAL (
        SELECT id, priority FROM job
        WHERE state = 'queued' AND running_limit IS NOT NULL AND due_ms + 0 <= $1
          AND owner = lane.owner AND running_limit = lane.running_limit
        ORDER BY priority DESC, id LIMIT 1) AS first
      WHERE lane.running_limit > (
        SELECT COUNT(*) FROM job WHERE owner = lane.owner AND state = 'processing')
      UNION ALL
      (SELECT id, priority FROM job WHERE state = 'queued' AND running_limit IS NULL AND due_ms + 0 <= $1
        ORDER BY priority DESC, id LIMIT 1)
      UNION ALL
      SELECT id, priority FROM job WHERE state = 'processing' AND lease_end_ms <= $1
    )
    SELECT job.id, job.state, 'below' FROM head JOIN job ON job.id = head.id
    WHERE CASE job.state WHEN 'queued' THEN job.due_ms WHEN 'processing' THEN job.lease_end_ms END <= $1
    ORDER BY head.priority DESC, head.id LIMIT 1
    """

  static let nextAdmittedLocked = "\(nextAdmitted) FOR NO KEY UPDATE OF job SKIP LOCKED"

  public func claim(
    for worker: WorkerID, lease: Duration, maxDeaths: Int, now: Date
  ) async throws -> ClaimedJob? {
    // Workers ask often and mostly in vain: looking needs no transaction.
    let seen = try await read { connection in
      let due = try Self.due(Self.nextDue, now, connection)
      guard due?.standing == .atLimit else { return due?.standing }
      return try Self.due(Self.nextAdmitted, now, connection)?.standing
    }
    guard let seen else { return nil }
    let claimant = Claimant(worker: worker, lease: lease, maxDeaths: maxDeaths, now: now)
    if seen == .free {
      let met = try await write { try Self.claimFree(claimant, $0) }
      if case .job(let claimed) = met { return claimed }
    }
    return try await write { try Self.claimInTurn(claimant, $0) }
  }

  private struct Claimant {
    let worker: WorkerID
    let lease: Duration
    let maxDeaths: Int
    let now: Date
  }

  private enum Meeting {
    /// nil when nothing is due.
    case job(ClaimedJob?)
    /// A job with a limit comes first.
    case limit
  }

  private static func due(
    _ query: String, _ now: Date, _ connection: PostgresConnection
  ) throws -> Due? {
    try connection.query(query, [now.milliseconds]).first.map(Due.init)
  }

  /// Waits for nobody, and leaves jobs with a limit alone.
  private static func claimFree(
    _ claimant: Claimant, _ connection: PostgresConnection
  ) throws -> Meeting {
    while let due = try due(nextDueLocked, claimant.now, connection) {
      guard due.standing == .free else { return .limit }
      if let claimed = try take(due, claimant, connection) { return .job(claimed) }
    }
    return .job(nil)
  }

  /// Who has the turn sees all that others have claimed, and nobody claims or gives back a job meanwhile. Every claim
  /// takes it sooner or later, at the counter's row; this one before it chooses.
  private static func claimInTurn(
    _ claimant: Claimant, _ connection: PostgresConnection
  ) throws -> ClaimedJob? {
    try takeTurn(connection)
    while var due = try due(nextDueLocked, claimant.now, connection) {
      if due.standing == .atLimit {
        let admitted = try Self.due(nextAdmittedLocked, claimant.now, connection)
        guard let admitted else { return nil }
        due = admitted
      }
      if let claimed = try take(due, claimant, connection) { return claimed }
    }
    return nil
  }

  /// Begins an attempt at the job; nil when as many workers have died on it as may.
  private static func take(
    _ due: Due, _ claimant: Claimant, _ connection: PostgresConnection
  ) throws -> ClaimedJob? {
    let now = claimant.now
    if due.isTakenOver,
      try failIfDeadly(due.id, maxDeaths: claimant.maxDeaths, now, connection)
    {
      return nil
    }
    let leaseEnd = now.addingTimeInterval(claimant.lease.timeInterval).milliseconds
    let row = try connection.query(
      """
      UPDATE job SET state = 'processing', attempt = attempt + 1, token = token + 1,
        worker = $2, lease_end_ms = $3, started_ms = COALESCE(started_ms, $4), updated_ms = $4
      WHERE id = $1 RETURNING \(JobRow.columns), token, deaths
      """, [due.id.description, claimant.worker.description, leaseEnd, now.milliseconds]
    ).first
    guard let row else { return nil }
    let job = try JobRow.job(row)
    let claim = Claim(jobID: job.id, worker: claimant.worker, token: try row[JobRow.count])
    try beginAttempt(job.attempt, claim, now, connection)
    return ClaimedJob(
      job: job, claim: claim, records: try records(of: job, connection),
      checkpoints: try checkpoints(of: job.id, connection), deaths: try row[JobRow.count + 1],
      isTakenOver: due.isTakenOver)
  }

  /// Counts the worker that has died on the job; true when it was the last one allowed.
  private static func failIfDeadly(
    _ id: JobID, maxDeaths: Int, _ now: Date, _ connection: PostgresConnection
  ) throws -> Bool {
    let counted = try connection.query(
      "UPDATE job SET deaths = deaths + 1 WHERE id = $1 RETURNING deaths, is_shadow",
      [id.description]
    ).first
    let deaths: Int = try counted?[0] ?? 0
    let isShadow = try (counted?[1] as Int?) == 1
    let file = try fileInHand(of: id, connection)
    try endAttempt(of: id, .lost, .workerLost, now, connection)
    guard deaths >= maxDeaths || isShadow else { return false }
    let failure = JobFailure.workerCrashed(deaths: deaths, on: file)
    try connection.query(
      """
      UPDATE job SET state = 'failed', worker = NULL, lease_end_ms = NULL, updated_ms = $2,
        ended_ms = $2, stage = NULL, failure_code = $3, failure_message = $4, failure_details = $5
      WHERE id = $1
      """,
      [id.description, now.milliseconds, failure.code, failure.message, failure.details])
    try announceEnd(of: id, connection)
    return true
  }
}
