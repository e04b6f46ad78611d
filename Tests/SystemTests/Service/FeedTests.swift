import Foundation
import Synchronization
import TestSupport
import Testing

/// `GET /api/v1/jobs/events`, by which a list of jobs is kept up to date.
@Suite("Service: the stream of all jobs")
struct FeedTests {
  private static func start() async throws -> (ServerProcess, ServiceClient, TemporaryFolder) {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"],
      environment: ["HARRIER_RATE_LIMIT": "0"])
    return (server, ServiceClient(baseURL: server.baseURL), folder)
  }

  private static func startJob(_ client: ServiceClient) async throws -> String {
    let picture = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let upload = try await client.upload([("a.jpg", picture)]).data["upload_id"] as? String
    let job = try await client.post(
      "/api/v1/inference/predict", json: #"{"upload_id":"\#(try #require(upload))"}"#)
    return try #require(job.data["job_id"] as? String, "\(job.text)")
  }

  @Test("it begins by asking to read the list, and then tells of each job that changes")
  func changes() async throws {
    let (server, client, folder) = try await Self.start()
    let jobs = Mutex<[String]>([])
    let events = try await EventReader(url: server.baseURL + "/api/v1/jobs/events").read { event in
      if event.name == "reset" {
        let new = [try await Self.startJob(client), try await Self.startJob(client)]
        jobs.withLock { $0 = new }
        _ = try await client.send("POST", "/api/v1/jobs/\(new[0])/cancel")
        return false
      }
      return event.json["status"] as? String == "cancelled"
    }
    let started = jobs.withLock { $0 }
    #expect(events.map(\.name).first == "reset")
    #expect(events.dropFirst().allSatisfy { $0.name == "job" && $0.id != nil })
    #expect(Set(events.dropFirst().compactMap { $0.json["job_id"] as? String }) == Set(started))
    #expect(events.last?.json["job_id"] as? String == started[0])
    withExtendedLifetime(folder) {}
    #expect(await server.stop() == 0)
  }

  @Test("who says what was seen last is told of what has changed since, and of nothing else")
  func resumption() async throws {
    let (server, client, folder) = try await Self.start()
    let old = try await Self.startJob(client)
    let seen = try await EventReader(
      url: server.baseURL + "/api/v1/jobs/events", headers: ["Last-Event-ID": "0"]
    ).read { $0.json["job_id"] as? String == old }
    #expect(seen.map(\.name) == ["job"])
    let new = try await Self.startJob(client)
    let since = try await EventReader(
      url: server.baseURL + "/api/v1/jobs/events",
      headers: ["Last-Event-ID": try #require(seen.last?.id)]
    ).read { _ in true }
    #expect(since.first?.json["job_id"] as? String == new)
    // What no server has said is answered with the list's turn.
    for strange in ["999999999", "x"] {
      let first = try await EventReader(
        url: server.baseURL + "/api/v1/jobs/events", headers: ["Last-Event-ID": strange]
      ).read { _ in true }
      #expect(first.first?.name == "reset", "\(strange)")
    }
    withExtendedLifetime(folder) {}
    #expect(await server.stop() == 0)
  }

  @Test("others' jobs are not told of")
  func owners() async throws {
    let bench = try await AccessBench.start()
    let ada = try await bench.key("read,submit")
    let eve = try await bench.key("read,submit")
    let client = bench.anonymous.with(key: ada)
    let path = bench.server.baseURL + "/api/v1/jobs/events"
    let mine = try await EventReader(url: path, headers: ["Authorization": "Bearer \(ada)"]).read {
      event in
      // Another one's comes first.
      if event.name == "reset" {
        _ = try await Self.startJob(bench.anonymous.with(key: eve))
        _ = try await Self.startJob(client)
        return false
      }
      return true
    }
    let own = try await client.get("/api/v1/jobs").data["jobs"] as? [[String: Any]]
    #expect(own?.count == 1)
    #expect(mine.last?.json["job_id"] as? String == own?.first?["job_id"] as? String)
    #expect(await bench.server.stop() == 0)
  }
}
