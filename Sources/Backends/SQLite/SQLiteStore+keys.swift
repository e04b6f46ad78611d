public import Foundation
import GRDB
public import Jobs

extension SQLiteStore: APIKeyStore {
  public func insert(_ key: APIKey) async throws {
    try await write { database in
      try database.execute(
        sql: """
          INSERT INTO api_key (\(KeyRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          key.id.description, key.name, key.owner, key.scopes.storedText,
          key.limits.requestsPerMinute, key.limits.bytesPerDay, key.limits.queuedJobs,
          key.limits.runningJobs, key.secretHash, key.createdAt.milliseconds,
          key.expiresAt?.milliseconds, key.revokedAt?.milliseconds, key.lastUsedAt?.milliseconds,
        ])
    }
  }

  public func apiKey(_ id: APIKeyID) async throws -> APIKey? {
    try await read { try Self.apiKey(id, $0) }
  }

  /// Ids sort by time.
  static let newestKeys = "SELECT \(KeyRow.columns) FROM api_key ORDER BY id DESC LIMIT ?"

  public func apiKeys(limit: Int) async throws -> [APIKey] {
    try await read { database in
      try Row.fetchAll(database, sql: Self.newestKeys, arguments: [limit]).map(KeyRow.key)
    }
  }

  public func revoke(_ id: APIKeyID, now: Date) async throws -> APIKey? {
    try await write { database in
      try database.execute(
        sql: "UPDATE api_key SET revoked_ms = ?2 WHERE id = ?1 AND revoked_ms IS NULL",
        arguments: [id.description, now.milliseconds])
      return try Self.apiKey(id, database)
    }
  }

  public func noteUse(of id: APIKeyID, at time: Date) async throws {
    try await write { database in
      try database.execute(
        sql: """
          UPDATE api_key SET last_used_ms = ?2
          WHERE id = ?1 AND (last_used_ms IS NULL OR last_used_ms < ?2)
          """,
        arguments: [id.description, time.milliseconds])
    }
  }

  private static func apiKey(_ id: APIKeyID, _ database: Database) throws -> APIKey? {
    let statement = try database.cachedStatement(
      sql: "SELECT \(KeyRow.columns) FROM api_key WHERE id = ?")
    return try Row.fetchOne(statement, arguments: [id.description]).map(KeyRow.key)
  }
}

/// The columns of a key, read by position.
private enum KeyRow {
  static let columns = """
    id, name, owner, scopes, requests_per_minute, bytes_per_day, queued_jobs, running_jobs,
    secret_hash, created_ms, expires_ms, revoked_ms, last_used_ms
    """

  static func key(_ row: Row) throws -> APIKey {
    var key = APIKey(
      id: try storedIdentifier(row[0]), name: row[1], owner: row[2],
      scopes: try Set(storedText: row[3]),
      limits: AccessLimits(
        requestsPerMinute: row[4], bytesPerDay: row[5], queuedJobs: row[6], runningJobs: row[7]),
      secretHash: row[8], createdAt: Date(milliseconds: row[9]),
      expiresAt: (row[10] as Int64?).map(Date.init(milliseconds:)))
    key.revokedAt = (row[11] as Int64?).map(Date.init(milliseconds:))
    key.lastUsedAt = (row[12] as Int64?).map(Date.init(milliseconds:))
    return key
  }
}
