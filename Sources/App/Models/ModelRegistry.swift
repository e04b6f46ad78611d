import Foundation
public import Jobs
public import Logging
import NIOPosix
public import ObjectDetection

/// Registers models, and deletes them: the same for the routes and for the command line.
public struct ModelRegistry: Sendable {
  /// Files that are to become a version. They lie on the blob store's disk, have one stem, and are nobody else's.
  public struct Candidate: Sendable {
    public var format: ModelFormat
    /// Of the ONNX or XML file: `STEM.onnx` or `STEM.xml`, then with `STEM.bin` beside it.
    public var path: String
    /// As it was given; nil for none.
    public var document: [UInt8]?

    public init(format: ModelFormat, path: String, document: [UInt8]?) {
      self.format = format
      self.path = path
      self.document = document
    }

    /// In the order in which they are hashed.
    var paths: [String] { format == .onnx ? [path] : [path, "\(stem).bin"] }
    var documentPath: String { "\(stem).json" }
    private var stem: String { (path as NSString).deletingPathExtension }
  }

  public let store: any ModelStore
  let blobs: any BlobStore
  private let folder: any ModelCatalog
  private let header: (any ModelHeaderCheck)?
  let probe: (any ModelProbe)?
  let versions: (any ModelVersionFiles)?
  let settings: ServiceSettings
  let logger: Logger
  let now: @Sendable () -> Date
  /// Of golden pictures.
  let checks: WorkSlots

  /// - Parameters:
  ///   - versions: their files on this machine; nil where none can be checked with golden pictures.
  ///   - folder: the operator's models, whose names are taken.
  ///   - probe: nil where models cannot be tried: none is registered then.
  public init(
    store: any ModelStore, blobs: any BlobStore, versions: (any ModelVersionFiles)?,
    folder: any ModelCatalog, header: (any ModelHeaderCheck)?, probe: (any ModelProbe)?,
    settings: ServiceSettings, logger: Logger
  ) {
    self.init(
      store: store, blobs: blobs, versions: versions, folder: folder, header: header,
      probe: probe, settings: settings, logger: logger, now: { Date().wholeMilliseconds })
  }

  init(
    store: any ModelStore, blobs: any BlobStore, versions: (any ModelVersionFiles)?,
    folder: any ModelCatalog, header: (any ModelHeaderCheck)?, probe: (any ModelProbe)?,
    settings: ServiceSettings, logger: Logger, now: @escaping @Sendable () -> Date
  ) {
    self.store = store
    self.blobs = blobs
    self.folder = folder
    self.header = header
    self.probe = probe
    self.versions = versions
    self.settings = settings
    self.logger = logger
    self.now = now
    checks = WorkSlots(
      count: Self.concurrentChecks, patience: settings.idleTimeout / 2,
      of: "checks of golden pictures")
  }

  /// Whether a model of that name may be registered here.
  /// - Throws: `JobsError(.modelConflict)` for a name of the operator's folder, `.unavailable` where nothing can be tried.
  public func checkName(_ name: String) async throws {
    do {
      _ = try await folder.model(named: name)
    } catch let error as DetectionError where error.code == .modelNotFound {
      guard probe != nil else {
        throw JobsError(.unavailable, "Models cannot be tried here, so none is registered")
      }
      return
    } catch is DetectionError {
      // Damaged, and there all the same.
    }
    throw JobsError(
      .modelConflict,
      "The name \(name) is that of a model in the operator's folder, which has no versions")
  }

  /// Tries the files, keeps them and gives them a number. What is left of them on the way is the caller's to remove.
  ///
  /// - Parameter idempotency: of the request, once the hash of the files is known.
  ///
  /// The files are kept before the row that names them; who is killed in between leaves files that the sweeper finds.
  /// - Throws: `DetectionError(.modelLoadError)` with the reason for files that are no model that can be run;
  ///   `GoldenRefusal` when the version is registered, and golden pictures keep the alias from it; `JobsError` with
  ///   `.modelConflict`, `.idempotencyConflict`, `.unavailable` and what the stores throw. An alias that is moved
  ///   meanwhile is a `.modelConflict` too, of a version that is registered.
  public func publish(
    _ candidate: Candidate, as name: String, alias: String? = nil,
    idempotency: (_ sha256: String) throws -> IdempotencyKey? = { _ in nil },
    by creator: String?
  ) async throws -> ModelRegistration {
    let registration = try await register(
      candidate, as: name, idempotency: idempotency, by: creator)
    if let alias { try await move(alias, after: registration, by: creator) }
    return registration
  }

  /// The same without an alias.
  func register(
    _ candidate: Candidate, as name: String,
    idempotency: (_ sha256: String) throws -> IdempotencyKey? = { _ in nil },
    by creator: String?
  ) async throws -> ModelRegistration {
    try await checkName(name)
    let document = try candidate.document.map(Self.text)
    let (sha256, size) = try await NIOThreadPool.singleton.runIfActive {
      try document.map { try Self.write($0, to: candidate.documentPath) }
      return try ModelFileHash.sha256(of: candidate.paths)
    }
    let key = try idempotency(sha256)
    let found = try await tried(candidate, name)
    let content = ModelContent(
      filesID: ModelFilesID(at: now()), format: candidate.format, sizeBytes: size, sha256: sha256,
      document: document, task: found.task.rawValue, layout: found.layout,
      classNames: found.classNames, inputWidth: found.inputSize.width,
      inputHeight: found.inputSize.height)
    return try await kept(
      content, candidate, ModelSubmission(name: name, content: content, createdBy: creator), key)
  }

