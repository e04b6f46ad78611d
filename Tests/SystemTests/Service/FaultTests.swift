import Foundation
import TestSupport
import Testing

/// Processes that die at chosen places; see `Failpoint`. Leases are short, so that nobody waits long, and long enough
/// that a worker which a busy machine holds up does not lose its own.
@Suite("Service: faults")
struct FaultTests {
  /// A server whose processes die where a test says so.
  private struct Bench {
    let data: TemporaryFolder
    let failpoints: TemporaryFolder
    private(set) var server: ServerProcess
    var client: ServiceClient { ServiceClient(baseURL: server.baseURL) }

    init(environment: [String: String] = [:]) async throws {
      data = try TemporaryFolder()
      failpoints = try TemporaryFolder()
      server = try await Self.start(data, failpoints, environment)
    }

    private static func start(
      _ data: TemporaryFolder, _ failpoints: TemporaryFolder, _ environment: [String: String] = [:]
    ) async throws -> ServerProcess {
      try await ServerProcess.start(
        dataDirectory: data.path("data"),
        environment: [
          "HARRIER_RATE_LIMIT": "0", "HARRIER_JOB_LEASE_SECONDS": "20",
          "HARRIER_HEARTBEAT_SECONDS": "0.5", "HARRIER_TEST_FAILPOINTS": failpoints.path,
        ].merging(environment) { $1 })
    }

    /// The next process that comes by dies; with text, each one whose detail contains it.
    func arm(_ failpoint: String, _ text: String = "") throws {
      try failpoints.write(text, to: failpoint)
    }

    func isArmed(_ failpoint: String) -> Bool {
      FileManager.default.fileExists(atPath: failpoints.path(failpoint))
    }

    mutating func restart() async throws {
      _ = await server.waitForEnd()
      server = try await Self.start(data, failpoints)
    }

    func outcomes(of job: String) async throws -> [String] {
      let data = try await client.get("/api/v1/jobs/\(job)/attempts").data
      return (data["attempts"] as? [[String: Any]] ?? []).compactMap { $0["outcome"] as? String }
    }

    /// What was found, without ids and times.
    func labels(of job: String) async throws -> [String] {
      let data = try await client.get("/api/v1/jobs/\(job)/results?format=yolo").data
      let files = try #require(data["files"] as? [[String: Any]])
      return files.compactMap { $0["label_content"] as? String }
    }
  }

  private static func picture() throws -> Data {
    try Checkout.data(Checkout.sample("yell-541000.jpg"))
  }

  @Test(
    "a worker that dies leaves its job to the next one, which gives the same results",
    arguments: [
      "job-claimed", "image-begins", "slice-finished", "image-inferred", "image-drawn",
      "result-written",
    ])
  func workerDies(at failpoint: String) async throws {
    let bench = try await Bench()
    let calm = try await bench.client.runJob([("a.jpg", try Self.picture())])
    try bench.arm(failpoint)
    let job = try await bench.client.runJob([("a.jpg", try Self.picture())])
    #expect(!bench.isArmed(failpoint))
    #expect(try await bench.outcomes(of: job) == ["lost", "completed"])
    let status = try await bench.client.get("/api/v1/jobs/\(job)/status").data
    #expect(status["attempt"] as? Int == 2)
    let labels = try await bench.labels(of: job)
    #expect(labels.count == 1 && labels[0].contains("\n"))
    #expect(labels == (try await bench.labels(of: calm)))
    #expect(await bench.server.stop() == 0)
  }

