public import Jobs

extension PostgresStore: SecretStore {
  public func secret(named name: String, orKeep candidate: String) async throws -> String {
    try await write { connection in
      // Another's that is just being kept is waited for, and then seen.
      try connection.query(
        "INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [name, candidate])
      let row = try connection.query("SELECT value FROM secret WHERE name = $1", [name]).first
      return try row?[0] ?? candidate
    }
  }
}
