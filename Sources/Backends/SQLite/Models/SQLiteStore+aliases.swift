public import Foundation
import GRDB
public import Jobs

extension SQLiteStore {
  public func move(
    _ alias: String, of name: String, to number: Int, expecting expectation: AliasExpectation,
    _ golden: GoldenGuard, by mover: String?, now: Date
  ) async throws -> AliasMove? {
    try await write { database in
      let id = ModelVersionID(name: name, number: number)
      guard try Self.version(id, database) != nil else { throw JobsError.noSuchVersion(id) }
      let current = try Self.number(of: alias, name, database)
      guard expectation.holds(for: current) else {
        throw JobsError.aliasMoved(alias, of: name, to: current)
      }
      guard current != number else { return nil }
      guard try golden == .unchecked || Self.isAllowed(alias, to: id, database) else {
        throw JobsError.notChecked(id, alias)
      }
      return try Self.put(alias, of: name, at: number, by: mover, now, database)
    }
  }

  public func rollBack(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove {
    try await write { database in
      try Self.check(alias, of: name, expectation, database)
      let moves = try Self.moves(of: alias, name, database)
      guard
        let (number, undoes) = moves.rollback(among: try Self.numbers(of: name, database))
      else { throw JobsError.nothingBefore(alias, of: name) }
      return try Self.put(
        alias, of: name, at: number, by: mover, undoes: undoes, now, database)
    }
  }

  public func remove(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove {
    try await write { database in
      try Self.check(alias, of: name, expectation, database)
      return try Self.put(alias, of: name, at: nil, by: mover, now, database)
    }
  }

  public func moves(of alias: String, of name: String) async throws -> [AliasMove] {
    try await read { try Self.moves(of: alias, name, $0) }
  }

  private static func check(
    _ alias: String, of name: String, _ expectation: AliasExpectation, _ database: Database
  ) throws {
    guard let current = try number(of: alias, name, database) else {
      throw JobsError.noSuchAlias(alias, of: name)
    }
    guard expectation.holds(for: current) else {
      throw JobsError.aliasMoved(alias, of: name, to: current)
    }
  }

  static func number(of alias: String, _ name: String, _ database: Database) throws -> Int? {
    let statement = try database.cachedStatement(
      sql: "SELECT number FROM model_alias WHERE name = ? AND alias = ?")
    return try Int.fetchOne(statement, arguments: [name, alias])
  }

  /// Oldest first.
  private static func moves(
    of alias: String, _ name: String, _ database: Database
  ) throws -> [AliasMove] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT number, from_number, to_number, moved_ms, moved_by, undoes FROM model_alias_move
        WHERE name = ? AND alias = ? ORDER BY number
        """, arguments: [name, alias]
    ).map { row in
      AliasMove(
        number: row[0], alias: alias, from: row[1], to: row[2], movedAt: Date(milliseconds: row[3]),
        movedBy: row[4], undoes: row[5])
    }
  }

  /// Moves the alias, or removes it, and keeps the move.
  @discardableResult
  static func put(
    _ alias: String, of name: String, at number: Int?, by mover: String?, undoes: Int? = nil,
    _ now: Date, _ database: Database
  ) throws -> AliasMove {
    let last = try Int.fetchOne(
      database, sql: "SELECT MAX(number) FROM model_alias_move WHERE name = ? AND alias = ?",
      arguments: [name, alias])
    let move = AliasMove(
      number: (last ?? 0) + 1, alias: alias, from: try self.number(of: alias, name, database),
      to: number, movedAt: now, movedBy: mover, undoes: undoes)
    if let number {
      try database.execute(
        sql: """
          INSERT INTO model_alias VALUES (?1, ?2, ?3)
          ON CONFLICT (name, alias) DO UPDATE SET number = ?3
          """, arguments: [name, alias, number])
    } else {
      try database.execute(
        sql: "DELETE FROM model_alias WHERE name = ? AND alias = ?", arguments: [name, alias])
    }
    try database.execute(
      sql: "INSERT INTO model_alias_move VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        name, alias, move.number, move.from, move.to, now.milliseconds, mover, undoes,
      ])
    try database.execute(
      sql: "DELETE FROM model_alias_move WHERE name = ? AND alias = ? AND number <= ?",
      arguments: [name, alias, move.number - ModelAlias.keptMoves])
    return move
  }
}
