import Foundation
import Jobs
import Logging
import NIOPosix
import ObjectDetection
import Synchronization
import TestSupport

@testable import App

/// A registry over stores in memory, whose probe says what a test lets it say.
final class ModelBench: Sendable {
  let store = MemoryStore()
  let blobs: MemoryBlobStore
  let folder: TemporaryFolder
  let probe = ScriptedProbe()
  let settings: ServiceSettings

  init(_ change: (inout ServiceSettings) -> Void = { _ in }) throws {
    blobs = try MemoryBlobStore()
    folder = try TemporaryFolder()
    var settings = ServiceSettings()
    change(&settings)
    self.settings = settings
  }

  var registry: ModelRegistry {
    ModelRegistry(
      store: store, blobs: blobs, versions: versions, folder: FolderOfOne(), header: nil,
      probe: probe, settings: settings, logger: Self.logger, now: { startOfTests })
  }

  /// The files of what was registered.
  var versions: ModelVersionCache {
    ModelVersionCache(
      store: store, blobs: blobs, folder: folder.path("models"), maxBytes: 1 << 20,
      threads: .singleton)
  }

  /// An ONNX file of these bytes, on the blob store's disk.
  func candidate(_ content: String, document: String? = nil) async throws -> ModelRegistry.Candidate
  {
    let path = try await blobs.temporaryPath() + ".onnx"
    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    return ModelRegistry.Candidate(
      format: .onnx, path: path, document: document.map { Array($0.utf8) })
  }

  @discardableResult
  func publish(_ content: String, as name: String = "aerial", document: String? = nil)
    async throws -> ModelVersion
  {
    try await registry.publish(
      try await candidate(content, document: document), as: name, by: "ann"
    ).version
  }

  /// Ids of the files in the blob store.
  func keptFiles() async throws -> [String] {
    try await blobs.names(under: BlobKey.models, after: nil, limit: 1000).map(\.name)
  }

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Finds the same in every file, or what a test says instead.
final class ScriptedProbe: ModelProbe {
  typealias Script = @Sendable (_ path: String) async throws -> ProbedModel

  static let found = ProbedModel(
    task: .obb, classNames: ["plane", "ship"], inputSize: PixelSize(width: 640, height: 512),
    layout: "oriented")

  typealias Look = @Sendable (_ path: String, _ pictures: [String]) async throws -> ProbedPictures

  private let state = Mutex<Script>({ _ in ScriptedProbe.found })
  private let look = Mutex<(script: Look, count: Int)>(
    ({ _, pictures in ProbedPictures(labels: [], pictures: pictures.map { _ in [] }) }, 0))

  func answer(_ script: @escaping Script) { state.withLock { $0 = script } }

  /// What a model finds in pictures; nothing unless a test says it.
  func find(_ script: @escaping Look) { look.withLock { $0.script = script } }

  /// How often pictures were looked at.
  var looks: Int { look.withLock { $0.count } }

  func probe(path: String) async throws -> ProbedModel {
    try await state.withLock { $0 }(path)
  }

  func detect(
    path: String, in pictures: [String], timeLimit: Duration
  ) async throws -> ProbedPictures {
    let script = look.withLock { look in
      look.count += 1
      return look.script
    }
    return try await script(path, pictures)
  }
}

/// The operator's folder, with the model `tree-crowns`.
struct FolderOfOne: ModelCatalog {
  private static let model = InstalledModel(
    name: "tree-crowns", task: .detect, classNames: ["tree"],
    inputSize: PixelSize(width: 640, height: 640), sha256: String(repeating: "f", count: 64),
    sizeBytes: 7)

  func models() async throws -> [InstalledModel] { [Self.model] }

  func model(named name: String) async throws -> InstalledModel {
    guard name == Self.model.name else { throw DetectionError(.modelNotFound, "no such model") }
    return Self.model
  }
}
