public import Foundation
import GRDB
public import Jobs

extension SQLiteStore {
  public func setShadow(_ rule: ShadowRule) async throws -> ShadowRule? {
    try await write { database in
      guard try !Self.numbers(of: rule.name, database).isEmpty else {
        throw JobsError.noSuchModel(rule.name)
      }
      let before = try Self.shadow(of: rule.name, database)
      try database.execute(
        sql: "INSERT OR REPLACE INTO model_shadow VALUES (?, ?, ?, ?, ?)",
        arguments: [
          rule.name, rule.storedCandidate, rule.share, rule.setAt.milliseconds, rule.setBy,
        ])
      return before
    }
  }

  public func shadow(of name: String) async throws -> ShadowRule? {
    try await read { try Self.shadow(of: name, $0) }
  }

  public func removeShadow(of name: String) async throws -> ShadowRule? {
    try await write { database in
      guard let rule = try Self.shadow(of: name, database) else { return nil }
      try database.execute(sql: "DELETE FROM model_shadow WHERE name = ?", arguments: [name])
      return rule
    }
  }

  private static func shadow(of name: String, _ database: Database) throws -> ShadowRule? {
    let statement = try database.cachedStatement(
      sql: "SELECT candidate, share, set_ms, set_by FROM model_shadow WHERE name = ?")
    return try Row.fetchOne(statement, arguments: [name]).map { row in
      ShadowRule(
        name: name, candidate: try storedCandidate(row[0]), share: row[1],
        setAt: Date(milliseconds: row[2]), setBy: row[3])
    }
  }

  // MARK: - Pairs

  public func keep(_ pair: ShadowPair, due: Date) async throws {
    try await write { database in
      try database.execute(
        sql: """
          INSERT INTO shadow_result (shadow_job_id, base_job_id, name, base, candidate, outcome, due_ms)
          VALUES (?, ?, ?, ?, ?, 'pending', ?)
          """,
        arguments: [
          pair.shadowJob.description, pair.baseJob.description, pair.versions.name,
          pair.versions.base, pair.versions.candidate, due.milliseconds,
        ])
    }
  }

  /// The few that are waited for are passed over: as many as shadows may be queued.
  static let endedPairs = """
    SELECT \(ShadowRow.columns) FROM shadow_result INDEXED BY shadow_result_due
      LEFT JOIN job AS own ON own.id = shadow_result.base_job_id
      LEFT JOIN job AS shadow ON shadow.id = shadow_result.shadow_job_id
    WHERE shadow_result.outcome = 'pending' AND shadow_result.due_ms <= ?1
      AND (shadow.id IS NOT NULL OR shadow_result.due_ms <= ?2)
      AND (own.id IS NULL OR own.state IN ('failed', 'cancelled') OR (own.state = 'completed'
        AND (shadow.id IS NULL OR shadow.state IN ('completed', 'failed', 'cancelled'))))
    ORDER BY shadow_result.due_ms, shadow_result.shadow_job_id LIMIT ?3
    """

  public func claimShadowPairs(
    upTo limit: Int, lease: Duration, now: Date
  ) async throws -> [ShadowPair] {
    // Asked often and mostly in vain: looking needs no write lock.
    guard try await read({ try !Self.endedPairs(now, 1, $0).isEmpty }) else { return [] }
    let due = now.addingTimeInterval(lease.timeInterval).milliseconds
    return try await write { database in
      let pairs = try Self.endedPairs(now, limit, database)
      for pair in pairs {
        try database.execute(
          sql: "UPDATE shadow_result SET due_ms = ? WHERE shadow_job_id = ?",
          arguments: [due, pair.shadowJob.description])
      }
      return pairs
    }
  }

  private static func endedPairs(
    _ now: Date, _ limit: Int, _ database: Database
  ) throws -> [ShadowPair] {
    let statement = try database.cachedStatement(sql: endedPairs)
    let lost = (now - ShadowPair.patience).milliseconds
    return try Row.fetchAll(statement, arguments: [now.milliseconds, lost, limit])
      .map(ShadowRow.pair)
  }

