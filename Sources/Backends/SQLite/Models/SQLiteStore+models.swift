public import Foundation
import GRDB
public import Jobs

extension SQLiteStore: ModelStore {
  public func register(
    _ submission: ModelSubmission, idempotency: IdempotencyKey?, limits: ModelLimits, now: Date
  ) async throws -> ModelRegistration {
    try await write { database in
      if let idempotency, let first = try Self.registered(by: idempotency, now, database) {
        return .repeated(first)
      }
      let registration = try Self.add(submission, limits, now, database)
      let id = registration.version.id
      if let alias = submission.alias,
        try Self.number(of: alias, id.name, database) != id.number
      {
        try Self.put(alias, of: id.name, at: id.number, by: submission.createdBy, now, database)
      }
      if let idempotency { try Self.keep(idempotency, of: id, now, database) }
      return registration
    }
  }

  public func modelVersion(_ reference: ModelReference) async throws -> ModelVersion? {
    try await read { database in
      guard let number = try Self.number(reference, database) else { return nil }
      return try Self.version(ModelVersionID(name: reference.name, number: number), database)
    }
  }

  public func hasModelFiles(_ id: ModelFilesID) async throws -> Bool {
    try await read { database in
      try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM model_version WHERE files_id = ?)",
        arguments: [id.description]) ?? false
    }
  }

  public func registeredModel(named name: String) async throws -> RegisteredModel? {
    try await read { try Self.model(name, $0) }
  }

  /// A look for each name: with many versions a walk over all of them would be longer.
  static let nextModel = "SELECT MIN(name) FROM model_version WHERE name > ?"

  public func registeredModels(
    after name: String?, limit: Int
  ) async throws -> [RegisteredModel] {
    try await read { database in
      var models: [RegisteredModel] = []
      var last = name ?? ""
      while models.count < limit,
        let next = try String.fetchOne(
          try database.cachedStatement(sql: Self.nextModel), arguments: [last])
      {
        if let model = try Self.model(next, database) { models.append(model) }
        last = next
      }
      return models
    }
  }

  static let newestVersions = """
    SELECT \(ModelRow.columns) FROM model_version WHERE name = ? AND number < ?
    ORDER BY number DESC LIMIT ?
    """

  public func versions(
    of name: String, below number: Int?, limit: Int
  ) async throws -> [ModelVersion] {
    try await read { database in
      try Row.fetchAll(
        database, sql: Self.newestVersions, arguments: [name, number ?? .max, limit]
      ).map(ModelRow.version)
    }
  }

  public func modelCounts() async throws -> ModelCounts {
    try await read { database in
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT (SELECT COUNT(*) FROM (SELECT DISTINCT name FROM model_version)), COUNT(*),
            COALESCE(SUM(size_bytes), 0) FROM model_version
          """)
      return ModelCounts(models: row?[0] ?? 0, versions: row?[1] ?? 0, bytes: row?[2] ?? 0)
    }
  }

  /// Those that have not ended. SQLite's planner would rather look at all of a state.
  static let jobsOfVersion = """
    SELECT EXISTS (SELECT 1 FROM job INDEXED BY job_by_model
      WHERE model_name = ? AND model_number = ? AND state IN ('queued', 'processing'))
    """
  static let jobsOfModel = """
    SELECT EXISTS (SELECT 1 FROM job INDEXED BY job_by_model
      WHERE model_name = ? AND state IN ('queued', 'processing'))
    """

  public func deleteVersion(_ id: ModelVersionID) async throws -> ModelVersion {
    try await write { database in
      guard let version = try Self.version(id, database) else { throw JobsError.noSuchVersion(id) }
      let aliases = try String.fetchAll(
        database, sql: "SELECT alias FROM model_alias WHERE name = ? AND number = ?",
        arguments: [id.name, id.number])
      let isRun = try Bool.fetchOne(
        database, sql: Self.jobsOfVersion, arguments: [id.name, id.number])
      guard aliases.isEmpty, isRun == false else {
        throw JobsError.versionInUse(id, by: aliases)
      }
      try database.execute(
        sql: "DELETE FROM model_version WHERE name = ? AND number = ?",
        arguments: [id.name, id.number])
      return version
    }
  }

  public func deleteModel(named name: String) async throws -> [ModelVersion] {
    try await write { database in
      let versions = try Row.fetchAll(
        database, sql: Self.newestVersions, arguments: [name, Int.max, Int.max]
      ).map(ModelRow.version).reversed()
      guard !versions.isEmpty else { throw JobsError.noSuchModel(name) }
      guard try Bool.fetchOne(database, sql: Self.jobsOfModel, arguments: [name]) == false else {
        throw JobsError.modelInUse(name)
      }
      try Self.forgetShadows(of: name, database)
      for table in ["model_shadow", "model_alias", "model_alias_move", "model_version"] {
        try database.execute(sql: "DELETE FROM \(table) WHERE name = ?", arguments: [name])
      }
      return Array(versions)
    }
  }
}

/// The parts of the transactions.
extension SQLiteStore {
  private static let keyLifetimeMs = Int64(IdempotencyKey.lifetime * 1000)

  private static func registered(
    by idempotency: IdempotencyKey, _ now: Date, _ database: Database
  ) throws -> ModelVersion? {
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT body_hash, name, number FROM model_key
        WHERE caller = ? AND key = ? AND created_ms > ?
        """,
      arguments: [idempotency.caller, idempotency.key, now.milliseconds - keyLifetimeMs])
    guard let row else { return nil }
    guard row[0] == idempotency.bodyHash else { throw JobsError.keyOfAnotherBody }
    return try version(ModelVersionID(name: row[1], number: row[2]), database)
  }

  private static func keep(
    _ idempotency: IdempotencyKey, of id: ModelVersionID, _ now: Date, _ database: Database
  ) throws {
    try database.execute(
      sql: "DELETE FROM model_key WHERE created_ms <= ?",
      arguments: [now.milliseconds - keyLifetimeMs])
    try database.execute(
      sql: "INSERT INTO model_key VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [
        idempotency.caller, idempotency.key, idempotency.bodyHash, id.name, id.number,
        now.milliseconds,
      ])
  }

  /// SQLite has one writer: nobody else takes the next number.
  private static func add(
    _ submission: ModelSubmission, _ limits: ModelLimits, _ now: Date, _ database: Database
  ) throws -> ModelRegistration {
    let (name, content) = (submission.name, submission.content)
    let same = try Row.fetchOne(
      database,
      sql: """
        SELECT \(ModelRow.columns) FROM model_version
        WHERE name = ? AND sha256 = ? AND format = ? AND document IS ? ORDER BY number DESC LIMIT 1
        """,
      arguments: [name, content.sha256, content.format.rawValue, content.document])
    if let same { return .known(try ModelRow.version(same)) }
    let count =
      try Int.fetchOne(
        database, sql: "SELECT COUNT(*) FROM model_version WHERE name = ?", arguments: [name]) ?? 0
    guard count < limits.versions else {
      throw JobsError.tooManyVersions(limits.versions, of: name)
    }
    if count == 0 {
      let models = try Int.fetchOne(
        database, sql: "SELECT COUNT(*) FROM (SELECT DISTINCT name FROM model_version)")
      guard models ?? 0 < limits.models else { throw JobsError.tooManyModels(limits.models) }
    }
    let number = try Int.fetchOne(
      database,
      sql: """
        INSERT INTO model VALUES (?, 1)
        ON CONFLICT (name) DO UPDATE SET last_version = last_version + 1 RETURNING last_version
        """, arguments: [name])
    let version = ModelVersion(
      id: ModelVersionID(name: name, number: number ?? 1), content: content, createdAt: now,
      createdBy: submission.createdBy)
    try ModelRow.insert(version, database)
    if count == 0 {
      try put(
        ModelAlias.production, of: name, at: version.id.number, by: submission.createdBy, now,
        database)
    }
    return .registered(version)
  }

  private static func number(
    _ reference: ModelReference, _ database: Database
  ) throws -> Int? {
    switch reference.selector {
    case .number(let number): return number
    case .alias(let alias): return try self.number(of: alias, reference.name, database)
    case .standard:
      let production = try self.number(of: ModelAlias.production, reference.name, database)
      if let production { return production }
      return try Int.fetchOne(
        try database.cachedStatement(sql: "SELECT MAX(number) FROM model_version WHERE name = ?"),
        arguments: [reference.name])
    }
  }

  static func version(_ id: ModelVersionID, _ database: Database) throws -> ModelVersion? {
    let statement = try database.cachedStatement(
      sql: "SELECT \(ModelRow.columns) FROM model_version WHERE name = ? AND number = ?")
    return try Row.fetchOne(statement, arguments: [id.name, id.number]).map(ModelRow.version)
  }

  private static func model(_ name: String, _ database: Database) throws -> RegisteredModel? {
    let numbers = try numbers(of: name, database)
    guard !numbers.isEmpty else { return nil }
    let aliases = try Row.fetchAll(
      try database.cachedStatement(sql: "SELECT alias, number FROM model_alias WHERE name = ?"),
      arguments: [name])
    return RegisteredModel(
      name: name, numbers: numbers,
      aliases: Dictionary(aliases.map { ($0[0], $0[1]) }, uniquingKeysWith: { $1 }))
  }

  /// Ascending.
  static func numbers(of name: String, _ database: Database) throws -> [Int] {
    try Int.fetchAll(
      try database.cachedStatement(
        sql: "SELECT number FROM model_version WHERE name = ? ORDER BY number"), arguments: [name])
  }

  /// Refuses a job whose version is not there: its deletion and this take turns.
  static func check(_ pin: ModelPin, _ database: Database) throws {
    guard try version(pin.id, database)?.pin == pin else { throw JobsError.noSuchVersion(pin.id) }
  }
}

/// The columns of a version, read by position.
private enum ModelRow {
  static let columns = """
    name, number, files_id, format, size_bytes, sha256, document, task, layout, class_names,
    input_width, input_height, created_ms, created_by
    """

  static func version(_ row: Row) throws -> ModelVersion {
    ModelVersion(
      id: ModelVersionID(name: row[0], number: row[1]),
      content: ModelContent(
        filesID: try storedIdentifier(row[2]), format: try storedModelFormat(row[3]),
        sizeBytes: row[4], sha256: row[5], document: row[6], task: row[7], layout: row[8],
        classNames: try [String](storedJSON: row[9]), inputWidth: row[10], inputHeight: row[11]),
      createdAt: Date(milliseconds: row[12]), createdBy: row[13])
  }

  static func insert(_ version: ModelVersion, _ database: Database) throws {
    let content = version.content
    try database.execute(
      sql: """
        INSERT INTO model_version (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        version.id.name, version.id.number, content.filesID.description, content.format.rawValue,
        content.sizeBytes, content.sha256, content.document, content.task, content.layout,
        try content.classNames.storedJSON(), content.inputWidth, content.inputHeight,
        version.createdAt.milliseconds, version.createdBy,
      ])
  }
}
