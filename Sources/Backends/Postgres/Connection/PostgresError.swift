import Jobs

/// Why a statement failed.
struct PostgresError: Error {
  /// Five characters (postgresql.org/docs/15/errcodes-appendix.html); nil when the server said nothing.
  var sqlState: String?
  /// The server's or libpq's first line, for the log: it has neither the statement nor its values.
  var words: String
  /// The connection is gone with it.
  var isConnectionLost = false

  /// The server has rolled back because of what others did: the same transaction may succeed now.
  var isSerializationFailure: Bool { sqlState == "40001" || sqlState == "40P01" }

  /// Under our own codes.
  var jobsError: JobsError {
    let cause = "\(sqlState.map { "SQLSTATE \($0): " } ?? "")\(words)"
    return isTemporary
      ? JobsError(.unavailable, "The metadata store does not answer", cause: cause)
      : JobsError(.databaseError, "The metadata store failed", cause: cause)
  }

  /// Whether the same call may succeed later without anybody's doing.
  private var isTemporary: Bool {
    guard let sqlState, !isConnectionLost else { return true }
    switch sqlState {
    // Read-only: a standby, until it is promoted. Canceled: the time limit. Not available: a lock.
    case "25006", "57014", "55P03": return true
    // Connections, conflicts, resources, an operator's doing.
    default: return ["08", "40", "53", "57P"].contains { sqlState.hasPrefix($0) }
    }
  }
}

extension JobsError {
  /// More calls than the connections can serve.
  static let postgresBusy = JobsError(.unavailable, "The metadata store is busy")

  static let unreachableMessage = "The metadata store cannot be reached"

  /// No connection can be made now.
  static func postgresUnreachable(_ cause: String) -> JobsError {
    JobsError(.unavailable, unreachableMessage, cause: cause)
  }

  /// The connection broke during the commit and nobody could say what became of it.
  static func outcomeUnknown(_ cause: String) -> JobsError {
    JobsError(
      .unavailable, "The metadata store broke off: whether the change was kept is not known",
      cause: cause)
  }
}