  /// Moves the alias with which a version was registered, as any other move is made: golden pictures that were put
  /// meanwhile are not passed over.
  ///
  /// A request that is sent twice moves the alias once, since it may be elsewhere by now; the second one moves it when
  /// the first was killed before.
  func move(
    _ alias: String, after registration: ModelRegistration, by mover: String?
  ) async throws {
    let id = registration.version.id
    if case .repeated = registration,
      try await store.moves(of: alias, of: id.name).contains(where: { $0.to == id.number })
    {
      return
    }
    _ = try await move(alias, of: id.name, to: id.number, expecting: .anywhere, by: mover)
  }

  private func kept(
    _ content: ModelContent, _ candidate: Candidate, _ submission: ModelSubmission,
    _ idempotency: IdempotencyKey?
  ) async throws -> ModelRegistration {
    do {
      for (path, key) in zip(candidate.paths, content.blobKeys) {
        try await blobs.keep(fileAt: path, as: key)
      }
      Failpoint.modelKept.reach()
      let registration = try await store.register(
        submission, idempotency: idempotency,
        limits: ModelLimits(models: settings.maxModels, versions: settings.maxModelVersions),
        now: now())
      if registration.version.content.filesID != content.filesID { await forget([content]) }
      return registration
    } catch {
      await forgetUnlessNamed(content, after: error)
      throw error
    }
  }

  /// After an error the row may be there all the same: the answer to its commit can be lost. What cannot be asked now
  /// is swept later.
  private func forgetUnlessNamed(_ content: ModelContent, after error: any Error) async {
    // The commit may go on even now.
    if let error = error as? JobsError, error.code == .unavailable { return }
    do {
      let isNamed = try await uncancelled { [store] in
        try await store.hasModelFiles(content.filesID)
      }
      if !isNamed { await forget([content]) }
    } catch {
      logger.warning("files of a model stay behind", metadata: ["cause": "\(error)"])
    }
  }

  /// - Throws: `JobsError` with `.modelNotFound` or `.modelInUse`.
  public func deleteVersion(_ id: ModelVersionID) async throws -> ModelVersion {
    let version = try await store.deleteVersion(id)
    await forget([version.content])
    return version
  }

  /// - Throws: `JobsError` with `.modelNotFound` or `.modelInUse`.
  public func deleteModel(named name: String) async throws -> [ModelVersion] {
    let golden = try await store.goldenSet(of: name)
    let versions = try await store.deleteModel(named: name)
    await forget(versions.map(\.content))
    // It went with them; one that was put meanwhile is swept.
    if let golden { await forget(golden) }
    return versions
  }

  /// Removes files that no row names; what cannot be removed is swept later.
  private func forget(_ contents: [ModelContent]) async {
    do {
      try await uncancelled { [blobs] in
        for content in contents {
          try await blobs.deleteAll(under: BlobKey.prefix(of: content.filesID))
        }
      }
    } catch {
      logger.warning("files of a model stay behind", metadata: ["cause": "\(error)"])
    }
  }

  // MARK: - Trying

  private func tried(_ candidate: Candidate, _ name: String) async throws -> ProbedModel {
    guard let probe else {
      throw JobsError(.unavailable, "Models cannot be tried here, so none is registered")
    }
    do {
      try await header?.check(path: candidate.path)
      return try await withTimeLimit(settings.modelCheck, "be compiled and tried") {
        try await probe.probe(path: candidate.path)
      }
    } catch let error as DetectionError where error.code == .modelLoadError {
      throw error.renaming(candidate.path, to: name)
    }
  }

  /// Cancels what takes too long.
  /// - Parameter work: what the model could not do, for people.
  func withTimeLimit<Value: Sendable>(
    _ limit: Duration, _ work: String, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await ContinuousClock().sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let value = first else {
        throw DetectionError(
          .modelLoadError, "it could not \(work) within \(Int(limit.seconds)) seconds")
      }
      return value
    }
  }

  /// JSON is UTF-8 without a NUL (RFC 8259); whether it is a document is for those who read it.
  private static func text(_ bytes: [UInt8]) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw DetectionError(.modelLoadError, "its document is not JSON in UTF-8")
    }
    return text
  }

  private static func write(_ text: String, to path: String) throws {
    let writer = try ModelFileWriter(at: path)
    try Array(text.utf8).withUnsafeBytes { try writer.append($0) }
    writer.close()
  }
}

extension DetectionError {
  /// The same error with the model's name where a path of the server stood.
  fileprivate func renaming(_ path: String, to name: String) -> DetectionError {
    let stem = (path as NSString).deletingPathExtension
    let text = [path, "\(stem).bin", "\(stem).json", stem].reduce(message) {
      $0.replacing($1, with: name)
    }
    return DetectionError(code, text, cause: cause)
  }
}
