public import Jobs

extension ObservedStore {
  public func goldenSet(of name: String) async throws -> GoldenSet? {
    try await observe("golden_set") { try await store.goldenSet(of: name) }
  }

  public func hasGoldenSet(_ id: GoldenSetID) async throws -> Bool {
    try await observe("golden_files") { try await store.hasGoldenSet(id) }
  }

  public func put(_ set: GoldenSet) async throws -> GoldenSet? {
    try await observe("put_golden_set") { try await store.put(set) }
  }

  public func removeGoldenSet(of name: String) async throws -> GoldenSet {
    try await observe("remove_golden_set") { try await store.removeGoldenSet(of: name) }
  }

  public func keep(_ verdict: GoldenVerdict) async throws {
    try await observe("keep_verdict") { try await store.keep(verdict) }
  }

  public func verdict(
    of version: ModelVersionID, by set: GoldenSetID
  ) async throws -> GoldenVerdict? {
    try await observe("verdict") { try await store.verdict(of: version, by: set) }
  }

  public func verdicts(by set: GoldenSetID, limit: Int) async throws -> [GoldenVerdict] {
    try await observe("verdicts") { try await store.verdicts(by: set, limit: limit) }
  }
}
