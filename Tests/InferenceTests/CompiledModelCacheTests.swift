import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

@Suite("OpenVINODetector: the cache of compiled models")
struct CompiledModelCacheTests {
  private let folder: TemporaryFolder
  private var options: OpenVINOOptions { OpenVINOOptions(cacheDirectory: folder.path) }
  private let model = Checkout.model("tree-crowns.onnx")

  init() throws { folder = try TemporaryFolder() }

  private func trees() async throws -> [Detection] {
    let detector = try await EngineFixture.detector(model, options: options)
    return try await EngineFixture.detectTrees(with: detector).detections
  }

  @Test("the first load fills it, the second adds nothing and finds the same")
  func filled() async throws {
    let first = try await trees()
    let files = try folder.files()
    #expect(!files.isEmpty)
    let second = try await trees()
    #expect(first == second)
    #expect(try folder.files() == files)
  }

  @Test(
    "a damaged entry is compiled anew",
    arguments: ["empty", "half", "noise"])
  func damaged(_ damage: String) async throws {
    let expected = try await trees()
    for file in try folder.files() {
      let path = folder.path(file)
      let bytes = try Checkout.data(path)
      let damaged =
        switch damage {
        case "empty": Data()
        case "half": bytes.prefix(bytes.count / 2)
        default: Data(repeating: 0xa5, count: bytes.count)
        }
      try damaged.write(to: URL(fileURLWithPath: path))
    }
    #expect(try await trees() == expected)
  }

  @Test("a folder that cannot be made only costs time")
  func unusable() async throws {
    let file = try folder.write("a file, no folder", to: "blocked")
    let detector = try await EngineFixture.detector(
      Checkout.modelFixture("v8-detect.onnx"),
      options: OpenVINOOptions(cacheDirectory: file + "/cache"))
    #expect(detector.model.classNames.count == 3)
  }
}
