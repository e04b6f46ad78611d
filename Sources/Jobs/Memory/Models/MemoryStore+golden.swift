import Synchronization

/// Golden sets by model, and verdicts by their set and version.
struct MemoryGolden {
  var sets: [String: GoldenSet] = [:]
  var verdicts: [GoldenSetID: [Int: GoldenVerdict]] = [:]

  mutating func removeSet(of name: String) -> GoldenSet? {
    guard let set = sets.removeValue(forKey: name) else { return nil }
    verdicts[set.id] = nil
    return set
  }

  /// Whether an alias of the model may be moved to a version.
  func allows(_ alias: String, _ id: ModelVersionID) -> Bool {
    guard let set = sets[id.name], set.demand.aliases.contains(alias) else { return true }
    return verdicts[set.id]?[id.number]?.passed == true
  }

  /// Verdicts go with their version, a set with the last one.
  mutating func forget(_ ids: [ModelVersionID], left numbers: (String) -> [Int]) {
    for id in ids {
      if let set = sets[id.name] { verdicts[set.id]?[id.number] = nil }
      if numbers(id.name).isEmpty { _ = removeSet(of: id.name) }
    }
  }
}

extension MemoryStore {
  public func goldenSet(of name: String) async throws -> GoldenSet? {
    state.withLock { $0.models.golden.sets[name] }
  }

  public func hasGoldenSet(_ id: GoldenSetID) async throws -> Bool {
    state.withLock { state in state.models.golden.sets.values.contains { $0.id == id } }
  }

  public func put(_ set: GoldenSet) async throws -> GoldenSet? {
    try state.withLock { state in
      guard !state.models.numbers(of: set.name).isEmpty else {
        throw JobsError.noSuchModel(set.name)
      }
      let earlier = state.models.golden.removeSet(of: set.name)
      state.models.golden.sets[set.name] = set
      return earlier
    }
  }

  public func removeGoldenSet(of name: String) async throws -> GoldenSet {
    try state.withLock { state in
      guard let set = state.models.golden.removeSet(of: name) else {
        throw JobsError.noGoldenSet(name)
      }
      return set
    }
  }

  public func keep(_ verdict: GoldenVerdict) async throws {
    try state.withLock { state in
      let id = verdict.version
      guard state.models.golden.sets[id.name]?.id == verdict.setID else {
        throw JobsError.goldenSetReplaced(id.name)
      }
      guard state.models.versions[id] != nil else { throw JobsError.noSuchVersion(id) }
      state.models.golden.verdicts[verdict.setID, default: [:]][id.number] = verdict
    }
  }

  public func verdict(
    of version: ModelVersionID, by set: GoldenSetID
  ) async throws -> GoldenVerdict? {
    state.withLock { state in
      state.models.golden.verdicts[set]?[version.number].flatMap {
        $0.version == version ? $0 : nil
      }
    }
  }

  public func verdicts(by set: GoldenSetID, limit: Int) async throws -> [GoldenVerdict] {
    state.withLock { state in
      (state.models.golden.verdicts[set] ?? [:]).values
        .sorted { $0.version.number > $1.version.number }.prefix(limit).map(\.self)
    }
  }
}
