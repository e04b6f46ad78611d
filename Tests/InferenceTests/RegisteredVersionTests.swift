import Foundation
import NIOPosix
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@testable import Inference

@Suite("Registered versions in the cache of loaded models")
struct RegisteredVersionTests {
  private let folder: TemporaryFolder
  private let versions: LentVersions

  init() throws {
    folder = try TemporaryFolder()
    versions = LentVersions(path: Checkout.modelFixture("v8-detect.onnx"))
  }

  /// A cache whose models take `pixels` x 80 bytes and twice their file.
  private func cache(
    _ limits: OpenVINODetectorCache.Limits, side: Int = 100,
    onEviction: @escaping @Sendable () -> Void = {}
  ) -> OpenVINODetectorCache {
    OpenVINODetectorCache(
      folder: ModelFolder(path: folder.path), versions: versions, threads: .singleton,
      limits: limits, onEviction: onEviction
    ) { file in
      let detector = ScriptedDetector(
        model: DetectionModel(
          name: file.name, task: .detect, classNames: [],
          inputSize: PixelSize(width: side, height: side), layout: .yolov8, sha256: "")
      ) { _ in ScriptedDetector.Output([], shape: [1, 5, 0]) }
      return (detector, nil)
    }
  }

  @Test("a version is loaded from its lent files, under its whole name, and once")
  func loaded() async throws {
    let cache = cache(OpenVINODetectorCache.Limits())
    for _ in 0..<3 { #expect(try await cache.detector(named: "aerial@3").model.name == "aerial@3") }
    #expect(versions.lent == ["aerial@3"])
  }

  @Test("two versions are loaded side by side, and an older one makes room")
  func sideBySide() async throws {
    let cache = cache(OpenVINODetectorCache.Limits(models: 2))
    for name in ["a@1", "a@2", "a@1", "a@3", "a@1", "a@2"] {
      _ = try await cache.detector(named: name)
    }
    #expect(versions.lent == ["a@1", "a@2", "a@3", "a@2"])
  }

  @Test("models make room when all of them take more memory than they may, but never the last one")
  func memory() async throws {
    let file = try FileManager.default.attributesOfItem(atPath: versions.path)[.size] as? Int ?? 0
    let evictions = Mutex(0)
    // One of 100 x 100 pixels on one request takes 800,000 bytes and twice its file.
    let concurrency = 1
    let cost = 2 * file + 80 * 10_000 * concurrency
    let two = cache(OpenVINODetectorCache.Limits(models: 9, bytes: 2 * cost)) {
      evictions.withLock { $0 += 1 }
    }
    for number in 1...3 { _ = try await two.detector(named: "a@\(number)") }
    #expect(two.kept.models == 2)
    #expect(two.kept.bytes == 2 * cost)
    #expect(evictions.withLock { $0 } == 1)
    let none = cache(OpenVINODetectorCache.Limits(models: 9, bytes: 0))
    for number in 1...3 { _ = try await none.detector(named: "a@\(number)") }
    #expect(none.kept.models == 1)
  }

  @Test("a version whose files cannot be had is asked for again by the next one")
  func failure() async throws {
    let cache = cache(OpenVINODetectorCache.Limits())
    versions.fail(true)
    await #expect(throws: DetectionError.self) { try await cache.detector(named: "a@1") }
    versions.fail(false)
    #expect(try await cache.detector(named: "a@1").model.name == "a@1")
  }

  @Test("without a registry there are no versions")
  func none() async throws {
    let cache = OpenVINODetectorCache(
      folder: ModelFolder(path: folder.path), threads: .singleton,
      limits: OpenVINODetectorCache.Limits()
    ) { _ in throw DetectionError(.modelLoadError, "not reached") }
    await #expect {
      try await cache.detector(named: "a@1")
    } throws: { ($0 as? DetectionError)?.code == .modelNotFound }
  }
}

/// Each in a process of its own, so that nobody else's memory and files are counted.
@Suite("Memory of swapped models", .serialized)
struct ModelSwapTests {
  @Test("five hundred swaps of versions keep neither memory nor files")
  func swaps() async {
    await #expect(processExitsWith: .success) {
      let versions = LentVersions(path: Checkout.modelFixture("v8-detect.onnx"))
      let runtime = try EngineFixture.runtime()
      let cache = OpenVINODetectorCache(
        folder: ModelFolder(path: Checkout.path("Models")), versions: versions,
        options: OpenVINOOptions(), runtime: runtime, threads: .singleton)
      /// Each version is another one, and is used: two stay loaded beside it.
      func swap(_ numbers: ClosedRange<Int>) async throws {
        for number in numbers {
          let detector = try await cache.detector(named: "aerial@\(number)")
          #expect(detector.model.name == "aerial@\(number)")
          _ = try await DetectionPipeline(detector: detector).detect(
            in: PixelBuffer(width: 64, height: 64, grey: 100), options: DetectionOptions(),
            lane: ImageLane(id: 0))
        }
      }
      // The allocator's and OpenVINO's own pools fill during the first ones.
      try await swap(1...60)
      let before = try ProcessResources.now()
      try await swap(61...560)
      #expect(cache.kept.models == 3)
      // A leak of a hundredth of what one takes would show: 500 of 100 KB are 48 MiB.
      try before.expectNoGrowth(allowing: 32)
    }
  }
}

/// One file, lent as any version.
private final class LentVersions: ModelVersionFiles {
  let path: String
  private let state = Mutex<(lent: [String], fails: Bool)>(([], false))

  init(path: String) { self.path = path }

  var lent: [String] { state.withLock { $0.lent } }
  func fail(_ fails: Bool) { state.withLock { $0.fails = fails } }

  func withFiles<Result: Sendable>(
    ofVersion name: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    let fails = state.withLock { state in
      state.lent.append(name)
      return state.fails
    }
    if fails { throw DetectionError(.modelLoadError, "damaged") }
    return try await body(path)
  }
}
