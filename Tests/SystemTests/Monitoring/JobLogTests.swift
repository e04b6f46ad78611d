import Foundation
import TestSupport
import Testing

@Suite("Service: logs")
struct JobLogServiceTests {
  private let picture = "jpeg-444.jpg"

  /// The lines of a log that say something about a job.
  private func lines(_ log: String, of job: String) -> [[String: Any]] {
    log.split(separator: "\n").compactMap { line in
      (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
    }.filter { $0["job_id"] as? String == job }
  }

  @Test("a request, its job and its worker are joined by one id, and the job tells its story")
  func joined() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"),
      environment: [
        "HARRIER_RATE_LIMIT": "0", "HARRIER_SLOW_IMAGE_SECONDS": "0",
        "HARRIER_SLOW_REQUEST_SECONDS": "0",
      ])
    let client = ServiceClient(baseURL: server.baseURL)
    let upload = try await client.upload([
      ("a.jpg", try Checkout.data(Checkout.imageFixture(picture))),
      ("b.jpg", try Checkout.data(Checkout.imageFixture(picture))),
    ])
    let started = try await client.post(
      "/api/v1/inference/predict",
      json: #"{"upload_id":"\#(upload.data["upload_id"] as? String ?? "")"}"#,
      headers: ["X-Request-Id": "story-4711"])
    let job = try #require(started.data["job_id"] as? String, "\(started.text)")
    try await client.waitForEnd(of: job)

    // The last lines are written a moment after the end.
    var entries: [[String: Any]] = []
    try await eventually {
      let answer = try await client.get("/api/v1/jobs/\(job)/log")
      entries = answer.data["entries"] as? [[String: Any]] ?? []
      return entries.contains { $0["message"] as? String == "Completed" }
    }
    let messages = entries.compactMap { $0["message"] as? String }
    for message in ["Queued", "A worker begins", "Completed"] {
      #expect(messages.contains(message), "\(messages)")
    }
    let images = entries.filter { ($0["message"] as? String)?.contains(" detections") == true }
    #expect(images.count == 2)
    let details = try #require(images.first?["details"] as? [String: String])
    #expect(details["parts"]?.contains("infer: ") == true)
    #expect(Int(details["slices"] ?? "") ?? 0 >= 1)
    let queued = try #require(entries.first { $0["message"] as? String == "Queued" })
    #expect((queued["details"] as? [String: String])?["request_id"] == "story-4711")
    #expect(entries.compactMap { $0["number"] as? Int } == Array(1...entries.count))
    let rest = try await client.get("/api/v1/jobs/\(job)/log?after=\(entries.count)")
    #expect((rest.data["entries"] as? [Any])?.isEmpty == true)

    // What a worker has written arrives here some time later.
    await server.waitForLog("Job completed")
    let worker = lines(server.log, of: job).filter { $0["logger"] as? String == "harrier.worker" }
    #expect(worker.contains { $0["message"] as? String == "Job completed" })
    #expect(
      worker.filter { ($0["message"] as? String)?.hasPrefix("Job ") == true }
        .allSatisfy { $0["request_id"] as? String == "story-4711" })
    let slow = try #require(worker.first { $0["message"] as? String == "slow image" })
    let parts = try #require(slow["parts"] as? String)
    for stage in ["infer: ", "decode: ", "render: ", "files "] { #expect(parts.contains(stage)) }
    #expect(server.log.contains(#""message":"slow request""#))
    #expect(server.log.contains(#"database insert_job: "#))
    #expect(await server.stop() == 0)
  }

  @Test("the log of a job tells of a picture that failed, and why")
  func failedPicture() async throws {
    let client = try await SharedServer.client()
    let sound = try Checkout.data(Checkout.imageFixture(picture))
    // Its markers are sound, half of its scan is missing: only decoding can tell.
    let scan = try #require(sound.firstRange(of: Data([0xff, 0xda, 0x00, 0x0c])))
    let broken = sound.prefix((scan.lowerBound + sound.count) / 2) + Data([0xff, 0xd9])
    let job = try await client.runJob([("broken.jpg", broken), ("a.jpg", sound)])
    try await eventually {
      let answer = try await client.get("/api/v1/jobs/\(job)/log")
      let entries = answer.data["entries"] as? [[String: Any]] ?? []
      let entry = entries.first {
        ($0["message"] as? String)?.hasPrefix("broken.jpg failed: ") == true
      }
      return entry?["level"] as? String == "warning"
        && (entry?["details"] as? [String: String])?["code"] == "CORRUPTED_FILE"
    }
    #expect(try await client.get("/api/v1/jobs/\(job)/log?limit=0").status == 400)
    let other = try await client.get("/api/v1/jobs/job_01kgfsebx0m4t7c2ynh8dk9r5q/log")
    #expect(other.errorCode == "JOB_NOT_FOUND")
  }

  @Test("the log of a cancelled job says who did it")
  func cancelled() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let job = try await client.startJob(
      [("a.jpg", try Checkout.data(Checkout.imageFixture(picture)))])
    let answer = try await client.send(
      "POST", "/api/v1/jobs/\(job)/cancel", headers: ["X-Request-Id": "stop-it"])
    #expect(answer.status == 200)
    try await eventually {
      let entries = try await client.get("/api/v1/jobs/\(job)/log").data["entries"]
      let last = (entries as? [[String: Any]])?.last
      return last?["message"] as? String == "Cancelled"
        && (last?["details"] as? [String: String])?["request_id"] == "stop-it"
    }
    #expect(await server.stop() == 0)
  }
}
