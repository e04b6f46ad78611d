import Foundation
public import Jobs
public import Logging
import NIOPosix
public import ObjectDetection

/// What an operator does with registered models on the command line, and leaves a line about in the audit log.
public struct ModelAdministration: Sendable {
  public let registry: ModelRegistry
  private let audit: AuditFile
  let user: String

  /// - Parameter user: who does it, for the audit log and for the moves of aliases.
  /// - Throws: `JobsError(.storageError)` when the audit log cannot be written to.
  public init(
    store: any ModelStore, blobs: any BlobStore, versions: (any ModelVersionFiles)?,
    folder: any ModelCatalog, header: (any ModelHeaderCheck)?, probe: (any ModelProbe)?,
    settings: ServiceSettings, user: String, logger: Logger
  ) throws {
    registry = ModelRegistry(
      store: store, blobs: blobs, versions: versions, folder: folder, header: header,
      probe: probe, settings: settings, logger: logger)
    audit = try AuditFile(path: settings.auditLogPath)
    self.user = user
  }

  /// Registers copies of files, which stay where they are.
  ///
  /// - Parameters:
  ///   - paths: of the ONNX file, or of the XML and its weights.
  ///   - document: of the model; nil for none.
  /// - Throws: `DetectionError(.modelLoadError)` for what is no model that can be run; `GoldenRefusal` when it is
  ///   registered, and golden pictures keep the alias from it; `JobsError`.
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
          try ModelFileWriter.copy(try FileBytes(path: path), to: copy)
        } catch {
          throw JobsError(.storageError, "\(path) cannot be copied", cause: "\(error)")
        }
      }
    }
    let registration = try await registry.register(
      ModelRegistry.Candidate(format: format, path: copies[0], document: document), as: name,
      by: user)
    // The version is there, whatever becomes of its alias.
    let id = registration.version.id.description
    try note("models publish", id, nil)
    if let alias {
      try await registry.move(alias, after: registration, by: user)
      try note("models promote", id, alias)
    }
    return registration
  }

  /// Moves an alias to the version that a reference names.
  /// - Parameter golden: `.unchecked` moves it whatever golden pictures say.
  /// - Returns: that version, and the move; nil when the alias was there already.
  /// - Throws: `GoldenRefusal`; `JobsError`.
  public func promote(
    _ reference: ModelReference, to alias: String, _ golden: GoldenGuard = .checked
  ) async throws -> (ModelVersion, AliasMove?) {
    let version = try await version(reference)
    let move = try await registry.move(
      alias, of: version.id.name, to: version.id.number, expecting: .anywhere, golden, by: user)
    try note("models promote", version.id.description, alias, golden)
    return (version, move)
  }

  private func version(_ reference: ModelReference) async throws -> ModelVersion {
    guard let version = try await registry.store.modelVersion(reference) else {
      throw JobsError(.modelNotFound, "There is no version \(reference)")
    }
    return version
  }

  // MARK: - Golden pictures

  /// Makes copies of pictures, which stay where they are, the golden ones of a model.
  /// - Parameter marked: what must be found in them.
  /// - Throws: `DetectionError` that names the file at fault; `JobsError`.
  public func putGoldenSet(
    _ paths: [String], _ marked: COCOLabels, demand: GoldenDemand, of name: String
  ) async throws -> GoldenSet {
    let set = try await registry.putGoldenSet(
      copying: paths, marked, demand: demand, of: name, by: user)
    try note("models golden", "\(name) \(set.id)", nil)
    return set
  }

  public func removeGoldenSet(of name: String) async throws -> GoldenSet {
    let set = try await registry.removeGoldenSet(of: name)
    try note("models golden --off", "\(name) \(set.id)", nil)
    return set
  }

  /// Runs a version over the golden pictures.
  /// - Returns: what it has found, and what was demanded.
  public func check(_ reference: ModelReference) async throws -> (GoldenVerdict, GoldenDemand) {
    let version = try await version(reference)
    let verdict = try await registry.check(version.id, by: user)
    try note("models check", version.id.description, nil)
    guard let set = try await registry.store.goldenSet(of: version.id.name) else {
      throw JobsError.noGoldenSet(version.id.name)
    }
    return (verdict, set.demand)
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

  func note(
    _ action: String, _ model: String, _ alias: String?, _ golden: GoldenGuard = .checked
  ) throws {
    var ids = ["model": model]
    ids["alias"] = alias
    if golden == .unchecked { ids["golden"] = "unchecked" }
    try audit.append(
      AuditEntry(
        time: Date().wholeMilliseconds, action: action, outcome: .done, credential: "command",
        client: user, ids: ids
      ).line)
  }
}
