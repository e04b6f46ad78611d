import Foundation
import Jobs

/// Jobs and uploads in a PostgreSQL database, for many machines. PostgreSQL 15 or newer.
///
/// Transactions run at READ COMMITTED and lock the rows that they decide by: the job's row for all that a worker
/// writes, the upload's for its deletion, the counter's for insertions.
public final class PostgresStore: Sendable {
  private static let oldestVersion = 150_000

  let pool: PostgresPool

  /// Connects and brings the tables up to date; several processes may start at once.
  ///
  /// - Throws: `JobsError(.unavailable)` when the server cannot be reached, `.databaseError` when the server is too old
  ///   or the database newer than this program.
  public init(_ settings: PostgresSettings) async throws {
    // Longer than others' migrations, which this one waits for.
    var patient = settings
    patient.connections = 1
    patient.statementTimeout = .seconds(600)
    try await PostgresPool(patient).write { connection in
      let version: Int =
        try connection.execute("SELECT current_setting('server_version_num')").first?[0] ?? 0
      guard version >= Self.oldestVersion else {
        throw JobsError(.databaseError, "PostgreSQL 15 or newer is needed")
      }
      try PostgresSchema.migrate(connection)
    }
    pool = PostgresPool(settings)
  }

  /// The server's version, for people.
  /// - Throws: `JobsError(.unavailable)` when it cannot be reached.
  public static func version(of settings: PostgresSettings) async throws -> String {
    try await PostgresPool(settings).read { connection in
      try connection.execute("SELECT current_setting('server_version')").first?[0] ?? "unknown"
    }
  }

  func read<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws -> Value {
    try await pool.read(body)
  }

  func snapshot<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws -> Value {
    try await pool.snapshot(body)
  }

  func write<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws -> Value {
    try await pool.write(body)
  }
}
