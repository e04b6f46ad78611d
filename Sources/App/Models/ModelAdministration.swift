import Foundation
public import Jobs
public import Logging
import NIOPosix
public import ObjectDetection

/// What an operator does with registered models on the command line, and leaves a line about in the audit log.
public struct ModelAdministration: Sendable {
  public let registry: ModelRegistry
  private let audit: AuditFile
  private let user: String

  /// - Parameter user: who does it, for the audit log and for the moves of aliases.
  /// - Throws: `JobsError(.storageError)` when the audit log cannot be written to.
  public init(
    store: any ModelStore, blobs: any BlobStore, folder: any ModelCatalog,
    header: (any ModelHeaderCheck)?, probe: (any ModelProbe)?, settings: ServiceSettings,
    user: String, logger: Logger
  ) throws {
    registry = ModelRegistry(
      store: store, blobs: blobs, folder: folder, header: header, probe: probe,
      settings: settings, logger: logger)
    audit = try AuditFile(path: settings.auditLogPath)
    self.user = user
  }

  /// Registers copies of files, which stay where they are.
  ///
  /// - Parameters:
  ///   - paths: of the ONNX file, or of the XML and its weights.
  ///   - document: of the model; nil for none.
  /// - Throws: `DetectionError(.modelLoadError)` for what is no model that can be run; `JobsError`.
  public func publish(
    _ paths: [String], document: [UInt8]?, as name: String, alias: String?
  ) async throws -> ModelRegistration {
    guard ResourceName.isValid(name) else {
      throw DetectionError(
        .invalidConfig,
        "--name: a model's name has at most 128 letters, digits, dots, underscores and hyphens")
    }
    try await registry.checkName(name)
    let format: ModelFormat = paths.count == 1 ? .onnx : .openVINO
    let stem = try await registry.blobs.temporaryPath()
    let ends = format == .onnx ? ["onnx"] : ["xml", "bin"]
    let copies = ends.map { "\(stem).\($0)" }
    defer { for path in copies + ["\(stem).json"] { unlink(path) } }
    try await NIOThreadPool.singleton.runIfActive {
      for (path, copy) in zip(paths, copies) {
        do {
          try FileManager.default.copyItem(atPath: path, toPath: copy)
        } catch {
          throw JobsError(.storageError, "\(path) cannot be copied", cause: "\(error)")
        }
      }
    }
    let registration = try await registry.publish(
      ModelRegistry.Candidate(format: format, path: copies[0], document: document), as: name,
      alias: alias, by: user)
    try note("models publish", registration.version.id.description, alias)
    return registration
  }

  /// Moves an alias to the version that a reference names.
  /// - Returns: that version, and the move; nil when the alias was there already.
  public func promote(
    _ reference: ModelReference, to alias: String
  ) async throws -> (ModelVersion, AliasMove?) {
    guard let version = try await registry.store.modelVersion(reference) else {
      throw JobsError(.modelNotFound, "There is no version \(reference)")
    }
    let move = try await registry.store.move(
      alias, of: version.id.name, to: version.id.number, expecting: .anywhere, by: user,
      now: Date().wholeMilliseconds)
    try note("models promote", version.id.description, alias)
    return (version, move)
  }

  public func rollBack(_ name: String, _ alias: String) async throws -> AliasMove {
    let move = try await registry.store.rollBack(
      alias, of: name, expecting: .anywhere, by: user, now: Date().wholeMilliseconds)
    try note("models rollback", move.to.map { "\(name)@\($0)" } ?? name, alias)
    return move
  }

  /// Deletes a version, or all of a model.
  /// - Returns: what is gone.
  public func remove(_ reference: ModelReference) async throws -> [ModelVersion] {
    let gone: [ModelVersion]
    switch reference.selector {
    case .standard: gone = try await registry.deleteModel(named: reference.name)
    case .number(let number):
      gone = [
        try await registry.deleteVersion(ModelVersionID(name: reference.name, number: number))
      ]
    case .alias(let alias):
      _ = try await registry.store.remove(
        alias, of: reference.name, expecting: .anywhere, by: user, now: Date().wholeMilliseconds)
      gone = []
    }
    try note("models remove", reference.description, nil)
    return gone
  }

  private func note(_ action: String, _ model: String, _ alias: String?) throws {
    var ids = ["model": model]
    ids["alias"] = alias
    try audit.append(
      AuditEntry(
        time: Date().wholeMilliseconds, action: action, outcome: .done, credential: "command",
        client: user, ids: ids
      ).line)
  }
}
