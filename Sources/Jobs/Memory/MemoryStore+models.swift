public import Foundation
import Synchronization

extension MemoryStore: ModelStore {
  public func register(
    _ submission: ModelSubmission, idempotency: IdempotencyKey?, limits: ModelLimits, now: Date
  ) async throws -> ModelRegistration {
    try state.withLock { try $0.models.register(submission, idempotency, limits, now) }
  }

  public func modelVersion(_ reference: ModelReference) async throws -> ModelVersion? {
    state.withLock { $0.models.version(reference) }
  }

  public func hasModelFiles(_ id: ModelFilesID) async throws -> Bool {
    state.withLock { state in
      state.models.versions.values.contains { $0.content.filesID == id }
    }
  }

  public func registeredModel(named name: String) async throws -> RegisteredModel? {
    state.withLock { $0.models.model(name) }
  }

  public func registeredModels(
    after name: String?, limit: Int
  ) async throws -> [RegisteredModel] {
    state.withLock { state in
      let names = Set(state.models.versions.keys.map(\.name))
      return names.filter { each in name.map { each > $0 } ?? true }.sorted().prefix(limit)
        .compactMap(state.models.model)
    }
  }

  public func versions(
    of name: String, below number: Int?, limit: Int
  ) async throws -> [ModelVersion] {
    state.withLock { state in
      state.models.versions.values.filter { $0.id.name == name && $0.id.number < number ?? .max }
        .sorted { $0.id.number > $1.id.number }.prefix(limit).map(\.self)
    }
  }

  public func modelCounts() async throws -> ModelCounts {
    state.withLock { state in
      let versions = state.models.versions
      return ModelCounts(
        models: Set(versions.keys.map(\.name)).count, versions: versions.count,
        bytes: versions.values.reduce(0) { $0 + $1.content.sizeBytes })
    }
  }

  public func move(
    _ alias: String, of name: String, to number: Int, expecting expectation: AliasExpectation,
    _ golden: GoldenGuard, by mover: String?, now: Date
  ) async throws -> AliasMove? {
    try state.withLock {
      try $0.models.move(alias, of: name, to: number, expectation, golden, by: mover, now)
    }
  }

  public func rollBack(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove {
    try state.withLock { try $0.models.rollBack(alias, of: name, expectation, by: mover, now) }
  }

  public func remove(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove {
    try state.withLock { try $0.models.remove(alias, of: name, expectation, by: mover, now) }
  }

  public func moves(of alias: String, of name: String) async throws -> [AliasMove] {
    state.withLock { $0.models.moves(of: alias, of: name) }
  }

  public func deleteVersion(_ id: ModelVersionID) async throws -> ModelVersion {
    try state.withLock { state in
      try state.models.deleteVersion(id, isRun: state.isRun { $0 == id })
    }
  }

  public func deleteModel(named name: String) async throws -> [ModelVersion] {
    try state.withLock { state in
      let gone = try state.models.deleteModel(name, isRun: state.isRun { $0.name == name })
      state.shadows.forget(name)
      return gone
    }
  }
}
