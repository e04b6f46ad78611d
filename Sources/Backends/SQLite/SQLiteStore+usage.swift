import GRDB
public import Jobs

extension SQLiteStore: UsageStore {
  /// The sum is not formed before the limit has been looked at: it may be too large for a number.
  static let addedBytes = """
    INSERT INTO byte_usage (account, day, bytes) SELECT ?1, ?2, MAX(0, ?3) WHERE ?3 <= MAX(0, ?4)
    ON CONFLICT (account, day) DO UPDATE SET bytes = MAX(0, bytes + ?3)
    WHERE ?3 <= 0 OR ?3 <= ?4 - bytes RETURNING bytes
    """

  /// Few at a time, since each addition does it.
  static let forgetOldUsage = """
    DELETE FROM byte_usage WHERE (account, day) IN (
      SELECT account, day FROM byte_usage WHERE day < ? ORDER BY day LIMIT 100)
    """

  public func addBytes(
    _ bytes: Int, to account: String, day: Int, limit: Int
  ) async throws -> ByteUsage {
    try await write { database in
      try database.cachedStatement(sql: Self.forgetOldUsage)
        .execute(arguments: [day - ByteUsage.keptDays])
      let sum = try Int.fetchOne(
        database, sql: Self.addedBytes, arguments: [account, day, bytes, limit])
      if let sum { return ByteUsage(isAdmitted: true, bytes: sum) }
      return ByteUsage(isAdmitted: false, bytes: try Self.bytes(of: account, day, database))
    }
  }

  public func bytes(of account: String, day: Int) async throws -> Int {
    try await read { try Self.bytes(of: account, day, $0) }
  }

  private static func bytes(of account: String, _ day: Int, _ database: Database) throws -> Int {
    let statement = try database.cachedStatement(
      sql: "SELECT bytes FROM byte_usage WHERE account = ? AND day = ?")
    return try Int.fetchOne(statement, arguments: [account, day]) ?? 0
  }
}
