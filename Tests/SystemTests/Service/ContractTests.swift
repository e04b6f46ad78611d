import Foundation
import TestSupport
import Testing

/// The six calls of the contract over a real socket, shape by shape.
@Suite("Service: the six calls")
struct ContractTests {
  private func sample(_ name: String = "yell-541000.jpg") throws -> (name: String, data: Data) {
    (name, try Checkout.data(Checkout.sample(name)))
  }

  @Test("upload, predict, status, results, visualization and metrics of a real picture")
  func theSixCalls() async throws {
    let client = try await SharedServer.client()
    let uploaded = try await client.upload([try sample()])
    #expect(uploaded.status == 200)
    #expect(uploaded.json["status"] as? String == "success")
    #expect(uploaded.json["message"] as? String == "1 image uploaded successfully")
    let file = try #require((uploaded.data["uploaded_files"] as? [[String: Any]])?.first)
    #expect(file["filename"] as? String == "yell-541000.jpg")
    #expect(file["size_bytes"] as? Int == 585_530)
    #expect(file["format"] as? String == "JPEG")
    #expect(file["dimensions"] as? [Int] == [1249, 1035])
    let uploadID = try #require(uploaded.data["upload_id"] as? String)
    let fileID = try #require(file["file_id"] as? String)
    #expect(try #/upl_[0-9a-z]{12,26}/#.wholeMatch(in: uploadID) != nil)
    #expect(try #/img_[0-9a-z]{12,26}/#.wholeMatch(in: fileID) != nil)

    let predicted = try await client.post(
      "/api/v1/inference/predict", json: #"{"upload_id":"\#(uploadID)"}"#)
    #expect(predicted.status == 202)
    #expect(predicted.json["status"] as? String == "accepted")
    #expect(predicted.data["status"] as? String == "queued")
    #expect(predicted.data["file_count"] as? Int == 1)
    #expect(predicted.data.keys.contains("estimated_completion"))
    let jobID = try #require(predicted.data["job_id"] as? String)
    let statusURL = "/api/v1/jobs/\(jobID)/status"
    #expect(predicted.data["status_url"] as? String == statusURL)
    #expect(predicted.headers["location"] == statusURL)

    let status = try await client.waitForEnd(of: jobID).data
    #expect(status["status"] as? String == "completed")
    #expect(status["upload_id"] as? String == uploadID)
    #expect(status["attempt"] as? Int == 1)
    #expect(status["priority"] as? String == "normal")
    #expect(status["failed_at"] == nil && status["error"] == nil)
    let progress = try #require(status["progress"] as? [String: Any])
    #expect(progress["total_images"] as? Int == 1)
    #expect(progress["processed_images"] as? Int == 1)
    #expect(progress["failed_images"] as? Int == 0)
    #expect(progress["percentage"] as? Int == 100)
    let summary = try #require(status["summary"] as? [String: Any])
    let total = try #require(summary["total_detections"] as? Int)
    // What SAHI finds on this picture: Models/README.md's card, `harrier detect` and the reference agree.
    #expect(total > 100)
    #expect((summary["detections_by_class"] as? [String: Int])?.values.reduce(0, +) == total)

    let results = try await client.get(try #require(status["results_url"] as? String))
    #expect(results.status == 200)
    #expect(results.data["total_detections"] as? Int == total)
    let pictures = try await client.get(try #require(status["visualization_url"] as? String))
    let picture = try #require((pictures.data["visualizations"] as? [[String: Any]])?.first)
    for key in ["original_url", "annotated_url", "thumbnail_url"] {
      let answer = try await client.get(try #require(picture[key] as? String))
      #expect(answer.status == 200, "\(key)")
      #expect(answer.headers["content-type"] == "image/jpeg", "\(key)")
      #expect(answer.headers["x-content-type-options"] == "nosniff", "\(key)")
      #expect(answer.body.starts(with: [0xff, 0xd8, 0xff]), "\(key)")
    }
    let original = try await client.get("/api/v1/files/\(fileID)/original")
    #expect(original.body == (try sample().data))

    let metrics = try await client.get("/metrics")
    #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
    // Of several API processes each has its own numbers.
    try await eventually {
      try await client.get("/metrics").text.contains(
        #"api_requests_total{method="POST",endpoint="/api/v1/inference/upload",status="200"}"#)
    }
  }

  @Test("the boxes are those of harrier detect on the same picture and settings")
  func sameAsCommandLine() async throws {
    let client = try await SharedServer.client()
    let jobID = try await client.runJob(
      [try sample("scene-3.jpg")],
      config: #"{"model":"aerial15-obb","sahi":{"enabled":false}}"#)
    let served = try #require(
      (try await client.get("/api/v1/jobs/\(jobID)/results").data["results"] as? [[String: Any]])?
        .first?["detections"] as? NSArray)
    let printed = try await harrier(
      "detect", Checkout.sample("scene-3.jpg"), "--model", "aerial15-obb", "--slice", "off",
      "--quiet")
    let document = try #require(
      try JSONSerialization.jsonObject(with: printed.standardOutput) as? [String: Any])
    let expected = try #require(
      (document["results"] as? [[String: Any]])?.first?["detections"] as? NSArray)
    #expect(served == expected)
    #expect(expected.count > 0)
  }

  @Test("a picture that browsers do not show comes as one that they do, upright and without marks")
  func displayedPictures() async throws {
    let client = try await SharedServer.client()
    let tiff = try Checkout.data(Checkout.imageFixture("tiff-orientation-6.tif"))
    let jpeg = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let jobID = try await client.runJob([("a.tif", tiff), ("b.jpg", jpeg)])
    let results = try #require(
      try await client.get("/api/v1/jobs/\(jobID)/results").data["results"] as? [[String: Any]])
    let files = results.compactMap { $0["file_id"] as? String }
    try #require(files.count == 2)
    let drawn = try await client.get("/api/v1/files/\(files[0])/picture?job_id=\(jobID)")
    #expect(drawn.status == 200)
    #expect(drawn.headers["content-type"] == "image/jpeg")
    #expect(drawn.headers["etag"] != nil && drawn.body.starts(with: [0xff, 0xd8, 0xff]))
    #expect(try await client.get("/api/v1/files/\(files[0])/picture").body == drawn.body)
    // What browsers show is the file itself, wherever it is stored.
    let shown = try await client.get("/api/v1/files/\(files[1])/picture?job_id=\(jobID)")
    #expect(shown.status == 200 && shown.body == jpeg)

    // Nothing is drawn by this job, and the other one's picture is still there.
    let plain = try await client.runJob(
      [("a.tif", tiff)], config: #"{"visualization":{"enabled":false}}"#)
    let file = try #require(
      (try await client.get("/api/v1/jobs/\(plain)/results").data["results"] as? [[String: Any]])?
        .first?["file_id"] as? String)
    let missing = try await client.get("/api/v1/files/\(file)/picture?job_id=\(plain)")
    #expect(missing.status == 404 && missing.errorCode == "FILE_NOT_FOUND")
    let other = try await client.get("/api/v1/files/\(file)/picture?job_id=\(jobID)")
    #expect(other.status == 404 && other.errorCode == "FILE_NOT_FOUND")
  }

  @Test("pictures come from the service itself where the client asks for that")
  func picturesWithoutRedirect() async throws {
    let client = try await SharedServer.client()
    let jpeg = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let jobID = try await client.runJob([("a.jpg", jpeg)])
    let results = try await client.get("/api/v1/jobs/\(jobID)/results").data["results"]
    let file = try #require((results as? [[String: Any]])?.first?["file_id"] as? String)
    for kind in ["annotated", "thumbnail"] {
      let path = "/api/v1/files/\(file)/\(kind)?job_id=\(jobID)&redirect="
      let answer = try await client.get(path + "false")
      #expect(answer.status == 200, "\(kind)")
      #expect(answer.headers["etag"] != nil && answer.headers["content-disposition"] != nil)
      #expect(answer.body == (try await client.get(path + "true").body), "\(kind)")
      let refused = try await client.get(path + "maybe")
      #expect(refused.status == 400 && refused.errorCode == "INVALID_REQUEST")
    }
  }

  @Test("every answer carries the request's id and the version")
  func requestIDs() async throws {
    let client = try await SharedServer.client()
    let named = try await client.get("/health/live", headers: ["X-Request-Id": "my-id.7"])
    #expect(named.headers["x-request-id"] == "my-id.7")
    #expect(named.headers["x-api-version"] == "1.0")
    for bad in ["has blank", String(repeating: "x", count: 129), "quote\""] {
      let answer = try await client.get("/nowhere", headers: ["X-Request-Id": bad])
      let id = try #require(answer.headers["x-request-id"])
      #expect(id.hasPrefix("req_"))
      #expect((answer.json["error"] as? [String: Any])?["request_id"] as? String == id)
    }
  }

  @Test("a status is 304 as long as nothing has changed")
  func statusNotModified() async throws {
    let client = try await SharedServer.client()
    let jobID = try await client.runJob(
      [try sample("scene-2.jpg")],
      config: #"{"sahi":{"enabled":false},"visualization":{"enabled":false}}"#)
    let first = try await client.get("/api/v1/jobs/\(jobID)/status")
    let tag = try #require(first.headers["etag"])
    let second = try await client.get(
      "/api/v1/jobs/\(jobID)/status", headers: ["If-None-Match": tag])
    #expect(second.status == 304)
    #expect(second.body.isEmpty)
    let other = try await client.get(
      "/api/v1/jobs/\(jobID)/status", headers: ["If-None-Match": "\"0\""])
    #expect(other.status == 200)
  }

  @Test("the list of jobs is newest first and has pages")
  func list() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"],
      environment: ["HARRIER_RATE_LIMIT": "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let upload = try await client.upload([try sample("scene-4.jpg")]).data["upload_id"]
    var ids: [String] = []
    for _ in 0..<5 {
      let job = try await client.post(
        "/api/v1/inference/predict", json: #"{"upload_id":"\#(upload ?? "")"}"#)
      ids.append(try #require(job.data["job_id"] as? String))
    }
    let first = try await client.get("/api/v1/jobs?limit=3")
    let jobs = try #require(first.data["jobs"] as? [[String: Any]])
    #expect(jobs.compactMap { $0["job_id"] as? String } == Array(ids.reversed().prefix(3)))
    let cursor = try #require(first.data["next_cursor"] as? String)
    let second = try await client.get("/api/v1/jobs?limit=3&cursor=\(cursor)&status=queued")
    #expect((second.data["jobs"] as? [[String: Any]])?.count == 2)
    #expect(second.data["next_cursor"] is NSNull)

    let cancelled = try await client.send("POST", "/api/v1/jobs/\(ids[0])/cancel")
    #expect(cancelled.status == 200)
    #expect(cancelled.data["status"] as? String == "cancelled")
    #expect(cancelled.data["cancelled_at"] != nil)
    let again = try await client.send("POST", "/api/v1/jobs/\(ids[0])/cancel")
    #expect(again.status == 409)
    #expect(again.errorCode == "JOB_NOT_CANCELLABLE")
    let inUse = try await client.send("DELETE", "/api/v1/uploads/\(upload ?? "")")
    #expect(inUse.status == 409)
    for id in ids.dropFirst() { _ = try await client.send("POST", "/api/v1/jobs/\(id)/cancel") }
    #expect(try await client.send("DELETE", "/api/v1/uploads/\(upload ?? "")").status == 200)
    #expect(try await client.get("/api/v1/jobs/\(ids[0])/status").errorCode == "JOB_NOT_FOUND")
    #expect(await server.stop() == 0)
  }
}
