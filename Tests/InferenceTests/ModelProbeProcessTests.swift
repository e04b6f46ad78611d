import Foundation
import ObjectDetection
import TestSupport
import Testing

@testable import Inference

@Suite("ModelProbeProcess")
struct ModelProbeProcessTests {
  @Test("the child gets no passwords")
  func environment() {
    let kept = [
      "PATH": "/bin", "LC_ALL": "C", "HARRIER_OPENVINO_DIR": "/ov", "HARRIER_TEST_X": "1",
      "TSAN_OPTIONS": "x",
    ]
    let secret = [
      "HARRIER_DATABASE_URL": "postgres://u:p@h/d", "HARRIER_STORAGE_SECRET_KEY": "s",
      "AWS_SECRET_ACCESS_KEY": "s", "PGPASSWORD": "p", "HARRIER_API_KEY": "k",
    ]
    #expect(ModelProbeProcess.childVariables(of: kept.merging(secret) { $1 }) == kept)
  }

  @Test("what the child says names no folder of the server")
  func words() async throws {
    let folder = try TemporaryFolder()
    try folder.write("x", to: "candidate.onnx")
    try folder.write("{}", to: "candidate.json")
    let probe = ModelProbeProcess(temporaryFolder: folder.path, timeLimit: .seconds(1))
    let error = await #expect(throws: DetectionError.self) {
      try await probe.withLinkedModel(folder.path("candidate.onnx")) { model in
        let linked = (model as NSString).deletingLastPathComponent
        #expect(FileManager.default.contents(atPath: model) == Data("x".utf8))
        let canonical = URL(fileURLWithPath: model).resolvingSymlinksInPath().path
        throw DetectionError(
          .modelLoadError,
          "\(model) is odd; \(linked)/model.json too; \(canonical); model.onnx crashes")
      }
    }
    #expect(
      error?.message == "the model is odd; model.json too; the model; the model crashes")
    #expect(try folder.files() == ["candidate.json", "candidate.onnx"])
  }
}
