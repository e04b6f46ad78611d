public import Foundation
public import Jobs

extension PostgresStore: ModelStore {
  public func register(
    _ submission: ModelSubmission, idempotency: IdempotencyKey?, limits: ModelLimits, now: Date
  ) async throws -> ModelRegistration {
    try await write { connection in
      try Self.takeModelTurn(connection)
      if let idempotency, let first = try Self.registered(by: idempotency, now, connection) {
        return .repeated(first)
      }
      let registration = try Self.add(submission, limits, now, connection)
      let id = registration.version.id
      if let alias = submission.alias,
        try Self.number(of: alias, id.name, connection) != id.number
      {
        try Self.put(alias, of: id.name, at: id.number, by: submission.createdBy, now, connection)
      }
      if let idempotency { try Self.keep(idempotency, of: id, now, connection) }
      return registration
    }
  }

  public func modelVersion(_ reference: ModelReference) async throws -> ModelVersion? {
    try await snapshot { connection in
      guard let number = try Self.number(reference, connection) else { return nil }
      return try Self.version(ModelVersionID(name: reference.name, number: number), connection)
    }
  }

  public func hasModelFiles(_ id: ModelFilesID) async throws -> Bool {
    try await read { connection in
      try connection.query("SELECT 1 FROM model_version WHERE files_id = $1", [id.description])
        .count > 0
    }
  }

  public func registeredModel(named name: String) async throws -> RegisteredModel? {
    try await snapshot { try Self.model(name, $0) }
  }

  /// A look for each name: with many versions a walk over all of them would be longer.
  static let nextModel = """
    SELECT name FROM model_version WHERE name > $1 ORDER BY name LIMIT 1
    """

  public func registeredModels(
    after name: String?, limit: Int
  ) async throws -> [RegisteredModel] {
    try await snapshot { connection in
      var models: [RegisteredModel] = []
      var last = name ?? ""
      while models.count < limit,
        let next: String = try connection.query(Self.nextModel, [last]).first?[0]
      {
        if let model = try Self.model(next, connection) { models.append(model) }
        last = next
      }
      return models
    }
  }

  static let newestVersions = """
    SELECT \(ModelRow.columns) FROM model_version WHERE name = $1 AND number < $2
    ORDER BY number DESC LIMIT $3
    """

  public func versions(
    of name: String, below number: Int?, limit: Int
  ) async throws -> [ModelVersion] {
    try await read { connection in
      try connection.query(Self.newestVersions, [name, number ?? .max, limit]).rows
        .map(ModelRow.version)
    }
  }

  public func modelCounts() async throws -> ModelCounts {
    try await read { connection in
      let row = try connection.query(
        """
        SELECT COUNT(DISTINCT name), COUNT(*), COALESCE(SUM(size_bytes), 0)::bigint
        FROM model_version
        """
      ).first
      return ModelCounts(
        models: try row?[0] ?? 0, versions: try row?[1] ?? 0, bytes: try row?[2] ?? 0)
    }
  }

  /// Those that have not ended.
  static let jobsOfVersion = """
    SELECT 1 FROM job WHERE model_name = $1 AND model_number = $2
      AND state IN ('queued', 'processing') LIMIT 1
    """
  static let jobsOfModel = """
    SELECT 1 FROM job WHERE model_name = $1 AND state IN ('queued', 'processing') LIMIT 1
    """

  public func deleteVersion(_ id: ModelVersionID) async throws -> ModelVersion {
    try await write { connection in
      try Self.takeModelTurn(connection)
      // From here on no job that runs it is inserted.
      try connection.query(
        "SELECT 1 FROM model_version WHERE name = $1 AND number = $2 FOR UPDATE",
        [id.name, id.number])
      guard let version = try Self.version(id, connection) else {
        throw JobsError.noSuchVersion(id)
      }
      let aliases = try connection.query(
        "SELECT alias FROM model_alias WHERE name = $1 AND number = $2", [id.name, id.number]
      ).rows.map { try $0[0] as String }
      let jobs = try connection.query(Self.jobsOfVersion, [id.name, id.number])
      guard aliases.isEmpty, jobs.count == 0 else {
        throw JobsError.versionInUse(id, by: aliases)
      }
      try connection.query(
        "DELETE FROM model_version WHERE name = $1 AND number = $2", [id.name, id.number])
      return version
    }
  }

