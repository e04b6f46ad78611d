public import Foundation
public import Jobs

extension PostgresStore: APIKeyStore {
  public func insert(_ key: APIKey) async throws {
    try await write { connection in
      _ = try connection.query(
        """
        INSERT INTO api_key (\(KeyRow.columns))
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        [
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
  static let newestKeys = "SELECT \(KeyRow.columns) FROM api_key ORDER BY id DESC LIMIT $1"

  public func apiKeys(limit: Int) async throws -> [APIKey] {
    try await read { try $0.query(Self.newestKeys, [limit]).rows.map(KeyRow.key) }
  }

  public func revoke(_ id: APIKeyID, now: Date) async throws -> APIKey? {
    try await write { connection in
      try connection.query(
        "UPDATE api_key SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL",
        [id.description, now.milliseconds])
      return try Self.apiKey(id, connection)
    }
  }

  public func noteUse(of id: APIKeyID, at time: Date) async throws {
    try await write { connection in
      _ = try connection.query(
        """
        UPDATE api_key SET last_used_ms = $2
        WHERE id = $1 AND (last_used_ms IS NULL OR last_used_ms < $2)
        """, [id.description, time.milliseconds])
    }
  }

  private static func apiKey(
    _ id: APIKeyID, _ connection: PostgresConnection
  ) throws -> APIKey? {
    try connection.query("SELECT \(KeyRow.columns) FROM api_key WHERE id = $1", [id.description])
      .first.map(KeyRow.key)
  }
}

/// The columns of a key, read by position.
private enum KeyRow {
  static let columns = """
    id, name, owner, scopes, requests_per_minute, bytes_per_day, queued_jobs, running_jobs,
    secret_hash, created_ms, expires_ms, revoked_ms, last_used_ms
    """

  static func key(_ row: PostgresRow) throws -> APIKey {
    var key = APIKey(
      id: try storedIdentifier(row[0]), name: try row[1], owner: try row[2],
      scopes: try Set(storedText: row[3]),
      limits: AccessLimits(
        requestsPerMinute: try row[4], bytesPerDay: try row[5], queuedJobs: try row[6],
        runningJobs: try row[7]),
      secretHash: try row[8], createdAt: Date(milliseconds: try row[9]),
      expiresAt: (try row[10] as Int64?).map(Date.init(milliseconds:)))
    key.revokedAt = (try row[11] as Int64?).map(Date.init(milliseconds:))
    key.lastUsedAt = (try row[12] as Int64?).map(Date.init(milliseconds:))
    return key
  }
}
