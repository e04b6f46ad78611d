public import Foundation
public import Jobs

extension PostgresStore {
  public func move(
    _ alias: String, of name: String, to number: Int, expecting expectation: AliasExpectation,
    _ golden: GoldenGuard, by mover: String?, now: Date
  ) async throws -> AliasMove? {
    try await write { connection in
      try Self.takeModelTurn(connection)
      let id = ModelVersionID(name: name, number: number)
      guard try Self.version(id, connection) != nil else { throw JobsError.noSuchVersion(id) }
      let current = try Self.number(of: alias, name, connection)
      guard expectation.holds(for: current) else {
        throw JobsError.aliasMoved(alias, of: name, to: current)
      }
      guard current != number else { return nil }
      guard try golden == .unchecked || Self.isAllowed(alias, to: id, connection) else {
        throw JobsError.notChecked(id, alias)
      }
      return try Self.put(alias, of: name, at: number, by: mover, now, connection)
    }
  }

  public func rollBack(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove {
    try await write { connection in
      try Self.takeModelTurn(connection)
      try Self.check(alias, of: name, expectation, connection)
      let moves = try Self.moves(of: alias, name, connection)
      guard
        let (number, undoes) = moves.rollback(among: try Self.numbers(of: name, connection))
      else { throw JobsError.nothingBefore(alias, of: name) }
      return try Self.put(
        alias, of: name, at: number, by: mover, undoes: undoes, now, connection)
    }
  }

  public func remove(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove {
    try await write { connection in
      try Self.takeModelTurn(connection)
      try Self.check(alias, of: name, expectation, connection)
      return try Self.put(alias, of: name, at: nil, by: mover, now, connection)
    }
  }

  public func moves(of alias: String, of name: String) async throws -> [AliasMove] {
    try await read { try Self.moves(of: alias, name, $0) }
  }

  private static func check(
    _ alias: String, of name: String, _ expectation: AliasExpectation,
    _ connection: PostgresConnection
  ) throws {
    guard let current = try number(of: alias, name, connection) else {
      throw JobsError.noSuchAlias(alias, of: name)
    }
    guard expectation.holds(for: current) else {
      throw JobsError.aliasMoved(alias, of: name, to: current)
    }
  }

  static func number(
    of alias: String, _ name: String, _ connection: PostgresConnection
  ) throws -> Int? {
    try connection.query(
      "SELECT number FROM model_alias WHERE name = $1 AND alias = $2", [name, alias]
    ).first?[0]
  }

  /// Oldest first.
  private static func moves(
    of alias: String, _ name: String, _ connection: PostgresConnection
  ) throws -> [AliasMove] {
    try connection.query(
      """
      SELECT number, from_number, to_number, moved_ms, moved_by, undoes FROM model_alias_move
      WHERE name = $1 AND alias = $2 ORDER BY number
      """, [name, alias]
    ).rows.map { row in
      AliasMove(
        number: try row[0], alias: alias, from: try row[1], to: try row[2],
        movedAt: Date(milliseconds: try row[3]), movedBy: try row[4], undoes: try row[5])
    }
  }

  /// Moves the alias, or removes it, and keeps the move.
  @discardableResult
  static func put(
    _ alias: String, of name: String, at number: Int?, by mover: String?, undoes: Int? = nil,
    _ now: Date, _ connection: PostgresConnection
  ) throws -> AliasMove {
    let last = try connection.query(
      "SELECT COALESCE(MAX(number), 0) FROM model_alias_move WHERE name = $1 AND alias = $2",
      [name, alias]
    ).first
    let move = AliasMove(
      number: (try last?[0] ?? 0) + 1, alias: alias,
      from: try self.number(of: alias, name, connection), to: number, movedAt: now,
      movedBy: mover, undoes: undoes)
    if let number {
      try connection.query(
        """
        INSERT INTO model_alias VALUES ($1, $2, $3)
        ON CONFLICT (name, alias) DO UPDATE SET number = $3
        """, [name, alias, number])
    } else {
      try connection.query(
        "DELETE FROM model_alias WHERE name = $1 AND alias = $2", [name, alias])
    }
    try connection.query(
      "INSERT INTO model_alias_move VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      [name, alias, move.number, move.from, move.to, now.milliseconds, mover, undoes])
    try connection.query(
      "DELETE FROM model_alias_move WHERE name = $1 AND alias = $2 AND number <= $3",
      [name, alias, move.number - ModelAlias.keptMoves])
    return move
  }
}
