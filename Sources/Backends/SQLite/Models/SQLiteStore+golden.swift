import Foundation
import GRDB
public import Jobs

extension SQLiteStore {
  public func goldenSet(of name: String) async throws -> GoldenSet? {
    try await read { try Self.goldenSet(of: name, $0) }
  }

  public func hasGoldenSet(_ id: GoldenSetID) async throws -> Bool {
    try await read { database in
      try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM golden_set WHERE id = ?)",
        arguments: [id.description]) ?? false
    }
  }

  public func put(_ set: GoldenSet) async throws -> GoldenSet? {
    try await write { database in
      guard try !Self.numbers(of: set.name, database).isEmpty else {
        throw JobsError.noSuchModel(set.name)
      }
      let earlier = try Self.goldenSet(of: set.name, database)
      try database.execute(
        sql: "DELETE FROM golden_set WHERE name = ?", arguments: [set.name])
      try GoldenRow.insert(set, database)
      return earlier
    }
  }

  public func removeGoldenSet(of name: String) async throws -> GoldenSet {
    try await write { database in
      guard let set = try Self.goldenSet(of: name, database) else {
        throw JobsError.noGoldenSet(name)
      }
      try database.execute(sql: "DELETE FROM golden_set WHERE name = ?", arguments: [name])
      return set
    }
  }

  public func keep(_ verdict: GoldenVerdict) async throws {
    try await write { database in
      let id = verdict.version
      guard try Self.goldenSet(of: id.name, database)?.id == verdict.setID else {
        throw JobsError.goldenSetReplaced(id.name)
      }
      guard try Self.version(id, database) != nil else { throw JobsError.noSuchVersion(id) }
      try GoldenRow.insert(verdict, database)
    }
  }

  public func verdict(
    of version: ModelVersionID, by set: GoldenSetID
  ) async throws -> GoldenVerdict? {
    try await read { database in
      try Row.fetchOne(
        database,
        sql: """
          SELECT \(GoldenRow.verdictColumns) FROM golden_verdict
          WHERE set_id = ? AND name = ? AND number = ?
          """, arguments: [set.description, version.name, version.number]
      ).map(GoldenRow.verdict)
    }
  }

  public func verdicts(by set: GoldenSetID, limit: Int) async throws -> [GoldenVerdict] {
    try await read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT \(GoldenRow.verdictColumns) FROM golden_verdict
          WHERE set_id = ? ORDER BY number DESC LIMIT ?
          """, arguments: [set.description, limit]
      ).map(GoldenRow.verdict)
    }
  }

  private static func goldenSet(of name: String, _ database: Database) throws -> GoldenSet? {
    try Row.fetchOne(
      database, sql: "SELECT \(GoldenRow.columns) FROM golden_set WHERE name = ?",
      arguments: [name]
    ).map(GoldenRow.set)
  }

  /// Whether the golden set of the model, where it has one, lets an alias move to a version.
  static func isAllowed(
    _ alias: String, to id: ModelVersionID, _ database: Database
  ) throws -> Bool {
    guard let set = try goldenSet(of: id.name, database), set.demand.aliases.contains(alias) else {
      return true
    }
    return try Bool.fetchOne(
      database,
      sql: "SELECT passed FROM golden_verdict WHERE set_id = ? AND name = ? AND number = ?",
      arguments: [set.id.description, id.name, id.number]) ?? false
  }
}

/// The columns of golden sets and verdicts, read by position.
private enum GoldenRow {
  static let columns = """
    id, name, pictures, classes, min_recall, min_precision, aliases, created_ms, created_by
    """
  static let verdictColumns = "set_id, name, number, passed, figures, checked_ms, checked_by"

  static func set(_ row: Row) throws -> GoldenSet {
    GoldenSet(
      id: try storedIdentifier(row[0]), name: row[1], pictures: try storedValue(row[2]),
      classes: try storedValue(row[3]),
      demand: GoldenDemand(
        minRecall: row[4], minPrecision: row[5], aliases: try storedValue(row[6])),
      createdAt: Date(milliseconds: row[7]), createdBy: row[8])
  }

  static func insert(_ set: GoldenSet, _ database: Database) throws {
    try database.execute(
      sql: "INSERT INTO golden_set (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        set.id.description, set.name, try storedText(set.pictures), try storedText(set.classes),
        set.demand.minRecall, set.demand.minPrecision,
        try storedText(set.demand.aliases.sorted()), set.createdAt.milliseconds, set.createdBy,
      ])
  }

  static func verdict(_ row: Row) throws -> GoldenVerdict {
    GoldenVerdict(
      version: ModelVersionID(name: row[1], number: row[2]), setID: try storedIdentifier(row[0]),
      passed: row[3], figures: try storedValue(row[4]), checkedAt: Date(milliseconds: row[5]),
      checkedBy: row[6])
  }

  static func insert(_ verdict: GoldenVerdict, _ database: Database) throws {
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO golden_verdict (\(verdictColumns)) VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        verdict.setID.description, verdict.version.name, verdict.version.number, verdict.passed,
        try storedText(verdict.figures), verdict.checkedAt.milliseconds, verdict.checkedBy,
      ])
  }
}
