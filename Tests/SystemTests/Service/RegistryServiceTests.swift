import Foundation
import TestSupport
import Testing

/// Registered models of a running service, with its real workers and their reduced rights.
@Suite("Service: registered models")
struct RegistryServiceTests {
  /// A server of one's own: other tests count the models.
  private final class Bench: Sendable {
    let data: TemporaryFolder
    let server: ServerProcess
    var client: ServiceClient { ServiceClient(baseURL: server.baseURL) }

    init(environment: [String: String] = [:]) async throws {
      data = try TemporaryFolder()
      server = try await ServerProcess.start(
        dataDirectory: data.path("data"),
        environment: ["HARRIER_RATE_LIMIT": "0"].merging(environment) { $1 })
    }

    func publish(
      _ model: Data, as name: String = "trees", document: String? = nil, alias: String? = nil
    ) async throws -> ServiceClient.Answer {
      var parts: [MultipartForm.Part] = [("model", "model.onnx", model)]
      if let document { parts.append(("document", nil, Data(document.utf8))) }
      if let alias { parts.append(("alias", nil, Data(alias.utf8))) }
      let form = MultipartForm(parts: parts)
      return try await client.send(
        "POST", "/api/v1/models/\(name)/versions", headers: ["Content-Type": form.contentType],
        body: form.body)
    }

    /// The command with this server's stores.
    func harrier(_ arguments: String...) async throws -> HarrierProcess.Output {
      try await HarrierProcess(
        arguments + ["--data-dir", data.path("data")],
        environment: try await TestStores.environment(of: data.path("data"))
      ).run()
    }

    func promote(_ version: Int) async throws -> ServiceClient.Answer {
      try await client.send(
        "PUT", "/api/v1/models/trees/aliases/production",
        headers: ["Content-Type": "application/json"],
        body: Data("{\"version\": \(version)}".utf8))
    }
  }

  /// What a finished job says of itself.
  private struct Finding: Hashable {
    var status: String
    var model: String
    var version: Int
    var boxes: Int
  }

  private static let picture = "yell-541000.jpg"

  private static func trees() throws -> Data {
    try Checkout.data(Checkout.model("tree-crowns.onnx"))
  }

  private func finding(_ job: String, _ client: ServiceClient) async throws -> Finding {
    let status = try await client.waitForEnd(of: job).data["status"] as? String ?? ""
    let results = try await client.get("/api/v1/jobs/\(job)/results").data
    let model = results["model"] as? [String: Any]
    return Finding(
      status: status, model: model?["name"] as? String ?? "",
      version: model?["version"] as? Int ?? 0, boxes: results["total_detections"] as? Int ?? -1)
  }

