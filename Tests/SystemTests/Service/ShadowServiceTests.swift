import Foundation
import TestSupport
import Testing

/// A candidate that runs beside a model, in a running service with real workers.
@Suite("Service: shadows")
struct ShadowServiceTests {
  private static let picture = "yell-541000.jpg"

  private let data: TemporaryFolder
  private let server: ServerProcess
  private var client: ServiceClient { ServiceClient(baseURL: server.baseURL) }

  init() async throws {
    data = try TemporaryFolder()
    server = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: ["HARRIER_RATE_LIMIT": "0"])
  }

  private func publish(_ document: String) async throws {
    let model = try Checkout.data(Checkout.model("tree-crowns.onnx"))
    var body = Data()
    for (name, content) in [("document", Data(document.utf8)), ("model", model)] {
      body += Data("--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n".utf8)
      body += content + Data("\r\n".utf8)
    }
    let answer = try await client.send(
      "POST", "/api/v1/models/trees/versions",
      headers: ["Content-Type": "multipart/form-data; boundary=b"],
      body: body + Data("--b--\r\n".utf8))
    #expect(answer.status == 201, "\(answer.text)")
  }

  /// The command with this server's stores.
  private func harrier(_ arguments: String...) async throws -> HarrierProcess.Output {
    let folder = data.path("data")
    return try await HarrierProcess(
      arguments + ["--data-dir", folder],
      environment: TestStores.areShared
        ? try await TestStores.clusterEnvironment(of: folder) : [:]
    ).run()
  }

  private func report() async throws -> [String: Any] {
    try await client.get("/api/v1/models/trees/shadow").data["report"] as? [String: Any] ?? [:]
  }

  @Test("a job's shadow runs after it, is compared with it, and stays in the report without it")
  func beside() async throws {
    try await publish("{}")
    try await publish(#"{"confidence_threshold": 0.6}"#)
    let set = try await harrier(
      "models", "shadow", "trees", "--candidate", "2", "--share", "1")
    #expect(set.status == 0, "\(set.standardError)")
    #expect(set.text.hasPrefix("trees@2 runs beside 100 % of the jobs of trees"), "\(set.text)")
    let picture = try Checkout.data(Checkout.sample(Self.picture))
    let job = try await client.runJob([(Self.picture, picture)], config: #"{"model":"trees"}"#)
    try await eventually { try await self.report()["jobs"] as? Int == 1 }
    let report = try await self.report()
    let figures = try #require(report["figures"] as? [String: Any])
    let worst = try #require((report["worst"] as? [[String: Any]])?.first)
    #expect(worst["job_id"] as? String == job)
    let shadow = try #require(worst["shadow_job_id"] as? String)
    for (id, boxes) in [(job, "base_boxes"), (shadow, "candidate_boxes")] {
      let results = try await client.get("/api/v1/jobs/\(id)/results").data
      #expect(results["total_detections"] as? Int == figures[boxes] as? Int)
    }
    let (base, candidate) = (figures["base_boxes"] as? Int ?? 0, figures["candidate_boxes"] as? Int)
    #expect(base > candidate ?? 0 && candidate ?? 0 > 0)
    let status = try await client.get("/api/v1/jobs/\(shadow)/status").data
    #expect(status["priority"] as? String == "low")
    #expect((status["comparison"] as? [String: Any])?["shadow"] as? Bool == true)
    let metrics = try await client.get("/metrics").text
    #expect(metrics.contains("inference_jobs_total{status=\"completed\"} 1\n"))
    #expect(metrics.contains("harrier_shadows_total{result=\"compared\"} 1\n"))
    let upload = try #require(status["upload_id"] as? String)
    let deleted = try await client.send("DELETE", "/api/v1/uploads/\(upload)")
    #expect(deleted.data["deleted_jobs"] as? Int == 1, "\(deleted.text)")
    let shown = try await harrier("models", "shadow", "trees")
    #expect(
      shown.text.contains("trees@2 beside trees@1: 1 job compared, 0 failed, 0 waiting; 1 picture"),
      "\(shown.text)")
    #expect(try await harrier("models", "shadow", "trees", "--off").status == 0)
    #expect(
      try await client.get("/api/v1/models/trees/shadow?base=1&candidate=2").data["rule"] is NSNull)
  }
}
