import Jobs

/// Transactions on a thread's connection, and when they are done again.
///
/// Done again is what the server has certainly not kept: it said that it rolled back because of others, or the
/// connection broke before COMMIT was sent. When it breaks during COMMIT, the server is asked by the transaction's
/// number what became of it (postgresql.org/docs/15/functions-info.html, `pg_xact_status`).
enum PostgresTransaction {
  /// Each try fails for a reason of its own, so a few are enough.
  private static let maxTries = 5
  /// How often the server is asked what became of a transaction; 20 ms apart, so 2 s: as long as a caller may wait.
  private static let maxQuestions = 100

  static func repeatingRead<Value>(
    _ session: PostgresSession, _ body: (PostgresConnection) throws -> Value
  ) throws -> Value {
    try repeating(session) { connection in .ended(try body(connection)) }
  }

  static func write<Value>(
    _ session: PostgresSession, _ body: (PostgresConnection) throws -> Value
  ) throws -> Value {
    try repeating(session) { connection in
      // The number costs no way of its own. A server that was started anew may be another one: its numbers say nothing.
      let begun = try connection.execute(
        "BEGIN; SELECT pg_current_xact_id(), pg_postmaster_start_time()")
      guard let row = begun.first else { throw PostgresError(words: "no transaction number") }
      let number: String = try row[0]
      let server: String = try row[1]
      let value = try rollingBack(connection) { try body(connection) }
      do {
        try connection.execute("COMMIT")
        return .ended(value)
      } catch let error as PostgresError where error.isConnectionLost {
        session.discard()
        return try wasKept(number, by: server, session, error) ? .ended(value) : .again(error)
      }
    }
  }

  /// Ends a transaction that has only read.
  static func closing<Value>(
    _ connection: PostgresConnection, _ body: () throws -> Value
  ) throws -> Value {
    let value = try rollingBack(connection, body)
    try connection.execute("COMMIT")
    return value
  }

  private static func rollingBack<Value>(
    _ connection: PostgresConnection, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch {
      if connection.isOpen {
        do {
          try connection.execute("ROLLBACK")
        } catch {
          // The server rolls back when the connection goes, which `PostgresConnection` has noticed.
        }
      }
      throw error
    }
  }

  private enum Try<Value> {
    case ended(Value)
    /// Nothing was kept.
    case again(PostgresError)
  }

  private static func repeating<Value>(
    _ session: PostgresSession, _ attempt: (PostgresConnection) throws -> Try<Value>
  ) throws -> Value {
    var last = PostgresError(words: "")
    for _ in 0..<maxTries {
      let connection = try session.connection()
      do {
        switch try attempt(connection) {
        case .ended(let value): return value
        case .again(let error): last = error
        }
      } catch let error as PostgresError {
        if error.isConnectionLost { session.discard() }
        guard error.isConnectionLost || error.isSerializationFailure else { throw error }
        last = error
      }
    }
    throw last
  }

  /// Asks until somebody answers, for a while: the server may be gone for a moment.
  private static func wasKept(
    _ number: String, by server: String, _ session: PostgresSession, _ loss: PostgresError
  ) throws -> Bool {
    var reason = "still in progress"
    for _ in 0..<maxQuestions {
      do {
        let row = try session.connection().query(
          """
          SELECT CASE WHEN pg_postmaster_start_time()::text = $2
            THEN pg_xact_status($1::xid8) ELSE 'unknown' END
          """, [number, server]
        ).first
        switch try row?[0] as String? {
        case "committed": return true
        case "aborted": return false
        case "in progress": reason = "still in progress"
        default: throw JobsError.outcomeUnknown("\(loss.words); the server was started anew")
        }
      } catch let error as PostgresError {
        session.discard()
        reason = error.words
      } catch let error as JobsError where error.message == JobsError.unreachableMessage {
        reason = error.cause ?? error.message
      }
      session.pause(.milliseconds(20))
    }
    throw JobsError.outcomeUnknown("\(loss.words); \(reason)")
  }
}