  @Test(
    "a picture that kills every worker fails its job after three, is named, and can be left out")
  func poison() async throws {
    let bench = try await Bench()
    try bench.arm("image-begins", "poison")
    let small = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let id = try await bench.client.startJob(
      [("good.jpg", small), ("poison.jpg", small), ("late.jpg", small)],
      config: #"{"sahi":{"enabled":false}}"#)
    let status = try await bench.client.waitForEnd(of: id).data
    #expect(status["status"] as? String == "failed")
    let error = try #require(status["error"] as? [String: Any])
    #expect(error["code"] as? String == "WORKER_CRASHED")
    #expect((error["details"] as? String)?.contains("poison.jpg") == true)
    #expect(try await bench.outcomes(of: id) == ["lost", "lost", "lost"])
    let attempts = try await bench.client.get("/api/v1/jobs/\(id)/attempts").data
    let last = try #require((attempts["attempts"] as? [[String: Any]])?.last)
    let poison = try #require(last["file_in_hand"] as? String)
    // The others are not done again.
    let retry = try await bench.client.post(
      "/api/v1/jobs/\(id)/retry", json: #"{"exclude_file_ids":["\#(poison)"]}"#)
    #expect(retry.status == 202)
    let again = try #require(retry.data["job_id"] as? String)
    #expect(again != id)
    #expect(retry.headers["location"] == "/api/v1/jobs/\(again)/status")
    let done = try await bench.client.waitForEnd(of: again).data
    #expect(done["status"] as? String == "completed")
    #expect((done["progress"] as? [String: Any])?["total_images"] as? Int == 2)
    let results = try await bench.client.get("/api/v1/jobs/\(again)/results").data
    let names = (results["results"] as? [[String: Any]] ?? []).compactMap {
      $0["filename"] as? String
    }
    #expect(names == ["good.jpg", "late.jpg"])
    // Ended jobs never change.
    let old = try await bench.client.get("/api/v1/jobs/\(id)/status").data
    #expect(old["status"] as? String == "failed")
    let refused = try await bench.client.send("POST", "/api/v1/jobs/\(again)/retry")
    #expect(refused.status == 409)
    #expect(refused.errorCode == "JOB_NOT_RETRYABLE")
    #expect(await bench.server.stop() == 0)
  }

  @Test("an engine that hangs is given up, its worker replaced, and the job tried again")
  func hang() async throws {
    let bench = try await Bench(environment: [
      "HARRIER_INFERENCE_TIMEOUT_SECONDS": "1", "HARRIER_RETRY_DELAYS_SECONDS": "0",
    ])
    try bench.arm("inference-hangs")
    let small = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let job = try await bench.client.startJob(
      [("a.jpg", small)], config: #"{"sahi":{"enabled":false}}"#)
    let status = try await bench.client.waitForEnd(of: job).data
    #expect(status["status"] as? String == "completed")
    let data = try await bench.client.get("/api/v1/jobs/\(job)/attempts").data
    let attempts = try #require(data["attempts"] as? [[String: Any]])
    #expect(attempts.map { $0["outcome"] as? String } == ["retried", "completed"])
    #expect((attempts[0]["error"] as? [String: Any])?["code"] as? String == "TIMED_OUT")
    #expect(attempts[0]["worker"] as? String != attempts[1]["worker"] as? String)
    #expect(await bench.server.stop() == 0)
  }

  @Test(
    "a server that dies before it answers an upload has all of it or nothing",
    arguments: ["files-kept", "upload-inserted"])
  func uploadDies(at failpoint: String) async throws {
    var bench = try await Bench()
    try bench.arm(failpoint)
    await #expect(throws: (any Error).self) {
      try await bench.client.upload([("a.jpg", try Self.picture())])
    }
    try await bench.restart()
    // The client sends it again, as it would.
    let again = try await bench.client.upload([("a.jpg", try Self.picture())])
    #expect(again.status == 200)
    let blobs = try bench.data.files().filter { $0.hasPrefix("data/blobs/uploads/") }
    // What no row knows is swept after an hour.
    #expect(blobs.count == 2)
    let file = try #require(
      (again.data["uploaded_files"] as? [[String: Any]])?.first?["file_id"] as? String)
    #expect(
      try await bench.client.get("/api/v1/files/\(file)/original").body == (try Self.picture()))
    #expect(await bench.server.stop() == 0)
  }

  @Test("a job whose answer was lost is answered again with the same key, and starts nothing")
  func predictDies() async throws {
    var bench = try await Bench()
    let upload = try await bench.client.upload([("a.jpg", try Self.picture())])
    let id = try #require(upload.data["upload_id"] as? String)
    try bench.arm("job-inserted")
    let body = #"{"upload_id":"\#(id)"}"#
    let headers = ["Idempotency-Key": "order-1"]
    await #expect(throws: (any Error).self) {
      try await bench.client.post("/api/v1/inference/predict", json: body, headers: headers)
    }
    try await bench.restart()
    var jobs = Set<String>()
    for _ in 0..<3 {
      let answer = try await bench.client.post(
        "/api/v1/inference/predict", json: body, headers: headers)
      #expect(answer.status == 202)
      jobs.insert(answer.data["job_id"] as? String ?? "")
    }
    #expect(jobs.count == 1)
    let list = try await bench.client.get("/api/v1/jobs").data["jobs"] as? [Any]
    #expect(list?.count == 1)
    let status = try await bench.client.waitForEnd(of: try #require(jobs.first)).data
    #expect(status["status"] as? String == "completed")
    #expect(await bench.server.stop() == 0)
  }

  @Test("a cancellation that was not answered holds all the same, and the job can be done again")
  func cancelDies() async throws {
    var bench = try await Bench()
    let large = try Checkout.data(Checkout.sample("scene-large.jpg"))
    try bench.arm("job-cancelled")
    var id = ""
    // On a busy machine a job may have ended before it is cancelled: the next one takes longer.
    for count in [1, 2, 4, 8] where bench.isArmed("job-cancelled") {
      id = try await bench.client.startJob(
        (0..<count).map { ("large-\($0).jpg", large) }, config: #"{"model":"aerial15-obb"}"#)
      try await bench.client.waitForBeginning(of: id)
      do {
        let answer = try await bench.client.send("POST", "/api/v1/jobs/\(id)/cancel")
        #expect(answer.status == 409, "\(answer.text)")
      } catch {
        // The server has died.
      }
    }
    try #require(!bench.isArmed("job-cancelled"))
    try await bench.restart()
    let status = try await bench.client.get("/api/v1/jobs/\(id)/status").data
    #expect(status["status"] as? String == "cancelled")
    #expect(try await bench.client.send("POST", "/api/v1/jobs/\(id)/cancel").status == 409)
    let retry = try await bench.client.send("POST", "/api/v1/jobs/\(id)/retry")
    #expect(retry.status == 202)
    let again = try #require(retry.data["job_id"] as? String)
    #expect(try await bench.client.waitForEnd(of: again).data["status"] as? String == "completed")
    #expect(await bench.server.stop() == 0)
  }
}