  public func deleteModel(named name: String) async throws -> [ModelVersion] {
    try await write { connection in
      try Self.takeModelTurn(connection)
      try connection.query("SELECT 1 FROM model_version WHERE name = $1 FOR UPDATE", [name])
      let versions = try connection.query(Self.newestVersions, [name, Int.max, Int.max]).rows
        .map(ModelRow.version).reversed()
      guard !versions.isEmpty else { throw JobsError.noSuchModel(name) }
      guard try connection.query(Self.jobsOfModel, [name]).count == 0 else {
        throw JobsError.modelInUse(name)
      }
      try Self.forgetShadows(of: name, connection)
      for table in ["model_shadow", "model_alias", "model_alias_move", "model_version"] {
        try connection.query("DELETE FROM \(table) WHERE name = $1", [name])
      }
      return Array(versions)
    }
  }
}

/// The parts of the transactions.
extension PostgresStore {
  /// Any number that is always the same. Locks belong to one database.
  private static let modelLock = 4_892_341_007_114

  private static let keyLifetimeMs = Int64(IdempotencyKey.lifetime * 1000)

  /// Who changes the registry takes turns with all others who do: changes are few, and what each decides by, such as how
  /// many models there are, is in no single row.
  static func takeModelTurn(_ connection: PostgresConnection) throws {
    try connection.query("SELECT pg_advisory_xact_lock($1::bigint)", [modelLock])
  }

  private static func registered(
    by idempotency: IdempotencyKey, _ now: Date, _ connection: PostgresConnection
  ) throws -> ModelVersion? {
    let row = try connection.query(
      """
      SELECT body_hash, name, number FROM model_key
      WHERE caller = $1 AND key = $2 AND created_ms > $3
      """, [idempotency.caller, idempotency.key, now.milliseconds - keyLifetimeMs]
    ).first
    guard let row else { return nil }
    guard try row[0] == idempotency.bodyHash else { throw JobsError.keyOfAnotherBody }
    return try version(ModelVersionID(name: try row[1], number: try row[2]), connection)
  }

  private static func keep(
    _ idempotency: IdempotencyKey, of id: ModelVersionID, _ now: Date,
    _ connection: PostgresConnection
  ) throws {
    try connection.query(
      "DELETE FROM model_key WHERE created_ms <= $1", [now.milliseconds - keyLifetimeMs])
    try connection.query(
      "INSERT INTO model_key VALUES ($1, $2, $3, $4, $5, $6)",
      [
        idempotency.caller, idempotency.key, idempotency.bodyHash, id.name, id.number,
        now.milliseconds,
      ])
  }

  private static func add(
    _ submission: ModelSubmission, _ limits: ModelLimits, _ now: Date,
    _ connection: PostgresConnection
  ) throws -> ModelRegistration {
    let (name, content) = (submission.name, submission.content)
    let same = try connection.query(
      """
      SELECT \(ModelRow.columns) FROM model_version
      WHERE name = $1 AND sha256 = $2 AND format = $3 AND document IS NOT DISTINCT FROM $4
      ORDER BY number DESC LIMIT 1
      """, [name, content.sha256, content.format.rawValue, content.document]
    ).first
    if let same { return .known(try ModelRow.version(same)) }
    let counts = try connection.query(
      """
      SELECT (SELECT COUNT(*) FROM model_version WHERE name = $1),
        (SELECT COUNT(DISTINCT name) FROM model_version)
      """, [name]
    ).first
    let versions: Int = try counts?[0] ?? 0
    guard versions < limits.versions else {
      throw JobsError.tooManyVersions(limits.versions, of: name)
    }
    guard try versions > 0 || counts?[1] ?? 0 < limits.models else {
      throw JobsError.tooManyModels(limits.models)
    }
    let number = try connection.query(
      """
      INSERT INTO model AS known VALUES ($1, 1)
      ON CONFLICT (name) DO UPDATE SET last_version = known.last_version + 1
      RETURNING last_version
      """, [name]
    ).first
    let version = ModelVersion(
      id: ModelVersionID(name: name, number: try number?[0] ?? 1), content: content,
      createdAt: now, createdBy: submission.createdBy)
    try ModelRow.insert(version, connection)
    if versions == 0 {
      try put(
        ModelAlias.production, of: name, at: version.id.number, by: submission.createdBy, now,
        connection)
    }
    return .registered(version)
  }