  /// All but the newest ones of a model.
  static let forgetOldResults = """
    DELETE FROM shadow_result WHERE name = ?1 AND outcome <> 'pending' AND shadow_job_id <= (
      SELECT shadow_job_id FROM shadow_result INDEXED BY shadow_result_by_age
      WHERE name = ?1 AND outcome <> 'pending'
      ORDER BY shadow_job_id DESC LIMIT 1 OFFSET \(ShadowResult.keptCount))
    """

  public func end(_ pair: ShadowPair, _ outcome: ShadowOutcome, now: Date) async throws -> Bool {
    let stored = StoredShadowOutcome(outcome)
    return try await write { database in
      try database.execute(
        sql: """
          UPDATE shadow_result SET outcome = ?2, due_ms = NULL, ended_ms = ?3, figures = ?4,
            failed_side = ?5, failure_code = ?6, failure_message = ?7
          WHERE shadow_job_id = ?1 AND outcome = 'pending'
          """,
        arguments: [
          pair.shadowJob.description, stored.outcome, now.milliseconds, stored.figures,
          stored.side, stored.code, stored.message,
        ])
      guard database.changesCount == 1 else { return false }
      try database.cachedStatement(sql: Self.forgetOldResults)
        .execute(arguments: [pair.versions.name])
      return true
    }
  }

  /// What has ended and what has not: each has an index of its own.
  static func forgetShadows(of name: String, _ database: Database) throws {
    for which in ["outcome = 'pending'", "outcome <> 'pending'"] {
      try database.execute(
        sql: "DELETE FROM shadow_result WHERE name = ? AND \(which)", arguments: [name])
    }
  }

  public func forget(_ pair: ShadowPair) async throws {
    try await write { database in
      try database.execute(
        sql: "DELETE FROM shadow_result WHERE shadow_job_id = ? AND outcome = 'pending'",
        arguments: [pair.shadowJob.description])
    }
  }

  static let shadowResults = """
    SELECT \(ShadowRow.columns), ended_ms, figures, failed_side, failure_code, failure_message
    FROM shadow_result INDEXED BY shadow_result_ended
    WHERE name = ? AND base = ? AND candidate = ? AND outcome <> 'pending' AND shadow_job_id < ?
    ORDER BY shadow_job_id DESC LIMIT ?
    """

  public func shadowResults(
    of versions: ShadowVersions, before shadowJob: JobID?, limit: Int
  ) async throws -> [ShadowResult] {
    try await read { database in
      try Row.fetchAll(
        try database.cachedStatement(sql: Self.shadowResults),
        arguments: [
          versions.name, versions.base, versions.candidate,
          shadowJob?.description ?? afterAllIDs, limit,
        ]
      ).map(ShadowRow.result)
    }
  }

  static let pendingShadows = """
    SELECT COUNT(*) FROM shadow_result INDEXED BY shadow_result_pending
    WHERE name = ? AND base = ? AND candidate = ? AND outcome = 'pending'
    """

  public func pendingShadows(of versions: ShadowVersions) async throws -> Int {
    try await read { database in
      try Int.fetchOne(
        database, sql: Self.pendingShadows,
        arguments: [versions.name, versions.base, versions.candidate]) ?? 0
    }
  }
}

/// The columns of a pair, read by position.
private enum ShadowRow {
  static let columns = """
    shadow_result.shadow_job_id, shadow_result.base_job_id, shadow_result.name, shadow_result.base,
    shadow_result.candidate
    """

  static func pair(_ row: Row) throws -> ShadowPair {
    ShadowPair(
      versions: ShadowVersions(name: row[2], base: row[3], candidate: row[4]),
      baseJob: try storedIdentifier(row[1]), shadowJob: try storedIdentifier(row[0]))
  }

  static func result(_ row: Row) throws -> ShadowResult {
    ShadowResult(
      pair: try pair(row),
      outcome: try storedShadowOutcome(
        figures: row[6], side: row[7], code: row[8], message: row[9]),
      endedAt: Date(milliseconds: row[5]))
  }
}
