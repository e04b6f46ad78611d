import Foundation
import TestSupport
import Testing

/// Every failure comes in the contract's envelope, and nothing is kept of what was refused.
@Suite("Service: errors")
struct ServiceErrorTests {
  private func image(_ name: String) throws -> (name: String, data: Data) {
    (name, try Checkout.data(Checkout.imageFixture(name)))
  }

  private func expectEnvelope(
    _ answer: ServiceClient.Answer, _ status: Int, _ code: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(answer.status == status, "\(answer.text)", sourceLocation: location)
    #expect(answer.json["status"] as? String == "error", sourceLocation: location)
    #expect(answer.errorCode == code, "\(answer.text)", sourceLocation: location)
    let inner = answer.json["error"] as? [String: Any]
    #expect(inner?["code"] as? String == code, sourceLocation: location)
    #expect(
      inner?["message"] as? String == answer.json["message"] as? String, sourceLocation: location)
    #expect(
      inner?["request_id"] as? String == answer.headers["x-request-id"], sourceLocation: location)
    #expect(inner?["timestamp"] != nil, sourceLocation: location)
  }

  @Test("all bad files of an upload are named at once, and none is kept")
  func badFiles() async throws {
    let client = try await SharedServer.client()
    let sound = try image("jpeg-444.jpg")
    let answer = try await client.upload([
      sound, ("text.jpg", Data("no picture".utf8)), ("../../cut.jpg", sound.data.prefix(700)),
      ("empty.png", Data()),
    ])
    expectEnvelope(answer, 400, "INVALID_FORMAT")
    #expect(
      answer.errors.map { $0["filename"] as? String } == ["text.jpg", "cut.jpg", "empty.png"])
    #expect(answer.errors.map { $0["index"] as? Int } == [1, 2, 3])
    #expect(
      answer.errors.map { $0["code"] as? String }
        == ["INVALID_FORMAT", "CORRUPTED_FILE", "INVALID_FORMAT"])
  }

  @Test("sizes beyond the limits are refused by the header alone")
  func dimensions() async throws {
    let client = try await SharedServer.client()
    let huge = try Checkout.data(Checkout.imageFixture("hostile/jpeg-65500.jpg"))
    expectEnvelope(try await client.upload([("huge.jpg", huge)]), 400, "INVALID_DIMENSIONS")
  }

  @Test("a file over the limit, too many files, and no files")
  func limits() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"],
      environment: [
        "HARRIER_MAX_FILE_BYTES": "100000", "HARRIER_MAX_FILES_PER_UPLOAD": "2",
        "HARRIER_MAX_UPLOAD_BYTES": "400000", "HARRIER_RATE_LIMIT": "0",
      ])
    let client = ServiceClient(baseURL: server.baseURL)
    let small = try image("jpeg-444.jpg")
    let large = ("large.jpg", try Checkout.data(Checkout.sample("scene-3.jpg")))
    expectEnvelope(try await client.upload([small, large]), 400, "FILE_TOO_LARGE")
    expectEnvelope(try await client.upload([small, small, small]), 400, "TOO_MANY_FILES")
    expectEnvelope(try await client.upload([]), 400, "NO_FILES")
    let otherField = MultipartForm([small], field: "images")
    expectEnvelope(
      try await client.send(
        "POST", "/api/v1/inference/upload", headers: ["Content-Type": otherField.contentType],
        body: otherField.body), 400, "NO_FILES")
    let tooLarge = try Checkout.data(Checkout.sample("yell-541000.jpg"))
    expectEnvelope(try await client.upload([("large.jpg", tooLarge)]), 413, "UPLOAD_TOO_LARGE")
    // What the service itself keeps: its database, its worker's socket, the secret of its webhooks, the audit log.
    let own = ["sqlite", "worker", "webhook-secret", "audit.log"]
    #expect(try folder.files().filter { file in !own.contains { file.contains($0) } } == [])
    #expect(await server.stop() == 0)
  }

  @Test(
    "bad requests",
    arguments: [
      ("GET", "/nowhere", nil, nil, 404, "NOT_FOUND"),
      ("PUT", "/api/v1/jobs", nil, nil, 405, "METHOD_NOT_ALLOWED"),
      ("GET", "/api/v1/inference/predict", nil, nil, 405, "METHOD_NOT_ALLOWED"),
      ("GET", "/api/v1/jobs/job_x/status", nil, nil, 404, "JOB_NOT_FOUND"),
      ("GET", "/api/v1/jobs/..%2F..%2Fetc/status", nil, nil, 404, "JOB_NOT_FOUND"),
      ("GET", "/api/v1/jobs/job_000000000000/results", nil, nil, 404, "JOB_NOT_FOUND"),
      ("GET", "/api/v1/files/img_000000000000/original", nil, nil, 404, "FILE_NOT_FOUND"),
      ("DELETE", "/api/v1/uploads/upl_000000000000", nil, nil, 404, "UPLOAD_NOT_FOUND"),
      ("GET", "/api/v1/jobs?limit=0", nil, nil, 400, "INVALID_REQUEST"),
      ("GET", "/api/v1/jobs?limt=5", nil, nil, 400, "INVALID_REQUEST"),
      ("GET", "/api/v1/jobs?status=done", nil, nil, 400, "INVALID_REQUEST"),
      ("GET", "/api/v1/models/no-such", nil, nil, 404, "NOT_FOUND"),
      ("POST", "/api/v1/inference/predict", "text/plain", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
      ("POST", "/api/v1/inference/predict", "application/json", "{", 400, "INVALID_REQUEST"),
      ("POST", "/api/v1/inference/predict", "application/json", "{}", 400, "INVALID_CONFIG"),
      (
        "POST", "/api/v1/inference/predict", "application/json",
        #"{"upload_id":"upl_000000000000"}"#, 404, "UPLOAD_NOT_FOUND"
      ),
      ("POST", "/api/v1/inference/upload", "application/json", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
      (
        "POST", "/api/v1/inference/upload", "multipart/form-data; boundary=x", "--y", 400,
        "INVALID_REQUEST"
      ),
    ] as [(String, String, String?, String?, Int, String)])
  func badRequests(
    method: String, path: String, type: String?, body: String?, status: Int, code: String
  ) async throws {
    let answer = try await SharedServer.client().send(
      method, path, headers: type.map { ["Content-Type": $0] } ?? [:],
      body: body.map { Data($0.utf8) })
    expectEnvelope(answer, status, code)
  }

  @Test("every field at fault of a configuration is named in one answer")
  func configuration() async throws {
    let client = try await SharedServer.client()
    let upload = try await client.upload([try image("jpeg-444.jpg")]).data["upload_id"] ?? ""
    let answer = try await client.post(
      "/api/v1/inference/predict",
      json: """
        {"upload_id":"\(upload)","config":{"confidence_threshold":2,"iou_threshold":"high",
         "sahi":{"slice_width":64,"colour":1},"model":"tree-crowns"},"priority":"urgent"}
        """)
    expectEnvelope(answer, 400, "INVALID_CONFIG")
    let fields = Set(answer.errors.compactMap { $0["field"] as? String })
    #expect(
      fields == [
        "config.confidence_threshold", "config.iou_threshold", "config.sahi.slice_width",
        "config.sahi.colour", "priority",
      ])
    let model = try await client.post(
      "/api/v1/inference/predict",
      json: #"{"upload_id":"\#(upload)","config":{"model":"no-such"}}"#)
    expectEnvelope(model, 400, "MODEL_NOT_FOUND")
    let rules = try await client.post(
      "/api/v1/inference/predict",
      json: #"{"upload_id":"\#(upload)","config":{"symbolic_reasoning":{"rules":"none"}}}"#)
    expectEnvelope(rules, 400, "RULES_NOT_FOUND")
  }

  @Test("results of a job that has not ended are not ready, and say why")
  func notReady() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let upload = try await client.upload([try image("jpeg-444.jpg")]).data["upload_id"] ?? ""
    let job = try await client.post(
      "/api/v1/inference/predict", json: #"{"upload_id":"\#(upload)"}"#)
    let id = job.data["job_id"] ?? ""
    for path in ["results", "visualization", "export"] {
      let answer = try await client.get("/api/v1/jobs/\(id)/\(path)")
      expectEnvelope(answer, 404, "RESULTS_NOT_READY")
      #expect(answer.text.contains("queued"))
    }
    #expect(await server.stop() == 0)
  }

  @Test("the same idempotency key and body start one job, another body is a conflict")
  func idempotency() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let upload = try await client.upload([try image("jpeg-444.jpg")]).data["upload_id"] ?? ""
    let body = #"{"upload_id":"\#(upload)"}"#
    let key = ["Idempotency-Key": "key 1"]
    let first = try await client.post("/api/v1/inference/predict", json: body, headers: key)
    let second = try await client.post("/api/v1/inference/predict", json: body, headers: key)
    #expect(first.status == 202 && second.status == 202)
    #expect(first.body == second.body)
    let other = try await client.post(
      "/api/v1/inference/predict", json: body + " ", headers: key)
    expectEnvelope(other, 409, "IDEMPOTENCY_CONFLICT")
    let jobs = try await client.get("/api/v1/jobs")
    #expect((jobs.data["jobs"] as? [Any])?.count == 1)
    #expect(await server.stop() == 0)
  }

  @Test("over the rate limit requests are 429 with the time to wait; files and health are not")
  func rateLimit() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"],
      // Where Redis counts for all, a process counts for itself until it has reached it: ClusterTests and the suites of
      // Redis are about that.
      environment: ["HARRIER_RATE_LIMIT": "3", "HARRIER_REDIS_URL": ""])
    let client = ServiceClient(baseURL: server.baseURL)
    let run = try await BucketRun(limit: 3) { number in
      // Its own word for another address does not help.
      try await client.get("/api/v1/jobs", headers: ["X-Forwarded-For": "203.0.113.\(number)"])
    }
    #expect(run.isExplained, "\(run.admitted.count)")
    for (index, answer) in run.admitted.enumerated() {
      #expect(answer.status == 200)
      #expect(answer.headers["ratelimit-limit"] == "3")
      let left = try #require(answer.headers["ratelimit-remaining"].flatMap { Int($0) })
      #expect(run.isExplained(left, after: index + 1), "\(left) after \(index + 1)")
    }
    expectEnvelope(run.refused, 429, "RATE_LIMIT_EXCEEDED")
    #expect(
      run.refused.headers["retry-after"].flatMap { Int($0) }.map { (1...20).contains($0) } == true)
    for path in ["/health/live", "/metrics", "/openapi.json", "/"] {
      #expect(try await client.get(path).status == 200, "\(path)")
    }
    #expect(await server.stop() == 0)
  }

  @Test(
    "bytes that are no HTTP request, and headers and URLs that are too long, get the envelope too",
    arguments: [
      "NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX-Long: \(String(repeating: "x", count: 60_000))\r\n\r\n",
      "GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ])
  func malformedHTTP(request: String) async throws {
    let answer = try await RawConnection.exchange(
      port: try await SharedServer.port(), Data(request.utf8))
    let text = String(decoding: answer, as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 400 "))
    #expect(text.contains(#""error_code":"INVALID_REQUEST""#), "\(text)")
    #expect(text.lowercased().contains("x-request-id: req_"))
  }
}