  private static func number(
    _ reference: ModelReference, _ connection: PostgresConnection
  ) throws -> Int? {
    switch reference.selector {
    case .number(let number): return number
    case .alias(let alias): return try self.number(of: alias, reference.name, connection)
    case .standard:
      let production = try self.number(of: ModelAlias.production, reference.name, connection)
      if let production { return production }
      // Without a NULL where there is none.
      return try connection.query(
        "SELECT number FROM model_version WHERE name = $1 ORDER BY number DESC LIMIT 1",
        [reference.name]
      ).first?[0]
    }
  }

  static func version(
    _ id: ModelVersionID, _ connection: PostgresConnection
  ) throws -> ModelVersion? {
    try connection.query(
      "SELECT \(ModelRow.columns) FROM model_version WHERE name = $1 AND number = $2",
      [id.name, id.number]
    ).first.map(ModelRow.version)
  }

  private static func model(
    _ name: String, _ connection: PostgresConnection
  ) throws -> RegisteredModel? {
    let numbers = try numbers(of: name, connection)
    guard !numbers.isEmpty else { return nil }
    let aliases = try connection.query(
      "SELECT alias, number FROM model_alias WHERE name = $1", [name]
    ).rows.map { row in (try row[0] as String, try row[1] as Int) }
    return RegisteredModel(
      name: name, numbers: numbers, aliases: Dictionary(aliases, uniquingKeysWith: { $1 }))
  }

  /// Ascending.
  static func numbers(of name: String, _ connection: PostgresConnection) throws -> [Int] {
    try connection.query(
      "SELECT number FROM model_version WHERE name = $1 ORDER BY number", [name]
    ).rows.map { try $0[0] }
  }

  /// Refuses a job whose version is not there. Its deletion waits until the job is there, or has won.
  static func check(_ pin: ModelPin, _ connection: PostgresConnection) throws {
    let version = try connection.query(
      """
      SELECT 1 FROM model_version WHERE name = $1 AND number = $2 AND sha256 = $3 FOR KEY SHARE
      """, [pin.id.name, pin.id.number, pin.sha256])
    guard version.count == 1 else { throw JobsError.noSuchVersion(pin.id) }
  }
}

/// The columns of a version, read by position.
private enum ModelRow {
  static let columns = """
    name, number, files_id, format, size_bytes, sha256, document, task, layout, class_names,
    input_width, input_height, created_ms, created_by
    """

  static func version(_ row: PostgresRow) throws -> ModelVersion {
    ModelVersion(
      id: ModelVersionID(name: try row[0], number: try row[1]),
      content: ModelContent(
        filesID: try storedIdentifier(row[2]), format: try storedModelFormat(row[3]),
        sizeBytes: try row[4], sha256: try row[5], document: try row[6], task: try row[7],
        layout: try row[8], classNames: try [String](storedJSON: row[9]),
        inputWidth: try row[10], inputHeight: try row[11]),
      createdAt: Date(milliseconds: try row[12]), createdBy: try row[13])
  }

  static func insert(_ version: ModelVersion, _ connection: PostgresConnection) throws {
    let content = version.content
    try connection.query(
      """
      INSERT INTO model_version (\(columns))
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      """,
      [
        version.id.name, version.id.number, content.filesID.description, content.format.rawValue,
        content.sizeBytes, content.sha256, content.document, content.task, content.layout,
        try content.classNames.storedJSON(), content.inputWidth, content.inputHeight,
        version.createdAt.milliseconds, version.createdBy,
      ])
  }
}
