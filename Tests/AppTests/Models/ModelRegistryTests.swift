import Foundation
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Model registry")
struct ModelRegistryTests {
  private let bench: ModelBench

  init() throws { bench = try ModelBench() }

  private func code(_ body: () async throws -> Void) async -> JobsError.Code? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? JobsError)?.code
    }
  }

  /// The hashes were made by sha256sum.
  @Test(
    "a version has what the probe found, the hash and size of its file, and its document as it was given"
  )
  func published() async throws {
    let version = try await bench.publish("model", document: "{ \"names\": [\"ü\"] }\n")
    #expect(version.id == ModelVersionID(name: "aerial", number: 1))
    #expect(version.createdBy == "ann")
    let content = version.content
    #expect(
      content.sha256 == "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4")
    #expect(content.sizeBytes == 5)
    #expect(content.document == "{ \"names\": [\"ü\"] }\n")
    #expect(content.task == "obb")
    #expect(content.classNames == ["plane", "ship"])
    #expect(content.inputWidth == 640)
    #expect(content.inputHeight == 512)
    let kept = try await bench.blobs.bytes(content.blobKeys[0], limit: 9)
    #expect(String(decoding: kept, as: UTF8.self) == "model")
  }

  @Test("the probe sees the document beside the model")
  func documentBeside() async throws {
    bench.probe.answer { path in
      let stem = (path as NSString).deletingPathExtension
      let text = try String(contentsOfFile: "\(stem).json", encoding: .utf8)
      #expect(text == "{}")
      return ScriptedProbe.found
    }
    try await bench.publish("model", document: "{}")
  }

  @Test("weights belong to the hash, behind the XML")
  func weights() async throws {
    let stem = try await bench.blobs.temporaryPath()
    for (name, text) in [("xml", "<net/>"), ("bin", "weights")] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(stem).\(name)"))
    }
    let version = try await bench.registry.publish(
      ModelRegistry.Candidate(format: .openVINO, path: "\(stem).xml", document: nil),
      as: "aerial", by: nil
    ).version
    #expect(
      version.content.sha256
        == "e9fe29a67dd23b9ae24f4f14d268a1df1393c8006140f8a6752014a6ee4011ad")
    #expect(version.content.sizeBytes == 13)
    let kept = try await bench.blobs.bytes(version.content.blobKeys[1], limit: 9)
    #expect(String(decoding: kept, as: UTF8.self) == "weights")
  }

  @Test("what the probe refuses is not kept, and its reason names no path of the server")
  func refused() async throws {
    bench.probe.answer { path in
      throw DetectionError(.modelLoadError, "\(path): the model cannot be used: its task is \"x\"")
    }
    let error = await #expect(throws: DetectionError.self) { _ = try await bench.publish("bad") }
    #expect(error?.message == "aerial: the model cannot be used: its task is \"x\"")
    #expect(error?.code == .modelLoadError)
    #expect(try await bench.keptFiles().isEmpty)
    #expect(try await bench.store.registeredModel(named: "aerial") == nil)
  }

  @Test("a model that takes too long is refused, and its probe cancelled")
  func slow() async throws {
    let bench = try ModelBench { $0.modelCheck = .milliseconds(20) }
    bench.probe.answer { _ in
      // Returns when it is cancelled.
      for await _ in AsyncStream<Void>.makeStream().stream {}
      throw CancellationError()
    }
    let error = await #expect(throws: DetectionError.self) { _ = try await bench.publish("slow") }
    #expect(error?.code == .modelLoadError)
    #expect(try await bench.keptFiles().isEmpty)
  }

  @Test(
    "a document that is no text is refused before anything is tried",
    arguments: [[0xff], [0x7b, 0, 0x7d]] as [[UInt8]])
  func badDocument(bytes: [UInt8]) async throws {
    var candidate = try await bench.candidate("model")
    candidate.document = bytes
    bench.probe.answer { _ in
      Issue.record("it was tried")
      return ScriptedProbe.found
    }
    let submitted = candidate
    let error = await #expect(throws: DetectionError.self) {
      _ = try await bench.registry.publish(submitted, as: "aerial", by: nil)
    }
    #expect(error?.code == .modelLoadError)
  }

  @Test("a name of the operator's folder is taken")
  func taken() async throws {
    #expect(await code { _ = try await bench.publish("x", as: "tree-crowns") } == .modelConflict)
    #expect(try await bench.keptFiles().isEmpty)
  }

  @Test("the same model a second time is the same version, and leaves no second file")
  func known() async throws {
    let first = try await bench.publish("model")
    let again = try await bench.registry.publish(
      try await bench.candidate("model"), as: "aerial", alias: "candidate", by: nil)
    #expect(again == .known(first))
    #expect(try await bench.keptFiles() == ["\(first.content.filesID)"])
    #expect(
      try await bench.store.registeredModel(named: "aerial")?.aliases
        == ["production": 1, "candidate": 1])
  }

  @Test("what the store refuses leaves no file behind")
  func full() async throws {
    let bench = try ModelBench { $0.maxModels = 1 }
    try await bench.publish("a")
    #expect(await code { _ = try await bench.publish("b", as: "other") } == .modelConflict)
    #expect(try await bench.keptFiles().count == 1)
  }

  @Test("what is deleted goes with its files")
  func deleted() async throws {
    let first = try await bench.publish("a")
    let second = try await bench.publish("b")
    #expect(await code { _ = try await bench.registry.deleteVersion(first.id) } == .modelInUse)
    _ = try await bench.registry.deleteVersion(second.id)
    #expect(try await bench.keptFiles() == ["\(first.content.filesID)"])
    #expect(try await bench.registry.deleteModel(named: "aerial") == [first])
    #expect(try await bench.keptFiles().isEmpty)
  }
}

@Suite("Registered models in the catalog")
struct RegisteredModelCatalogTests {
  private let bench: ModelBench
  private var catalog: RegisteredModelCatalog {
    RegisteredModelCatalog(folder: FolderOfOne(), store: bench.store)
  }

  init() throws { bench = try ModelBench() }

  @Test("a name means the folder's model, else the version that it stands for now")
  func named() async throws {
    try await bench.publish("a")
    try await bench.publish("b")
    #expect(try await catalog.model(named: "tree-crowns").pin == nil)
    #expect(try await catalog.model(named: "aerial").name == "aerial@1")
    #expect(try await catalog.model(named: "aerial@2").name == "aerial@2")
    _ = try await bench.store.move(
      "production", of: "aerial", to: 2, expecting: .at(1), by: nil, now: startOfTests)
    let model = try await catalog.model(named: "aerial@production")
    #expect(model.name == "aerial@2")
    #expect(model.inputSize == PixelSize(width: 640, height: 512))
    #expect(
      model.pin
        == ModelPin(id: ModelVersionID(name: "aerial", number: 2), sha256: model.sha256))
  }

  @Test(
    "what names nothing is not found",
    arguments: [
      "other", "aerial@3", "aerial@candidate", "tree-crowns@1", "aerial@", "../aerial", "a/b@1", "",
    ])
  func unknown(name: String) async throws {
    try await bench.publish("a")
    await #expect {
      try await catalog.model(named: name)
    } throws: { ($0 as? DetectionError)?.code == .modelNotFound }
  }

  @Test("the list has the folder's models and the version that each name means")
  func list() async throws {
    for name in ["b", "a"] { try await bench.publish("x", as: name) }
    #expect(try await catalog.models().map(\.name) == ["tree-crowns", "a@1", "b@1"])
  }
}
