public import Foundation
public import Jobs

extension ObservedStore {
  public func register(
    _ submission: ModelSubmission, idempotency: IdempotencyKey?, limits: ModelLimits, now: Date
  ) async throws -> ModelRegistration {
    try await observe("register_model") {
      try await store.register(
        submission, idempotency: idempotency, limits: limits, now: now)
    }
  }

  public func modelVersion(_ reference: ModelReference) async throws -> ModelVersion? {
    try await observe("model_version") { try await store.modelVersion(reference) }
  }

  public func hasModelFiles(_ id: ModelFilesID) async throws -> Bool {
    try await observe("model_files") { try await store.hasModelFiles(id) }
  }

  public func registeredModel(named name: String) async throws -> RegisteredModel? {
    try await observe("model") { try await store.registeredModel(named: name) }
  }

  public func registeredModels(
    after name: String?, limit: Int
  ) async throws -> [RegisteredModel] {
    try await observe("models") { try await store.registeredModels(after: name, limit: limit) }
  }

  public func versions(
    of name: String, below number: Int?, limit: Int
  ) async throws -> [ModelVersion] {
    try await observe("model_versions") {
      try await store.versions(of: name, below: number, limit: limit)
    }
  }

  public func modelCounts() async throws -> ModelCounts {
    try await observe("model_counts") { try await store.modelCounts() }
  }

  public func move(
    _ alias: String, of name: String, to number: Int, expecting expectation: AliasExpectation,
    _ golden: GoldenGuard, by mover: String?, now: Date
  ) async throws -> AliasMove? {
    try await observe("move_alias") {
      try await store.move(
        alias, of: name, to: number, expecting: expectation, golden, by: mover, now: now)
    }
  }

  public func rollBack(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove {
    try await observe("roll_back_alias") {
      try await store.rollBack(alias, of: name, expecting: expectation, by: mover, now: now)
    }
  }

  public func remove(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove {
    try await observe("remove_alias") {
      try await store.remove(alias, of: name, expecting: expectation, by: mover, now: now)
    }
  }

  public func moves(of alias: String, of name: String) async throws -> [AliasMove] {
    try await observe("alias_moves") { try await store.moves(of: alias, of: name) }
  }

  public func deleteVersion(_ id: ModelVersionID) async throws -> ModelVersion {
    try await observe("delete_model") { try await store.deleteVersion(id) }
  }

  public func deleteModel(named name: String) async throws -> [ModelVersion] {
    try await observe("delete_model") { try await store.deleteModel(named: name) }
  }
}
