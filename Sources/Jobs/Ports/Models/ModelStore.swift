public import Foundation

/// How much may be registered.
public struct ModelLimits: Sendable, Equatable {
  public var models: Int
  /// Of one model.
  public var versions: Int

  public init(models: Int, versions: Int) {
    self.models = models
    self.versions = versions
  }
}

/// A version that is to be registered.
public struct ModelSubmission: Sendable, Equatable {
  public var name: String
  public var content: ModelContent
  /// Moved to it as well.
  public var alias: String?
  public var createdBy: String?

  public init(name: String, content: ModelContent, alias: String? = nil, createdBy: String? = nil) {
    self.name = name
    self.content = content
    self.alias = alias
    self.createdBy = createdBy
  }
}

/// What became of a submission.
public enum ModelRegistration: Sendable, Equatable {
  case registered(ModelVersion)
  /// The same model is a version already; its alias was moved all the same. The new files are nobody's.
  case known(ModelVersion)
  /// The idempotency key has registered this version before. The new files are nobody's.
  case repeated(ModelVersion)

  public var version: ModelVersion {
    switch self {
    case .registered(let version), .known(let version), .repeated(let version): version
    }
  }
}

/// The truth about registered models: versions that never change, aliases that point at them, and the golden pictures
/// that guard those. Every method is one transaction. Nothing of it is kept in memory: who resolves a name sees what the last transaction made of it.
///
/// Every implementation passes the conformance suite in Tests/TestSupport.
public protocol ModelStore: GoldenStore, ShadowStore {
  /// Gives the submission the next number of its model, which no version had before. The first version of a model that
  /// has none takes `production`.
  /// - Throws: `JobsError(.modelConflict)` when there are as many as may be, `.idempotencyConflict`.
  func register(
    _ submission: ModelSubmission, idempotency: IdempotencyKey?, limits: ModelLimits, now: Date
  ) async throws -> ModelRegistration

  /// The version that a reference names now; nil when there is none.
  func modelVersion(_ reference: ModelReference) async throws -> ModelVersion?

  /// Whether a version has these files.
  func hasModelFiles(_ id: ModelFilesID) async throws -> Bool

  /// nil when no version of it is registered.
  func registeredModel(named name: String) async throws -> RegisteredModel?

  /// By name, those behind `name`.
  func registeredModels(after name: String?, limit: Int) async throws -> [RegisteredModel]

  /// Newest first, those below `number`.
  func versions(of name: String, below number: Int?, limit: Int) async throws -> [ModelVersion]

  func modelCounts() async throws -> ModelCounts

  /// Takes back the newest move that was not taken back: see `[AliasMove].rollback(among:)`.
  /// - Throws: `JobsError(.modelNotFound)` when there is no such alias, `.modelConflict` when it is not where it was
  ///   expected, or was nowhere before.
  func rollBack(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove

  /// - Throws: `JobsError(.modelNotFound)` when there is no such alias, `.modelConflict` when it is not where it was
  ///   expected.
  func remove(
    _ alias: String, of name: String, expecting expectation: AliasExpectation, by mover: String?,
    now: Date
  ) async throws -> AliasMove

  /// The newest `ModelAlias.keptMoves` moves of an alias, oldest first; also of one that was removed.
  func moves(of alias: String, of name: String) async throws -> [AliasMove]

  /// Forgets a version; its files are the caller's to delete.
  /// - Throws: `JobsError(.modelNotFound)`; `.modelInUse` while an alias points at it, or a job that has not ended
  ///   runs it.
  func deleteVersion(_ id: ModelVersionID) async throws -> ModelVersion

  /// Forgets a model with its versions and aliases; numbers go on where they were if it is registered again.
  /// - Throws: `JobsError(.modelNotFound)`; `.modelInUse` while a job that has not ended runs one of its versions.
  func deleteModel(named name: String) async throws -> [ModelVersion]
}
