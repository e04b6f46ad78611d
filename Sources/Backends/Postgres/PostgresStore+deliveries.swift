public import Foundation
public import Jobs

extension PostgresStore: DeliveryStore {
  /// Puts the end of a job that has a callback into the outbox; part of the transaction that ends it.
  static func announceEnd(of id: JobID, _ connection: PostgresConnection) throws {
    let row = try connection.query(
      """
      SELECT state, ended_ms, callback_url FROM job
      WHERE id = $1 AND ended_ms IS NOT NULL AND callback_url IS NOT NULL
      """, [id.description]
    ).first
    guard let row else { return }
    guard let event = JobState(rawValue: try row[0]).flatMap({ JobEvent($0) }) else {
      throw JobsError(.databaseError, "The metadata store holds an unknown state")
    }
    let endedMs: Int64 = try row[1]
    let url: String = try row[2]
    try connection.query(
      "INSERT INTO delivery (id, job_id, event, url, created_ms, due_ms) VALUES ($1, $2, $3, $4, $5, $5)",
      [
        EventID(at: Date(milliseconds: endedMs)).description, id.description, event.rawValue, url,
        endedMs,
      ])
  }

  static let dueDeliveries = """
    SELECT id, attempts FROM delivery
    WHERE state = 'pending' AND due_ms <= $1 AND (lease_end_ms IS NULL OR lease_end_ms <= $1)
    ORDER BY due_ms, id LIMIT $2
    """

  public func claimDeliveries(
    upTo limit: Int, lease: Duration, maxAttempts: Int, now: Date
  ) async throws -> [Delivery] {
    // Senders ask often and mostly in vain: looking needs no transaction.
    let anyDue = try await read {
      try $0.query(Self.dueDeliveries, [now.milliseconds, 1]).count > 0
    }
    guard anyDue else { return [] }
    let leaseEnd = now.addingTimeInterval(lease.timeInterval).milliseconds
    return try await write { connection in
      var claimed: [Delivery] = []
      let due = try connection.query(
        "\(Self.dueDeliveries) FOR UPDATE SKIP LOCKED", [now.milliseconds, limit])
      for row in due.rows {
        let id: String = try row[0]
        if try row[1] as Int >= maxAttempts {
          try connection.query(
            """
            UPDATE delivery SET state = 'failed', due_ms = NULL, lease_end_ms = NULL, error = $2
            WHERE id = $1
            """, [id, Delivery.cutOff])
          continue
        }
        let updated = try connection.query(
          """
          UPDATE delivery SET attempts = attempts + 1, lease_end_ms = $2, last_attempt_ms = $3
          WHERE id = $1 RETURNING \(DeliveryRow.columns)
          """, [id, leaseEnd, now.milliseconds])
        if let row = updated.first { claimed.append(try DeliveryRow.delivery(row)) }
      }
      return claimed
    }
  }

  public func record(_ outcome: DeliveryOutcome, of delivery: Delivery) async throws {
    let assignments: String
    let values: [(any PostgresValue & Sendable)?]
    switch outcome {
    case .delivered(let status):
      assignments = "state = 'delivered', due_ms = NULL, response_status = $3, error = NULL"
      values = [status]
    case .retry(let time, let status, let error):
      assignments = "response_status = $3, error = $4, due_ms = $5"
      values = [status, error, time.milliseconds]
    case .failed(let status, let error):
      assignments = "state = 'failed', due_ms = NULL, response_status = $3, error = $4"
      values = [status, error]
    }
    try await write { connection in
      // The attempt's number is its fencing token: a later claim has a higher one.
      let updated = try connection.query(
        """
        UPDATE delivery SET lease_end_ms = NULL, \(assignments)
        WHERE id = $1 AND attempts = $2 AND state = 'pending' AND lease_end_ms IS NOT NULL
        """, [delivery.id.description, delivery.attempts] + values)
      guard updated.changesCount == 1 else { throw JobsError.leaseLost }
    }
  }

  static let deliveriesOfJob = """
    SELECT \(DeliveryRow.columns) FROM delivery WHERE job_id = $1
    """

  public func deliveries(of job: JobID) async throws -> [Delivery] {
    try await read { connection in
      try connection.query(Self.deliveriesOfJob, [job.description]).rows
        .map(DeliveryRow.delivery).sorted { $0.id < $1.id }
    }
  }
}

/// The columns of a delivery, read by position.
private enum DeliveryRow {
  static let columns = """
    id, job_id, event, url, created_ms, state, attempts, due_ms, last_attempt_ms, response_status, error
    """

  static func delivery(_ row: PostgresRow) throws -> Delivery {
    guard let event = JobEvent(rawValue: try row[2]),
      let state = DeliveryState(rawValue: try row[5])
    else {
      throw JobsError(.databaseError, "The metadata store holds an unknown state")
    }
    var delivery = Delivery(
      id: try storedIdentifier(row[0]), jobID: try storedIdentifier(row[1]),
      event: event, url: try row[3], createdAt: Date(milliseconds: try row[4]))
    delivery.state = state
    delivery.attempts = try row[6]
    delivery.dueAt = (try row[7] as Int64?).map(Date.init(milliseconds:))
    delivery.lastAttemptAt = (try row[8] as Int64?).map(Date.init(milliseconds:))
    delivery.responseStatus = try row[9]
    delivery.error = try row[10]
    return delivery
  }
}
