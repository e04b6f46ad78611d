public import Jobs

extension PostgresStore: UsageStore {
  /// The sum is not formed before the limit has been looked at: it may be too large for a number.
  static let addedBytes = """
    INSERT INTO byte_usage AS known (account, day, bytes)
    SELECT $1, $2::bigint, GREATEST(0, $3::bigint) WHERE $3 <= GREATEST(0, $4::bigint)
    ON CONFLICT (account, day) DO UPDATE SET bytes = GREATEST(0, known.bytes + $3)
    WHERE $3 <= 0 OR $3 <= $4 - known.bytes RETURNING bytes
    """

  /// Few at a time, since each addition does it; those that another one is just deleting are left to it.
  static let forgetOldUsage = """
    DELETE FROM byte_usage WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM byte_usage WHERE day < $1 ORDER BY day LIMIT 100 FOR UPDATE SKIP LOCKED))
    """

  public func addBytes(
    _ bytes: Int, to account: String, day: Int, limit: Int
  ) async throws -> ByteUsage {
    try await write { connection in
      try connection.query(Self.forgetOldUsage, [day - ByteUsage.keptDays])
      let added = try connection.query(Self.addedBytes, [account, day, bytes, limit]).first
      if let added { return ByteUsage(isAdmitted: true, bytes: try added[0]) }
      return ByteUsage(
        isAdmitted: false, bytes: try Self.bytes(of: account, day, connection))
    }
  }

  public func bytes(of account: String, day: Int) async throws -> Int {
    try await read { try Self.bytes(of: account, day, $0) }
  }

  private static func bytes(
    of account: String, _ day: Int, _ connection: PostgresConnection
  ) throws -> Int {
    try connection.query(
      "SELECT bytes FROM byte_usage WHERE account = $1 AND day = $2", [account, day]
    ).first?[0] ?? 0
  }
}
