import Foundation
import Jobs
import NIOPosix
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("Files of registered models on a machine")
struct ModelVersionCacheTests {
  private let bench: ModelBench
  private let lookUps = LookUps()
  private var path: String { bench.folder.path("models") }

  init() throws { bench = try ModelBench() }

  private func cache(maxBytes: Int = 1 << 20) -> ModelVersionCache {
    ModelVersionCache(
      store: bench.store, blobs: bench.blobs, folder: path, maxBytes: maxBytes,
      threads: .singleton, onLookUp: { [lookUps] in lookUps.add($0) })
  }

  /// What the lent files hold, by their names.
  private func contents(_ cache: ModelVersionCache, _ name: String) async throws -> [String: String]
  {
    try await cache.withFiles(ofVersion: name) { path in
      let folder = (path as NSString).deletingLastPathComponent
      var contents: [String: String] = [:]
      for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        contents[name] = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      }
      return contents
    }
  }

  private func entries() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: path))
  }

  @Test("files are fetched once, lent with their document, and nothing else stays")
  func fetched() async throws {
    let version = try await bench.publish("model", document: "{}")
    let cache = cache()
    for _ in 0..<3 {
      #expect(
        try await contents(cache, "aerial@1") == ["model.onnx": "model", "model.json": "{}"])
    }
    #expect(lookUps.hits == [false, true, true])
    #expect(try entries() == ["\(version.content.filesID)"])
  }

  @Test("files that were damaged on the disk are fetched anew")
  func damaged() async throws {
    let version = try await bench.publish("model")
    let cache = cache()
    _ = try await contents(cache, "aerial@1")
    let file = "\(path)/\(version.content.filesID)/model.onnx"
    for damage in ["mode", "modem", ""] {
      try Data(damage.utf8).write(to: URL(fileURLWithPath: file))
      #expect(try await contents(cache, "aerial@1")["model.onnx"] == "model")
    }
    try FileManager.default.removeItem(atPath: file)
    #expect(try await contents(cache, "aerial@1")["model.onnx"] == "model")
  }

  @Test("a blob that is not what was registered is never lent")
  func wrongBlob() async throws {
    let version = try await bench.publish("model")
    try await bench.blobs.put(Array("other".utf8), as: version.content.blobKeys[0])
    await #expect {
      _ = try await contents(cache(), "aerial@1")
    } throws: { ($0 as? DetectionError)?.code == .modelLoadError }
    #expect(try entries().isEmpty)
  }

  @Test("a blob that is gone is the store's failure: it may come back")
  func noBlob() async throws {
    let version = try await bench.publish("model")
    try await bench.blobs.delete(version.content.blobKeys)
    await #expect {
      _ = try await contents(cache(), "aerial@1")
    } throws: { ($0 as? JobsError)?.code == .storageError }
    #expect(try entries().isEmpty)
  }

  @Test(
    "what is no version of a registered model is not found",
    arguments: ["aerial", "aerial@2", "aerial@production", "../x@1"])
  func unknown(name: String) async throws {
    try await bench.publish("model")
    await #expect {
      _ = try await contents(cache(), name)
    } throws: { ($0 as? DetectionError)?.code == .modelNotFound }
  }

  @Test(
    "versions that were used longest ago make room; one that is larger than the limit is lent all the same"
  )
  func room() async throws {
    let versions = [
      try await bench.publish("aaaa"), try await bench.publish("bbbb"),
      try await bench.publish("cccc"),
    ]
    let cache = cache(maxBytes: 8)
    for (number, age) in [(1, 300.0), (2, 200)] {
      _ = try await contents(cache, "aerial@\(number)")
      try FileManager.default.setAttributes(
        [.modificationDate: Date() - age],
        ofItemAtPath: "\(path)/\(versions[number - 1].content.filesID)")
    }
    // The first one is used again, so the second one is the oldest.
    _ = try await contents(cache, "aerial@1")
    _ = try await contents(cache, "aerial@3")
    #expect(
      try entries() == ["\(versions[0].content.filesID)", "\(versions[2].content.filesID)"])
    let small = self.cache(maxBytes: 1)
    #expect(try await contents(small, "aerial@2")["model.onnx"] == "bbbb")
    #expect(try entries() == ["\(versions[1].content.filesID)"])
  }

  @Test("files that make room while they are lent stay until they are given back")
  func lent() async throws {
    let version = try await bench.publish("model")
    let cache = cache()
    try await cache.withFiles(ofVersion: "aerial@1") { lent in
      try FileManager.default.removeItem(atPath: "\(path)/\(version.content.filesID)")
      let content = try String(contentsOfFile: lent, encoding: .utf8)
      #expect(content == "model")
    }
    #expect(try entries().isEmpty)
  }

  @Test("processes that fetch the same at once all get it, and one copy stays")
  func together() async throws {
    let version = try await bench.publish("model")
    try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<8 {
        let cache = cache()
        group.addTask { try await contents(cache, "aerial@1")["model.onnx"] }
      }
      for try await content in group { #expect(content == "model") }
    }
    #expect(try entries() == ["\(version.content.filesID)"])
  }

  @Test("what a killed process has left is swept after a day")
  func leftovers() async throws {
    try await bench.publish("model")
    for (name, age) in [(".part-1-old", 90_000.0), (".use-1-old", 90_000), (".part-1-new", 60)] {
      try bench.folder.write("half", to: "models/\(name)/model.onnx")
      try FileManager.default.setAttributes(
        [.modificationDate: Date() - age], ofItemAtPath: "\(path)/\(name)")
    }
    _ = try await contents(cache(), "aerial@1")
    let hidden = Array(try entries()).filter { $0.hasPrefix(".") }
    #expect(hidden == [".part-1-new"])
  }
}

/// Whether each version's files were there.
private final class LookUps: Sendable {
  private let state = Mutex<[Bool]>([])

  var hits: [Bool] { state.withLock { $0 } }
  func add(_ isHit: Bool) { state.withLock { $0.append(isHit) } }
}
