import Foundation
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("The model of a job")
struct PinnedModelTests {
  @Test("references are names of models in a configuration, and nothing else is")
  func references() throws {
    for name in ["aerial", "aerial@3", "aerial@candidate"] {
      #expect(try configuration("{\"model\": \"\(name)\"}").model == name)
      // As a job keeps it: nothing is left to the model's document.
      let kept = try configuration(
        "{\"model\": \"\(name)\", \"confidence_threshold\": 0.5}")
      let read = try DetectionConfiguration(json: kept.json)
      #expect(read == kept)
    }
    for name in ["aerial@", "aerial@0", "../aerial@3", "aerial@3@4", "aerial@Prod"] {
      let error = #expect(throws: APIError.self) {
        try configuration("{\"model\": \"\(name)\"}")
      }
      #expect(error?.code == .modelNotFound, "\(name)")
    }
  }

  @Test("a job whose version has other files than it was accepted with fails for good")
  func otherFiles() async throws {
    let bench = try await DetectionBench()
    var claimed = try await bench.claim()
    claimed.job.model = ModelPin(
      id: ModelVersionID(name: "scripted", number: 1), sha256: String(repeating: "1", count: 64))
    let other = claimed
    let error = await #expect(throws: AttemptError.self) {
      _ = try await bench.execute(other)
    }
    #expect(error?.failure.code == "MODEL_LOAD_ERROR")
    #expect(error?.isFinal == true)
    claimed.job.model?.sha256 = DetectionBench.model.sha256
    _ = try await bench.execute(claimed)
  }
}
