import Foundation
import TestSupport
import Testing

@Suite(
  "Service: traces",
  .enabled(if: PythonScript.isInstalled, "scripts/test-tools installs the collector's definitions"))
struct TraceTests {
  @Test("a client's trace goes on in the API process, the job, its worker and the webhook")
  func joined() async throws {
    let trace = "0af7651916cd43dd8448eb211c80319c"
    let folder = try TemporaryFolder()
    let receiver = try await WebhookReceiver.start()
    try await TraceCollector.running { collector in
      let server = try await ServerProcess.start(
        dataDirectory: folder.path("data"),
        environment: [
          "HARRIER_RATE_LIMIT": "0", "HARRIER_OTLP_ENDPOINT": collector.endpoint,
          "HARRIER_WEBHOOK_ALLOW_PRIVATE": "true",
        ])
      let client = ServiceClient(baseURL: server.baseURL)
      let upload = try await client.upload([
        ("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))
      ])
      let id = try #require(upload.data["upload_id"] as? String)
      let started = try await client.post(
        "/api/v1/inference/predict",
        json: #"{"upload_id":"\#(id)","callback_url":"\#(receiver.url("/hook"))"}"#,
        headers: ["traceparent": "00-\(trace)-b7ad6b7169203331-01"])
      let job = try #require(started.data["job_id"] as? String, "\(started.text)")
      try await client.waitForEnd(of: job)
      try await eventually { !receiver.requests.isEmpty }
      _ = try await client.get("/health/ready")
      _ = try await client.get("/metrics")

      var mine: [TraceCollector.Span] = []
      let expected: Set = [
        "POST /api/v1/inference/predict", "database insert_job", "job wait", "job attempt",
        "load model", "image", "decode", "infer", "merge", "render", "store", "files keep",
        "database record", "webhook",
      ]
      try await eventually {
        mine = try collector.spans().filter { $0.traceId == trace }
        return expected.isSubset(of: mine.map(\.name))
      }
      func one(_ name: String) throws -> TraceCollector.Span {
        try #require(mine.first { $0.name == name }, "\(name)")
      }
      let request = try one("POST /api/v1/inference/predict")
      #expect(request.parentSpanId == "b7ad6b7169203331")
      #expect(request.service == "harrier")
      for name in ["database insert_job", "job wait", "job attempt", "webhook"] {
        #expect(try one(name).parentSpanId == request.spanId, "\(name)")
      }
      let attempt = try one("job attempt")
      #expect(attempt.service == "harrier-worker")
      let image = try one("image")
      #expect(image.parentSpanId == attempt.spanId)
      for name in ["decode", "infer", "merge", "render", "store"] {
        let stage = try one(name)
        #expect(stage.parentSpanId == image.spanId, "\(name)")
        #expect(stage.start >= image.start && stage.end <= image.end, "\(name)")
      }
      // The receiver can go on with the trace.
      let header = receiver.requests.first?.headers["traceparent"] ?? ""
      #expect(header == "00-\(trace)-\(try one("webhook").spanId)-01")
      // Logs name the trace, and an exemplar leads to it.
      #expect(server.log.contains(#""trace_id":"\#(trace)""#))
      let scrape = try await client.get(
        "/metrics", headers: ["Accept": "application/openmetrics-text"]
      ).text
      #expect(scrape.contains(##"# {trace_id="\##(trace)"}"##))
      // The upload has begun a trace of its own; probes and scrapes have none.
      let names = Set(try collector.spans().map(\.name))
      #expect(names.contains("POST /api/v1/inference/upload"))
      #expect(!names.contains { $0.contains("/health/") || $0.contains("/metrics") })
      #expect(await server.stop() == 0)
    }
    try await receiver.stop()
  }

  @Test(
    "a client that has decided against its trace has none, and jobs are done without a collector")
  func unsampled() async throws {
    let folder = try TemporaryFolder()
    // Nobody listens there.
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"),
      environment: ["HARRIER_OTLP_ENDPOINT": "http://127.0.0.1:\(try freePort())"])
    let client = ServiceClient(baseURL: server.baseURL)
    let job = try await client.runJob(
      [("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))])
    #expect(
      try await client.get("/api/v1/jobs/\(job)/status").data["status"] as? String == "completed")
    #expect(await server.stop() == 0)
    #expect(!server.log.contains(#""level":"error""#), "\(server.log)")
  }
}
