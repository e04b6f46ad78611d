import Foundation

/// The rules of the registry.
struct MemoryModels {
  var versions: [ModelVersionID: ModelVersion] = [:]
  /// The highest number that was given, by name; it stays when the model goes.
  private var lastNumbers: [String: Int] = [:]
  private var aliases: [String: [String: Int]] = [:]
  private var moves: [String: [String: [AliasMove]]] = [:]
  var golden = MemoryGolden()
  private var keys: [[String]: (bodyHash: String, id: ModelVersionID, createdAt: Date)] = [:]

  /// Ascending.
  func numbers(of name: String) -> [Int] {
    versions.keys.filter { $0.name == name }.map(\.number).sorted()
  }

  func model(_ name: String) -> RegisteredModel? {
    let numbers = numbers(of: name)
    guard !numbers.isEmpty else { return nil }
    return RegisteredModel(name: name, numbers: numbers, aliases: aliases[name] ?? [:])
  }

  func version(_ reference: ModelReference) -> ModelVersion? {
    model(reference.name)?.number(reference.selector).flatMap {
      versions[ModelVersionID(name: reference.name, number: $0)]
    }
  }

  func moves(of alias: String, of name: String) -> [AliasMove] { moves[name]?[alias] ?? [] }

  mutating func register(
    _ submission: ModelSubmission, _ idempotency: IdempotencyKey?, _ limits: ModelLimits,
    _ now: Date
  ) throws -> ModelRegistration {
    keys = keys.filter { now.timeIntervalSince($0.value.createdAt) < IdempotencyKey.lifetime }
    let key = idempotency.map { [$0.caller, $0.key] }
    if let key, let known = keys[key], let version = versions[known.id] {
      guard known.bodyHash == idempotency?.bodyHash else { throw JobsError.keyOfAnotherBody }
      return .repeated(version)
    }
    let registration = try add(submission, limits, now)
    let id = registration.version.id
    if let alias = submission.alias {
      _ = try move(
        alias, of: id.name, to: id.number, .anywhere, by: submission.createdBy, now)
    }
    if let key, let idempotency { keys[key] = (idempotency.bodyHash, id, now) }
    return registration
  }

  private mutating func add(
    _ submission: ModelSubmission, _ limits: ModelLimits, _ now: Date
  ) throws -> ModelRegistration {
    let name = submission.name
    let numbers = numbers(of: name)
    let same = numbers.reversed().lazy.compactMap { [versions] number in
      versions[ModelVersionID(name: name, number: number)]
    }.first { $0.content.isSame(as: submission.content) }
    if let same { return .known(same) }
    guard numbers.count < limits.versions else {
      throw JobsError.tooManyVersions(limits.versions, of: name)
    }
    guard !numbers.isEmpty || Set(versions.keys.map(\.name)).count < limits.models else {
      throw JobsError.tooManyModels(limits.models)
    }
    let id = ModelVersionID(name: name, number: (lastNumbers[name] ?? 0) + 1)
    lastNumbers[name] = id.number
    let version = ModelVersion(
      id: id, content: submission.content, createdAt: now, createdBy: submission.createdBy)
    versions[id] = version
    if numbers.isEmpty {
      put(ModelAlias.production, of: name, at: id.number, by: submission.createdBy, now)
    }
    return .registered(version)
  }

  mutating func move(
    _ alias: String, of name: String, to number: Int, _ expectation: AliasExpectation,
    _ golden: GoldenGuard = .unchecked, by mover: String?, _ now: Date
  ) throws -> AliasMove? {
    let id = ModelVersionID(name: name, number: number)
    guard versions[id] != nil else { throw JobsError.noSuchVersion(id) }
    let current = aliases[name]?[alias]
    guard expectation.holds(for: current) else {
      throw JobsError.aliasMoved(alias, of: name, to: current)
    }
    guard current != number else { return nil }
    guard golden == .unchecked || self.golden.allows(alias, id) else {
      throw JobsError.notChecked(id, alias)
    }
    return put(alias, of: name, at: number, by: mover, now)
  }

  mutating func rollBack(
    _ alias: String, of name: String, _ expectation: AliasExpectation, by mover: String?,
    _ now: Date
  ) throws -> AliasMove {
    _ = try current(alias, of: name, expectation)
    guard
      let (number, undoes) = moves(of: alias, of: name).rollback(among: numbers(of: name))
    else { throw JobsError.nothingBefore(alias, of: name) }
    return put(alias, of: name, at: number, by: mover, undoes: undoes, now)
  }

  mutating func remove(
    _ alias: String, of name: String, _ expectation: AliasExpectation, by mover: String?,
    _ now: Date
  ) throws -> AliasMove {
    _ = try current(alias, of: name, expectation)
    return put(alias, of: name, at: nil, by: mover, now)
  }

  private func current(
    _ alias: String, of name: String, _ expectation: AliasExpectation
  ) throws -> Int {
    guard let current = aliases[name]?[alias] else {
      throw JobsError.noSuchAlias(alias, of: name)
    }
    guard expectation.holds(for: current) else {
      throw JobsError.aliasMoved(alias, of: name, to: current)
    }
    return current
  }

  @discardableResult
  private mutating func put(
    _ alias: String, of name: String, at number: Int?, by mover: String?, undoes: Int? = nil,
    _ now: Date
  ) -> AliasMove {
    let known = moves(of: alias, of: name)
    let move = AliasMove(
      number: (known.last?.number ?? 0) + 1, alias: alias, from: aliases[name]?[alias], to: number,
      movedAt: now, movedBy: mover, undoes: undoes)
    moves[name, default: [:]][alias] = Array((known + [move]).suffix(ModelAlias.keptMoves))
    aliases[name, default: [:]][alias] = number
    return move
  }

  mutating func deleteVersion(_ id: ModelVersionID, isRun: Bool) throws -> ModelVersion {
    guard let version = versions[id] else { throw JobsError.noSuchVersion(id) }
    let pointing = (aliases[id.name] ?? [:]).filter { $0.value == id.number }.map(\.key)
    guard pointing.isEmpty, !isRun else { throw JobsError.versionInUse(id, by: pointing) }
    forget([id])
    return version
  }

  mutating func deleteModel(_ name: String, isRun: Bool) throws -> [ModelVersion] {
    let deleted = numbers(of: name).compactMap {
      versions[ModelVersionID(name: name, number: $0)]
    }
    guard !deleted.isEmpty else { throw JobsError.noSuchModel(name) }
    guard !isRun else { throw JobsError.modelInUse(name) }
    forget(deleted.map(\.id))
    aliases[name] = nil
    moves[name] = nil
    return deleted
  }

  private mutating func forget(_ ids: [ModelVersionID]) {
    for id in ids { versions[id] = nil }
    keys = keys.filter { !ids.contains($0.value.id) }
    golden.forget(ids) { [self] in numbers(of: $0) }
  }
}

extension MemoryState {
  /// Whether a job that has not ended runs one of these versions.
  func isRun(_ isMeant: (ModelVersionID) -> Bool) -> Bool {
    jobs.values.contains { entry in
      !entry.job.state.isEnded && entry.job.model.map { isMeant($0.id) } == true
    }
  }
}
