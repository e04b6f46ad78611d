import Foundation
import TestSupport
import Testing

@Suite("Service: jobs")
struct JobTests {
  /// A folder of models with the test's own, whose detections are known.
  private func modelsFolder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.copy(Checkout.modelFixture("red-cell.onnx"), to: "red-cell.onnx")
    return folder
  }

  @Test("fifty jobs at once on two workers never swap their pictures' results")
  func isolation() async throws {
    let data = try TemporaryFolder()
    let models = try modelsFolder()
    let server = try await ServerProcess.start(
      dataDirectory: data.path("data"),
      arguments: ["--workers", "2", "--models-dir", models.path],
      environment: ["HARRIER_RATE_LIMIT": "0", "HARRIER_DEFAULT_MODEL": "red-cell"])
    let client = ServiceClient(baseURL: server.baseURL)
    let config = #"{"confidence_threshold":0.9,"sahi":{"enabled":false}}"#
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<50 {
        group.addTask {
          // Two pictures a job, each with its square on a cell of its own of the model's grid of 32.
          let pictures = [0, 1].map { index in
            let cell = (number + 7 * index) % 4
            return ColouredPicture(
              width: 64, height: 64, squareX: cell % 2 * 32, squareY: cell / 2 * 32,
              squareSide: 32)
          }
          let job = try await client.runJob(
            pictures.enumerated().map { ("p\($0.offset).tif", $0.element.tiff) }, config: config)
          let results = try #require(
            try await client.get("/api/v1/jobs/\(job)/results").data["results"] as? [[String: Any]])
          #expect(results.count == 2)
          for (picture, result) in zip(pictures, results) {
            let found = try #require(result["detections"] as? [[String: Any]])
            #expect(!found.isEmpty)
            for detection in found {
              let box = try #require(detection["bbox"] as? [String: Any])
              let x = ((box["x_min"] as? Double ?? 0) + (box["x_max"] as? Double ?? 0)) / 2
              let y = ((box["y_min"] as? Double ?? 0) + (box["y_max"] as? Double ?? 0)) / 2
              #expect((Double(picture.squareX)...Double(picture.squareX + 32)).contains(x))
              #expect((Double(picture.squareY)...Double(picture.squareY + 32)).contains(y))
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(await server.stop() == 0)
  }

  @Test("one damaged picture fails alone: the job completes with the others")
  func damagedPicture() async throws {
    let client = try await SharedServer.client()
    let sound = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    // Its markers are sound, half of its scan is missing: only decoding can tell.
    let scan = try #require(sound.firstRange(of: Data([0xff, 0xda, 0x00, 0x0c])))
    let garbage = sound.prefix((scan.lowerBound + sound.count) / 2) + Data([0xff, 0xd9])
    let job = try await client.runJob(
      [("sound.jpg", sound), ("garbage.jpg", garbage)], config: #"{"sahi":{"enabled":false}}"#)
    let status = try await client.get("/api/v1/jobs/\(job)/status").data
    #expect(status["status"] as? String == "completed")
    let progress = try #require(status["progress"] as? [String: Any])
    // A failed picture is done too: clients wait for processed to reach total.
    #expect(progress["processed_images"] as? Int == 2)
    #expect(progress["failed_images"] as? Int == 1)
    let results = try #require(
      try await client.get("/api/v1/jobs/\(job)/results").data["results"] as? [[String: Any]])
    #expect(results[0]["error"] == nil && results[0]["detections"] != nil)
    #expect((results[1]["error"] as? [String: Any])?["code"] as? String == "CORRUPTED_FILE")
    #expect(results[1]["detections"] == nil)
  }

  @Test("a running job is cancelled within a second, and its worker goes on with the next one")
  func cancel() async throws {
    let data = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: ["HARRIER_RATE_LIMIT": "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let large = try Checkout.data(Checkout.sample("scene-large.jpg"))
    var (id, isCancelled) = ("", false)
    // On a busy machine a job may have ended before it is cancelled: the next one takes longer.
    for count in [1, 2, 4, 8] where !isCancelled {
      id = try await client.startJob(
        (0..<count).map { ("large-\($0).jpg", large) }, config: #"{"model":"aerial15-obb"}"#)
      var percentage = 0
      while percentage == 0 {
        let status = try await client.get("/api/v1/jobs/\(id)/status?wait=5").data
        percentage = (status["progress"] as? [String: Any])?["percentage"] as? Int ?? 0
      }
      let answer = try await client.send("POST", "/api/v1/jobs/\(id)/cancel")
      #expect(answer.status == 200 || answer.errorCode == "JOB_NOT_CANCELLABLE", "\(answer.text)")
      isCancelled = answer.status == 200
    }
    #expect(isCancelled)
    let next = try await client.runJob(
      [("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))],
      config: #"{"sahi":{"enabled":false}}"#)
    #expect(
      try await client.get("/api/v1/jobs/\(next)/status").data["status"] as? String == "completed")
    #expect(
      try await client.get("/api/v1/jobs/\(id)/status").data["status"] as? String == "cancelled")
    #expect(await server.stop() == 0)
  }

  @Test("a server that is killed comes back with its jobs; the one in hand is finished")
  func killed() async throws {
    let data = try TemporaryFolder()
    let environment = [
      "HARRIER_RATE_LIMIT": "0", "HARRIER_JOB_LEASE_SECONDS": "10",
      "HARRIER_HEARTBEAT_SECONDS": "0.5",
    ]
    let first = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: environment)
    let client = ServiceClient(baseURL: first.baseURL)
    let picture = try Checkout.data(Checkout.sample("yell-541000.jpg"))
    let id = try await client.startJob([("a.jpg", picture)])
    try await client.waitForBeginning(of: id)
    first.kill(SIGKILL)
    _ = await first.waitForEnd()
    let second = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: environment)
    let status = try await ServiceClient(baseURL: second.baseURL).waitForEnd(of: id).data
    #expect(status["status"] as? String == "completed")
    #expect(await second.stop() == 0)
  }

  @Test("the events of a job are its present state, its progress and its end")
  func events() async throws {
    let client = try await SharedServer.client()
    let id = try await client.startJob([
      ("a.jpg", try Checkout.data(Checkout.sample("yell-541000.jpg")))
    ])
    let answer = try await client.get("/api/v1/jobs/\(id)/events")
    #expect(answer.headers["content-type"] == "text/event-stream; charset=utf-8")
    let events = answer.text.components(separatedBy: "\n\n").filter { $0.contains("event: ") }
    #expect(events.first?.contains("event: status\n") == true)
    #expect(events.last?.contains("event: end\n") == true)
    #expect(events.last?.contains(#""status":"completed""#) == true)
    let ids = events.compactMap { event in
      event.firstMatch(of: /id: (\d+)/).flatMap { Int($0.1) }
    }
    #expect(ids == ids.sorted())
    // A client that has seen all but the end is told of the end.
    let again = try await client.get(
      "/api/v1/jobs/\(id)/events", headers: ["Last-Event-ID": "\(ids.last ?? 0)"])
    #expect(again.text.contains("event: end\n"))
  }
}