  @Test("while production moves to and fro, no job fails, and each has the boxes of its version")
  func swapUnderLoad() async throws {
    let bench = try await Bench()
    #expect(try await bench.publish(try Self.trees()).status == 201)
    let second = try await bench.publish(
      try Self.trees(), document: #"{"confidence_threshold": 0.6}"#, alias: "candidate")
    #expect(second.status == 201, "\(second.text)")
    let client = bench.client
    let picture = try Checkout.data(Checkout.sample(Self.picture))
    let upload = try await client.upload([(Self.picture, picture)]).data["upload_id"] as? String
    let uploadID = try #require(upload)
    // What each version finds while nothing moves.
    var expected: [Int: Int] = [:]
    for version in 1...2 {
      let job = try await client.post(
        "/api/v1/inference/predict",
        json: #"{"upload_id":"\#(uploadID)","config":{"model":"trees@\#(version)"}}"#)
      let found = try await finding(job.data["job_id"] as? String ?? "", client)
      #expect(found.version == version)
      expected[version] = found.boxes
    }
    #expect(expected[1] != expected[2])
    let jobs = try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<3 {
        group.addTask {
          var jobs: [String] = []
          for _ in 0..<8 {
            let job = try await client.post(
              "/api/v1/inference/predict",
              json: #"{"upload_id":"\#(uploadID)","config":{"model":"trees"}}"#)
            #expect(job.status == 202, "\(job.text)")
            jobs.append(job.data["job_id"] as? String ?? "")
          }
          return jobs
        }
      }
      group.addTask {
        for move in 0..<20 {
          let answer = try await bench.promote(move.isMultiple(of: 2) ? 2 : 1)
          #expect(answer.status == 200, "\(answer.text)")
        }
        return []
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(jobs.count == 24)
    for job in jobs {
      let found = try await finding(job, client)
      #expect(found.status == "completed" && found.model == "trees")
      #expect(found.boxes == expected[found.version], "\(found)")
    }
  }

  @Test("a model that crashes the compiler, or never lets it go, is refused; the service goes on")
  func hostile() async throws {
    let bench = try await Bench(environment: ["HARRIER_MODEL_CHECK_SECONDS": "15"])
    let crash = try Checkout.data(Checkout.modelFixture("hostile/crash.onnx"))
    let crashed = try await bench.publish(crash, as: "bad")
    #expect(crashed.status == 400 && crashed.errorCode == "INVALID_MODEL", "\(crashed.text)")
    #expect(crashed.text.contains("crashes the engine"))
    let hang = try Checkout.data(Checkout.modelFixture("hostile/hang.onnx"))
    let hung = try await bench.publish(hang, as: "bad")
    #expect(hung.status == 400 && hung.errorCode == "INVALID_MODEL", "\(hung.text)")
    #expect(hung.text.contains("within 15 seconds"), "\(hung.text)")
    let noise = try await bench.publish(Data(repeating: 7, count: 5000), as: "bad")
    #expect(noise.status == 400 && noise.errorCode == "INVALID_MODEL", "\(noise.text)")
    for answer in [crashed, hung, noise] {
      #expect(!answer.text.contains(bench.data.path), "\(answer.text)")
    }
    #expect(try await bench.client.get("/api/v1/models/bad").status == 404)
    let names =
      FileManager.default.enumerator(atPath: bench.data.path("data/tmp"))?.allObjects ?? []
    #expect(names.isEmpty, "\(names)")
    #expect(try await bench.client.get("/health/ready").status == 200)
    // The next one is judged by itself, however long a busy machine takes for it.
    let picture = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let job = try await bench.client.runJob([("a.jpg", picture)])
    let status = try await bench.client.get("/api/v1/jobs/\(job)/status").data["status"] as? String
    #expect(status == "completed")
  }

  @Test("a model of the folder that crashes the compiler fails its job, and no other one")
  func crashInFolder() async throws {
    let models = try TemporaryFolder()
    try models.copy(Checkout.modelFixture("hostile/crash.onnx"), to: "bad.onnx")
    try models.copy(Checkout.model("tree-crowns.onnx"), to: "tree-crowns.onnx")
    let bench = try await Bench(environment: [
      "HARRIER_MODELS_DIR": models.path, "HARRIER_JOB_LEASE_SECONDS": "10",
      "HARRIER_HEARTBEAT_SECONDS": "0.5",
    ])
    let picture = [(name: Self.picture, data: try Checkout.data(Checkout.sample(Self.picture)))]
    let bad = try await bench.client.runJob(picture, config: #"{"model":"bad"}"#)
    let status = try await bench.client.get("/api/v1/jobs/\(bad)/status").data
    #expect(status["status"] as? String == "failed")
    let failure = status["error"] as? [String: Any]
    #expect(failure?["code"] as? String == "WORKER_CRASHED", "\(status)")
    let good = try await bench.client.runJob(picture, config: #"{"model":"tree-crowns"}"#)
    #expect(
      try await bench.client.get("/api/v1/jobs/\(good)/status").data["status"] as? String
        == "completed")
    #expect(try await bench.client.get("/health/ready").status == 200)
  }

  @Test("who is killed between the files and their row leaves nothing that a second attempt minds")
  func killedOnTheWay() async throws {
    let data = try TemporaryFolder()
    let failpoints = try TemporaryFolder()
    let environment = [
      "HARRIER_RATE_LIMIT": "0", "HARRIER_TEST_FAILPOINTS": failpoints.path,
    ]
    try failpoints.write("", to: "model-kept")
    let first = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: environment)
    let form = MultipartForm(parts: [("model", "m.onnx", try Self.trees())])
    let path = "/api/v1/models/trees/versions"
    await #expect(throws: (any Error).self) {
      try await ServiceClient(baseURL: first.baseURL).send(
        "POST", path, headers: ["Content-Type": form.contentType], body: form.body)
    }
    _ = await first.waitForEnd()
    let second = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: environment)
    let client = ServiceClient(baseURL: second.baseURL)
    #expect(try await client.get("/api/v1/models/trees").status == 404)
    let answer = try await client.send(
      "POST", path, headers: ["Content-Type": form.contentType], body: form.body)
    #expect(answer.status == 201 && answer.data["version"] as? Int == 1, "\(answer.text)")
    let picture = try Checkout.data(Checkout.sample(Self.picture))
    let job = try await client.runJob([(Self.picture, picture)], config: #"{"model":"trees@1"}"#)
    #expect(try await finding(job, client).version == 1)
  }

  @Test("the commands publish, promote, roll back and remove beside a running service")
  func commands() async throws {
    let bench = try await Bench()
    let published = try await bench.harrier("models", "publish", "tree-crowns", "--name", "trees")
    #expect(published.status == 0 && published.text == "trees@1\n", "\(published.standardError)")
    let next = try await bench.harrier(
      "models", "publish", Checkout.model("aerial15-obb.onnx"), "--name", "trees", "--alias",
      "candidate")
    #expect(next.text == "trees@2\n", "\(next.standardError)")
    let same = try await bench.harrier("models", "publish", "tree-crowns", "--name", "trees")
    #expect(same.text == "trees@1\n" && same.standardError.contains("already"))
    let promoted = try await bench.harrier("models", "promote", "trees@candidate")
    #expect(promoted.text == "production: trees@1 -> trees@2\n", "\(promoted.standardError)")
    let model = try await bench.client.get("/api/v1/models/trees").data
    #expect(model["version"] as? Int == 2 && model["task"] as? String == "obb")
    let inUse = try await bench.harrier("models", "remove", "trees@2")
    #expect(inUse.status == 1 && inUse.standardError.contains("alias"), "\(inUse.standardError)")
    let back = try await bench.harrier("models", "rollback", "trees")
    #expect(back.text == "production: trees@2 -> trees@1\n", "\(back.standardError)")
    #expect(try await bench.harrier("models", "remove", "trees@candidate").status == 0)
    #expect(try await bench.harrier("models", "remove", "trees@2").text == "Removed: trees@2\n")
    let crash = try await bench.harrier(
      "models", "publish", Checkout.modelFixture("hostile/crash.onnx"))
    #expect(crash.status == 1 && crash.standardError.contains("crashes the engine"))
    #expect(crash.errorLines.count == 1, "\(crash.standardError)")
  }
}
