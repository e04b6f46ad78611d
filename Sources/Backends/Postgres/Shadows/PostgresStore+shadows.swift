public import Foundation
public import Jobs

extension PostgresStore {
  public func setShadow(_ rule: ShadowRule) async throws -> ShadowRule? {
    try await write { connection in
      // A model that is being deleted takes its rule with it.
      try Self.takeModelTurn(connection)
      guard try !Self.numbers(of: rule.name, connection).isEmpty else {
        throw JobsError.noSuchModel(rule.name)
      }
      let before = try Self.shadow(of: rule.name, connection)
      try connection.query(
        """
        INSERT INTO model_shadow VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE
        SET candidate = $2, share = $3, set_ms = $4, set_by = $5
        """,
        [rule.name, rule.storedCandidate, rule.share, rule.setAt.milliseconds, rule.setBy])
      return before
    }
  }

  public func shadow(of name: String) async throws -> ShadowRule? {
    try await read { try Self.shadow(of: name, $0) }
  }

  public func removeShadow(of name: String) async throws -> ShadowRule? {
    try await write { connection in
      try connection.query(
        "DELETE FROM model_shadow WHERE name = $1 RETURNING candidate, share, set_ms, set_by",
        [name]
      ).first.map { try Self.rule(name, $0) }
    }
  }

  private static func shadow(
    of name: String, _ connection: PostgresConnection
  ) throws -> ShadowRule? {
    try connection.query(
      "SELECT candidate, share, set_ms, set_by FROM model_shadow WHERE name = $1", [name]
    ).first.map { try rule(name, $0) }
  }

  private static func rule(_ name: String, _ row: PostgresRow) throws -> ShadowRule {
    ShadowRule(
      name: name, candidate: try storedCandidate(row[0]), share: try row[1],
      setAt: Date(milliseconds: try row[2]), setBy: try row[3])
  }

  // MARK: - Pairs

  public func keep(_ pair: ShadowPair, due: Date) async throws {
    try await write { connection in
      _ = try connection.query(
        """
        INSERT INTO shadow_result (shadow_job_id, base_job_id, name, base, candidate, outcome, due_ms)
        VALUES ($1, $2, $3, $4, $5, 'pending', $6)
        """,
        [
          pair.shadowJob.description, pair.baseJob.description, pair.versions.name,
          pair.versions.base, pair.versions.candidate, due.milliseconds,
        ])
    }
  }

  /// The few that are waited for are passed over: as many as shadows may be queued. What another process is just taking
  /// is passed over too.
  static let claimedPairs = """
    UPDATE shadow_result SET due_ms = $2 WHERE shadow_job_id = ANY (ARRAY(
      SELECT pair.shadow_job_id FROM shadow_result AS pair
        LEFT JOIN job AS own ON own.id = pair.base_job_id
        LEFT JOIN job AS shadow ON shadow.id = pair.shadow_job_id
      WHERE pair.outcome = 'pending' AND pair.due_ms <= $1
        AND (shadow.id IS NOT NULL OR pair.due_ms <= $4)
        AND (own.id IS NULL OR own.state IN ('failed', 'cancelled') OR (own.state = 'completed'
          AND (shadow.id IS NULL OR shadow.state IN ('completed', 'failed', 'cancelled'))))
      ORDER BY pair.due_ms, pair.shadow_job_id LIMIT $3 FOR UPDATE OF pair SKIP LOCKED))
    RETURNING \(ShadowRow.columns)
    """

  public func claimShadowPairs(
    upTo limit: Int, lease: Duration, now: Date
  ) async throws -> [ShadowPair] {
    let due = now.addingTimeInterval(lease.timeInterval).milliseconds
    let lost = (now - ShadowPair.patience).milliseconds
    return try await write { connection in
      try connection.query(Self.claimedPairs, [now.milliseconds, due, limit, lost]).rows
        .map(ShadowRow.pair)
    }
  }

  /// All but the newest ones of a model.
  static let forgetOldResults = """
    DELETE FROM shadow_result WHERE name = $1 AND outcome <> 'pending' AND shadow_job_id <= (
      SELECT shadow_job_id FROM shadow_result WHERE name = $1 AND outcome <> 'pending'
      ORDER BY shadow_job_id DESC LIMIT 1 OFFSET \(ShadowResult.keptCount))
    """

  public func end(_ pair: ShadowPair, _ outcome: ShadowOutcome, now: Date) async throws -> Bool {
    let stored = StoredShadowOutcome(outcome)
    return try await write { connection in
      let ended = try connection.query(
        """
        UPDATE shadow_result SET outcome = $2, due_ms = NULL, ended_ms = $3, figures = $4,
          failed_side = $5, failure_code = $6, failure_message = $7
        WHERE shadow_job_id = $1 AND outcome = 'pending'
        """,
        [
          pair.shadowJob.description, stored.outcome, now.milliseconds, stored.figures,
          stored.side, stored.code, stored.message,
        ])
      guard ended.changesCount == 1 else { return false }
      try connection.query(Self.forgetOldResults, [pair.versions.name])
      return true
    }
  }

  /// Those that have not ended first: one that ends meanwhile goes with the others.
  static func forgetShadows(of name: String, _ connection: PostgresConnection) throws {
    for which in ["outcome = 'pending'", "outcome <> 'pending'"] {
      try connection.query("DELETE FROM shadow_result WHERE name = $1 AND \(which)", [name])
    }
  }

  public func forget(_ pair: ShadowPair) async throws {
    try await write { connection in
      _ = try connection.query(
        "DELETE FROM shadow_result WHERE shadow_job_id = $1 AND outcome = 'pending'",
        [pair.shadowJob.description])
    }
  }

  static let shadowResults = """
    SELECT \(ShadowRow.columns), ended_ms, figures, failed_side, failure_code, failure_message
    FROM shadow_result
    WHERE name = $1 AND base = $2 AND candidate = $3 AND outcome <> 'pending'
      AND shadow_job_id < $4
    ORDER BY shadow_job_id DESC LIMIT $5
    """

  public func shadowResults(
    of versions: ShadowVersions, before shadowJob: JobID?, limit: Int
  ) async throws -> [ShadowResult] {
    try await read { connection in
      try connection.query(
        Self.shadowResults,
        [
          versions.name, versions.base, versions.candidate,
          shadowJob?.description ?? afterAllIDs, limit,
        ]
      ).rows.map(ShadowRow.result)
    }
  }

  static let pendingShadows = """
    SELECT COUNT(*) FROM shadow_result
    WHERE name = $1 AND base = $2 AND candidate = $3 AND outcome = 'pending'
    """

  public func pendingShadows(of versions: ShadowVersions) async throws -> Int {
    try await read { connection in
      try connection.query(
        Self.pendingShadows, [versions.name, versions.base, versions.candidate]
      ).first?[0] ?? 0
    }
  }
}

/// The columns of a pair, read by position.
private enum ShadowRow {
  static let columns = "shadow_job_id, base_job_id, name, base, candidate"

  static func pair(_ row: PostgresRow) throws -> ShadowPair {
    ShadowPair(
      versions: ShadowVersions(name: try row[2], base: try row[3], candidate: try row[4]),
      baseJob: try storedIdentifier(row[1]), shadowJob: try storedIdentifier(row[0]))
  }

  static func result(_ row: PostgresRow) throws -> ShadowResult {
    ShadowResult(
      pair: try pair(row),
      outcome: try storedShadowOutcome(
        figures: row[6], side: row[7], code: row[8], message: row[9]),
      endedAt: Date(milliseconds: try row[5]))
  }
}
