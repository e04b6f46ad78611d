import Foundation
import TestSupport
import Testing

/// The child that tries models, without the process that starts it.
@Suite("harrier models probe")
struct ProbeProcessTests {
  @Test("it ends by itself when nobody is there to end it")
  func endsAlone() async throws {
    let folder = try TemporaryFolder()
    let model = try folder.copy(Checkout.modelFixture("hostile/hang.onnx"), to: "m/model.onnx")
    try folder.write(
      #"""
      {"model": "\#(model)", "precision": "f32", "samples": [], "slices": false, "standard": false,
       "evaluation": false, "measured_seconds": 0, "time_limit_seconds": 1, "requires_sandbox": false}
      """#, to: "request/request.json")
    let start = ContinuousClock.now
    let output = try await HarrierProcess(["models", "probe", folder.path("request")]).run()
    #expect(output.status == 128 + SIGALRM, "\(output.standardError)")
    #expect(output.end - start >= .seconds(5))
  }
}
