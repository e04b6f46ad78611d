import Foundation
public import Jobs

extension PostgresStore {
  public func goldenSet(of name: String) async throws -> GoldenSet? {
    try await read { try Self.goldenSet(of: name, $0) }
  }

  public func hasGoldenSet(_ id: GoldenSetID) async throws -> Bool {
    try await read { connection in
      try connection.query("SELECT 1 FROM golden_set WHERE id = $1", [id.description]).count > 0
    }
  }

  public func put(_ set: GoldenSet) async throws -> GoldenSet? {
    try await write { connection in
      try Self.takeModelTurn(connection)
      guard try !Self.numbers(of: set.name, connection).isEmpty else {
        throw JobsError.noSuchModel(set.name)
      }
      let earlier = try Self.goldenSet(of: set.name, connection)
      try connection.query("DELETE FROM golden_set WHERE name = $1", [set.name])
      try GoldenRow.insert(set, connection)
      return earlier
    }
  }

  public func removeGoldenSet(of name: String) async throws -> GoldenSet {
    try await write { connection in
      try Self.takeModelTurn(connection)
      guard let set = try Self.goldenSet(of: name, connection) else {
        throw JobsError.noGoldenSet(name)
      }
      try connection.query("DELETE FROM golden_set WHERE name = $1", [name])
      return set
    }
  }

  public func keep(_ verdict: GoldenVerdict) async throws {
    try await write { connection in
      try Self.takeModelTurn(connection)
      let id = verdict.version
      guard try Self.goldenSet(of: id.name, connection)?.id == verdict.setID else {
        throw JobsError.goldenSetReplaced(id.name)
      }
      guard try Self.version(id, connection) != nil else { throw JobsError.noSuchVersion(id) }
      try GoldenRow.insert(verdict, connection)
    }
  }

  public func verdict(
    of version: ModelVersionID, by set: GoldenSetID
  ) async throws -> GoldenVerdict? {
    try await read { connection in
      try connection.query(
        """
        SELECT \(GoldenRow.verdictColumns) FROM golden_verdict
        WHERE set_id = $1 AND name = $2 AND number = $3
        """, [set.description, version.name, version.number]
      ).first.map(GoldenRow.verdict)
    }
  }

  public func verdicts(by set: GoldenSetID, limit: Int) async throws -> [GoldenVerdict] {
    try await read { connection in
      try connection.query(
        """
        SELECT \(GoldenRow.verdictColumns) FROM golden_verdict
        WHERE set_id = $1 ORDER BY number DESC LIMIT $2
        """, [set.description, limit]
      ).rows.map(GoldenRow.verdict)
    }
  }

  private static func goldenSet(
    of name: String, _ connection: PostgresConnection
  ) throws -> GoldenSet? {
    try connection.query("SELECT \(GoldenRow.columns) FROM golden_set WHERE name = $1", [name])
      .first.map(GoldenRow.set)
  }

  /// Whether the golden set of the model, where it has one, lets an alias move to a version.
  static func isAllowed(
    _ alias: String, to id: ModelVersionID, _ connection: PostgresConnection
  ) throws -> Bool {
    guard let set = try goldenSet(of: id.name, connection), set.demand.aliases.contains(alias)
    else { return true }
    return try connection.query(
      "SELECT 1 FROM golden_verdict WHERE set_id = $1 AND name = $2 AND number = $3 AND passed",
      [set.id.description, id.name, id.number]
    ).count > 0
  }
}

/// The columns of golden sets and verdicts, read by position.
private enum GoldenRow {
  static let columns = """
    id, name, pictures, classes, min_recall, min_precision, aliases, created_ms, created_by
    """
  static let verdictColumns = "set_id, name, number, passed, figures, checked_ms, checked_by"

  static func set(_ row: PostgresRow) throws -> GoldenSet {
    GoldenSet(
      id: try storedIdentifier(row[0]), name: try row[1], pictures: try storedValue(row[2]),
      classes: try storedValue(row[3]),
      demand: GoldenDemand(
        minRecall: try row[4], minPrecision: try row[5], aliases: try storedValue(row[6])),
      createdAt: Date(milliseconds: try row[7]), createdBy: try row[8])
  }

  static func insert(_ set: GoldenSet, _ connection: PostgresConnection) throws {
    try connection.query(
      "INSERT INTO golden_set (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      [
        set.id.description, set.name, try storedText(set.pictures), try storedText(set.classes),
        set.demand.minRecall, set.demand.minPrecision,
        try storedText(set.demand.aliases.sorted()), set.createdAt.milliseconds, set.createdBy,
      ])
  }

  static func verdict(_ row: PostgresRow) throws -> GoldenVerdict {
    GoldenVerdict(
      version: ModelVersionID(name: try row[1], number: try row[2]),
      setID: try storedIdentifier(row[0]), passed: try row[3], figures: try storedValue(row[4]),
      checkedAt: Date(milliseconds: try row[5]), checkedBy: try row[6])
  }

  static func insert(_ verdict: GoldenVerdict, _ connection: PostgresConnection) throws {
    try connection.query(
      """
      INSERT INTO golden_verdict (\(verdictColumns)) VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT (set_id, number) DO UPDATE SET passed = EXCLUDED.passed,
        figures = EXCLUDED.figures, checked_ms = EXCLUDED.checked_ms,
        checked_by = EXCLUDED.checked_by
      """,
      [
        verdict.setID.description, verdict.version.name, verdict.version.number, verdict.passed,
        try storedText(verdict.figures), verdict.checkedAt.milliseconds, verdict.checkedBy,
      ])
  }
}
