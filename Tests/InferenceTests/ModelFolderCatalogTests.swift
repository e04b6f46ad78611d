import Foundation
import NIOPosix
import ObjectDetection
import TestSupport
import Testing

@testable import Inference

@Suite("ModelFolderCatalog")
struct ModelFolderCatalogTests {
  private let folder: TemporaryFolder
  private let catalog: ModelFolderCatalog

  init() throws {
    folder = try TemporaryFolder()
    catalog = ModelFolderCatalog(
      folder: ModelFolder(path: folder.path), threads: .singleton)
  }

  @Test("installed models are listed by name; a damaged one is left out, and named when asked for")
  func list() async throws {
    try folder.copy(Checkout.model("tree-crowns.onnx"), to: "b.onnx")
    try folder.copy(Checkout.model("tree-crowns.onnx"), to: "a.onnx")
    try folder.write("no model", to: "broken.onnx")
    let models = try await catalog.models()
    #expect(models.map(\.name) == ["a", "b"])
    let file = try ModelFile(path: folder.path("a.onnx"))
    #expect(models[0].sha256 == (try file.sha256()))
    #expect(models[0].classNames == file.metadata.classNames)
    #expect(models[0].sizeBytes == (try Data(contentsOf: URL(filePath: file.path)).count))
    await #expect { try await catalog.model(named: "broken") } throws: {
      ($0 as? DetectionError)?.code == .modelLoadError
    }
    await #expect { try await catalog.model(named: "none") } throws: {
      ($0 as? DetectionError)?.code == .modelNotFound
    }
  }

  @Test("a model that has changed is read again, one that was removed is gone")
  func changes() async throws {
    try folder.copy(Checkout.model("tree-crowns.onnx"), to: "a.onnx")
    let before = try await catalog.model(named: "a")
    #expect(try await catalog.model(named: "a") == before)
    try folder.write(#"{"names": ["Küstenbaum"]}"#, to: "a.json")
    #expect(try await catalog.model(named: "a").classNames == ["Küstenbaum"])
    try FileManager.default.removeItem(atPath: folder.path("a.onnx"))
    #expect(try await catalog.models().isEmpty)
  }
}
