import Foundation
import GRDB
import Jobs

/// Jobs and uploads in one SQLite file, for one machine: several processes may open it at once.
///
/// WAL lets readers go on beside the writer; `synchronous=FULL` makes what was answered survive a power cut.
public final class SQLiteStore: Sendable {
  let pool: DatabasePool

  /// Opens the file, makes it if it is missing, and brings its tables up to date.
  ///
  /// - Throws: `JobsError(.databaseError)` when it cannot be opened, is no database, or is newer than this
  ///   program.
  public init(path: String) throws {
    var configuration = Configuration()
    // Longer than any transaction of ours; a process that died holds no lock.
    configuration.busyMode = .timeout(10)
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
      // The pool's own start sets NORMAL, with which a power cut takes the last answers back.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      guard try !pool.read(SQLiteSchema.migrator.hasBeenSuperseded) else {
        throw JobsError(.databaseError, "The database was made by a newer version of Harrier")
      }
      try SQLiteSchema.migrator.migrate(pool)
    } catch let error as JobsError {
      throw error
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
      throw Self.damage("\(error)")
    } catch {
      throw JobsError(.databaseError, "The database cannot be opened", cause: "\(error)")
    }
  }

  private static func damage(_ finding: String) -> JobsError {
    JobsError(
      .databaseError,
      "The database is damaged: bring back a copy of it, or move it away to begin anew",
      cause: finding)
  }

  /// Reads the whole file and looks for damage that no query has met yet; a gigabyte takes seconds.
  ///
  /// - Throws: `JobsError(.databaseError)` with what was found first.
  public func check() async throws {
    let finding: String
    do {
      finding =
        try await pool.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") } ?? "no answer"
    } catch let error as CancellationError {
      // Whoever stops a start learns nothing about the database.
      throw error
    } catch {
      finding = "\(error)"
    }
    guard finding == "ok" else { throw Self.damage(finding) }
  }

  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await naming { try await self.pool.read(body) }
  }

  /// One transaction that takes the write lock at its start.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await naming { try await self.pool.write(body) }
  }

  /// SQLite's errors under our own codes.
  private func naming<Value: Sendable>(
    _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await body()
    } catch let error as DatabaseError {
      let isBusy = error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
      throw JobsError(
        isBusy ? .unavailable : .databaseError,
        isBusy ? "The metadata store is busy" : "The metadata store failed", cause: "\(error)")
    }
  }
}
