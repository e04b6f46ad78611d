public import Foundation
import GRDB
public import Jobs

extension SQLiteStore: DeliveryStore {
  /// Puts the end of a job that has a callback into the outbox; part of the transaction that ends it.
  static func announceEnd(of id: JobID, _ database: Database) throws {
    let statement = try database.cachedStatement(
      sql: """
        SELECT state, ended_ms, callback_url FROM job
        WHERE id = ? AND ended_ms IS NOT NULL AND callback_url IS NOT NULL
        """)
    guard let row = try Row.fetchOne(statement, arguments: [id.description]) else { return }
    guard let event = JobState(rawValue: row[0]).flatMap({ JobEvent($0) }) else {
      throw JobsError(.databaseError, "The metadata store holds an unknown state")
    }
    let endedMs: Int64 = row[1]
    let url: String = row[2]
    try database.execute(
      sql: """
        INSERT INTO delivery (id, job_id, event, url, created_ms, due_ms) VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        EventID(at: Date(milliseconds: endedMs)).description, id.description, event.rawValue, url,
        endedMs, endedMs,
      ])
  }

  /// Those in hand are few, so they are passed over. SQLite's planner would rather look at all.
  static let dueDeliveries = """
    SELECT id, attempts FROM delivery INDEXED BY delivery_due
    WHERE state = 'pending' AND due_ms <= ?1 AND (lease_end_ms IS NULL OR lease_end_ms <= ?1)
    ORDER BY due_ms, id LIMIT ?2
    """

  public func claimDeliveries(
    upTo limit: Int, lease: Duration, maxAttempts: Int, now: Date
  ) async throws -> [Delivery] {
    // Senders ask often and mostly in vain: looking needs no write lock.
    guard try await read({ try !Self.due(now, limit: 1, $0).isEmpty }) else { return [] }
    let leaseEnd = now.addingTimeInterval(lease.timeInterval).milliseconds
    return try await write { database in
      var claimed: [Delivery] = []
      for (id, attempts) in try Self.due(now, limit: limit, database) {
        if attempts >= maxAttempts {
          try database.execute(
            sql: """
              UPDATE delivery SET state = 'failed', due_ms = NULL, lease_end_ms = NULL, error = ?2
              WHERE id = ?1
              """, arguments: [id, Delivery.cutOff])
          continue
        }
        let row = try Row.fetchOne(
          database,
          sql: """
            UPDATE delivery SET attempts = attempts + 1, lease_end_ms = ?2, last_attempt_ms = ?3
            WHERE id = ?1 RETURNING \(DeliveryRow.columns)
            """, arguments: [id, leaseEnd, now.milliseconds])
        if let row { claimed.append(try DeliveryRow.delivery(row)) }
      }
      return claimed
    }
  }

  private static func due(
    _ now: Date, limit: Int, _ database: Database
  ) throws -> [(id: String, attempts: Int)] {
    let statement = try database.cachedStatement(sql: dueDeliveries)
    return try Row.fetchAll(statement, arguments: [now.milliseconds, limit]).map {
      (id: $0[0] as String, attempts: $0[1] as Int)
    }
  }

  public func record(_ outcome: DeliveryOutcome, of delivery: Delivery) async throws {
    let assignments: String
    var values: StatementArguments
    switch outcome {
    case .delivered(let status):
      assignments = "state = 'delivered', due_ms = NULL, response_status = :status, error = NULL"
      values = ["status": status]
    case .retry(let time, let status, let error):
      assignments = "due_ms = :due, response_status = :status, error = :error"
      values = ["due": time.milliseconds, "status": status, "error": error]
    case .failed(let status, let error):
      assignments = "state = 'failed', due_ms = NULL, response_status = :status, error = :error"
      values = ["status": status, "error": error]
    }
    values += ["id": delivery.id.description, "attempts": delivery.attempts]
    let arguments = values
    try await write { database in
      // The attempt's number is its fencing token: a later claim has a higher one.
      try database.execute(
        sql: """
          UPDATE delivery SET lease_end_ms = NULL, \(assignments)
          WHERE id = :id AND attempts = :attempts AND state = 'pending'
            AND lease_end_ms IS NOT NULL
          """, arguments: arguments)
      guard database.changesCount == 1 else { throw JobsError.leaseLost }
    }
  }

  static let deliveriesOfJob = """
    SELECT \(DeliveryRow.columns) FROM delivery WHERE job_id = ?
    """

  public func deliveries(of job: JobID) async throws -> [Delivery] {
    try await read { database in
      let statement = try database.cachedStatement(sql: Self.deliveriesOfJob)
      return try Row.fetchAll(statement, arguments: [job.description])
        .map(DeliveryRow.delivery).sorted { $0.id < $1.id }
    }
  }
}

/// The columns of a delivery, read by position.
private enum DeliveryRow {
  static let columns = """
    id, job_id, event, url, created_ms, state, attempts, due_ms, last_attempt_ms, response_status, error
    """

  static func delivery(_ row: Row) throws -> Delivery {
    guard let event = JobEvent(rawValue: row[2]), let state = DeliveryState(rawValue: row[5])
    else {
      throw JobsError(.databaseError, "The metadata store holds an unknown state")
    }
    var delivery = Delivery(
      id: try storedIdentifier(row[0]), jobID: try storedIdentifier(row[1]),
      event: event, url: row[3], createdAt: Date(milliseconds: row[4]))
    delivery.state = state
    delivery.attempts = row[6]
    delivery.dueAt = (row[7] as Int64?).map(Date.init(milliseconds:))
    delivery.lastAttemptAt = (row[8] as Int64?).map(Date.init(milliseconds:))
    delivery.responseStatus = row[9]
    delivery.error = row[10]
    return delivery
  }
}
