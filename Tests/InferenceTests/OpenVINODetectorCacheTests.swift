import Foundation
import NIOPosix
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@testable import Inference

@Suite("OpenVINODetectorCache")
struct OpenVINODetectorCacheTests {
  private let folder: TemporaryFolder
  private let loads = Loads()
  /// What the operator was told.
  private let told = Loads()

  init() throws {
    folder = try TemporaryFolder()
    for name in ["a", "b", "c"] {
      try folder.copy(Checkout.model("tree-crowns.onnx"), to: "\(name).onnx")
    }
  }

  /// A cache whose loads are counted and made by `load`.
  private func cache(
    capacity: Int = 2, _ load: @escaping @Sendable (Int) async throws -> Void = { _ in }
  ) -> OpenVINODetectorCache {
    OpenVINODetectorCache(
      folder: ModelFolder(path: folder.path), threads: .singleton,
      limits: OpenVINODetectorCache.Limits(models: capacity),
      onWarning: { [told] in _ = told.add($0) }
    ) { [loads] file in
      try await load(loads.add(file.name))
      let detector = ScriptedDetector(
        model: DetectionModel(
          name: file.name, task: .detect, classNames: [],
          inputSize: PixelSize(width: 32, height: 32), layout: .yolov8, sha256: "")
      ) { _ in ScriptedDetector.Output([], shape: [1, 5, 0]) }
      return (detector, file.document.precision.map { "\(file.name) has no \($0)" })
    }
  }

  @Test("a model is loaded once, also for many who ask at the same time")
  func once() async throws {
    let cache = cache { _ in for _ in 0..<100 { await Task.yield() } }
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<20 { group.addTask { try await cache.detector(named: "a").model.name } }
      for try await name in group { #expect(name == "a") }
    }
    #expect(loads.names == ["a"])
  }

  @Test("the model that was asked for longest ago makes room")
  func room() async throws {
    let cache = cache(capacity: 2)
    for name in ["a", "b", "a", "c", "a", "b"] { _ = try await cache.detector(named: name) }
    #expect(loads.names == ["a", "b", "c", "b"])
  }

  @Test("a load that failed is tried again by the next who asks")
  func failure() async throws {
    let cache = cache { count in
      if count == 1 { throw DetectionError(.modelLoadError, "not now") }
    }
    await #expect(throws: DetectionError(.modelLoadError, "not now")) {
      try await cache.detector(named: "a")
    }
    #expect(try await cache.detector(named: "a").model.name == "a")
  }

  @Test(
    "the operator is told once of a model, also when it is loaded again, and anew of another fault")
  func warnings() async throws {
    let cache = cache(capacity: 1)
    try folder.write(#"{"precision": "bf16"}"#, to: "a.json")
    for name in ["a", "b", "a", "a"] { _ = try await cache.detector(named: name) }
    #expect(loads.names == ["a", "b", "a"])
    #expect(told.names == ["a has no bf16"])
    try folder.write(#"{"precision": "int8" }"#, to: "a.json")
    _ = try await cache.detector(named: "a")
    #expect(told.names == ["a has no bf16", "a has no int8"])
  }

  @Test("a model whose file has changed is loaded anew; an unknown one is an error")
  func changes() async throws {
    let cache = cache()
    _ = try await cache.detector(named: "a")
    try folder.write(#"{"names": ["tree"]}"#, to: "a.json")
    _ = try await cache.detector(named: "a")
    #expect(loads.names == ["a", "a"])
    await #expect { try await cache.detector(named: "x") } throws: {
      ($0 as? DetectionError)?.code == .modelNotFound
    }
  }
}

/// Names in the order in which they came.
private final class Loads: Sendable {
  private let state = Mutex<[String]>([])

  var names: [String] { state.withLock { $0 } }

  /// Returns how many there are now.
  func add(_ name: String) -> Int {
    state.withLock { state in
      state.append(name)
      return state.count
    }
  }
}
