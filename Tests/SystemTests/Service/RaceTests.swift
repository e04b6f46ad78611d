import Foundation
import TestSupport
import Testing

/// Clients, workers and a blocked database that get in each other's way.
@Suite("Service: races")
struct RaceTests {
  private static let environment = [
    "HARRIER_RATE_LIMIT": "0", "HARRIER_JOB_LEASE_SECONDS": "2", "HARRIER_HEARTBEAT_SECONDS": "0.5",
  ]

  /// From before the claim to after the end: a job takes some 100 ms here.
  @Test(
    "a cancellation has one outcome, which every reader sees, at whatever moment it comes and however often",
    arguments: [1, UInt64.random(in: 2...UInt64.max)])
  func cancellations(seed: UInt64) async throws {
    let data = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: Self.environment)
    let client = ServiceClient(baseURL: server.baseURL)
    let picture = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let config = #"{"sahi":{"enabled":false}}"#
    // The first job waits for the model, and tells how long a job takes.
    _ = try await client.runJob([("warm.jpg", picture)], config: config)
    let start = ContinuousClock.now
    _ = try await client.runJob([("timed.jpg", picture)], config: config)
    let usual = ContinuousClock.now - start
    var random = SeededGenerator(seed: seed)
    var outcomes: [String: Int] = [:]
    for number in 0..<24 {
      let id = try await client.startJob([("\(number).jpg", picture)], config: config)
      // A client that looks now and then, for a while.
      let moment = ContinuousClock.now + usual * Double.random(in: 0...1.3, using: &random)
      while ContinuousClock.now < moment {
        _ = try await client.get("/api/v1/jobs/\(id)/status")
      }
      async let one = client.send("POST", "/api/v1/jobs/\(id)/cancel")
      async let other = client.send("POST", "/api/v1/jobs/\(id)/cancel")
      let answers = try await [one.status, other.status].sorted()
      let status = try await client.waitForEnd(of: id).data["status"] as? String ?? ""
      // One of two cancellations wins, or the job has ended before both.
      #expect(
        answers == (status == "cancelled" ? [200, 409] : [409, 409]),
        "seed \(seed), job \(number), \(status)")
      #expect(try await seen(id, client) == Set([status]), "seed \(seed), job \(number)")
      outcomes[status, default: 0] += 1
    }
    print("cancellations, seed \(seed): \(outcomes)")
    #expect(Set(outcomes.keys).isSubset(of: ["cancelled", "completed"]))
    #expect(outcomes["cancelled"] ?? 0 > 0)
    #expect(await server.stop() == 0)
  }

  /// What the status, the list, the events, the results and the metrics say.
  private func seen(_ id: String, _ client: ServiceClient) async throws -> Set<String> {
    let status = try await client.get("/api/v1/jobs/\(id)/status").data["status"] as? String
    let list = try await client.get("/api/v1/jobs?limit=100").data["jobs"] as? [[String: Any]]
    let listed = list?.first { $0["job_id"] as? String == id }?["status"] as? String
    let events = try await client.get("/api/v1/jobs/\(id)/events").text
    let last = events.matches(of: /"status":"([a-z]+)"/).last.map { String($0.1) }
    let results = try await client.get("/api/v1/jobs/\(id)/results").status
    return [
      status ?? "none", listed ?? "none", last ?? "none",
      results == 200 ? "completed" : "cancelled",
    ]
  }

  @Test(
    "a worker whose heartbeats are blocked for longer than its lease stops in time, and nothing is done twice"
  )
  func blockedHeartbeat() async throws {
    let data = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: Self.environment)
    let client = ServiceClient(baseURL: server.baseURL)
    let picture = try Checkout.data(Checkout.sample("scene-large.jpg"))
    let config = #"{"model":"aerial15-obb"}"#
    let calm = try await client.runJob([("a.jpg", picture)], config: config)
    let id = try await client.startJob([("a.jpg", picture)], config: config)
    try await client.waitForBeginning(of: id)
    // Another program holds SQLite's one write lock for four leases: also a worker that gets little of a busy
    // machine looks at its own in this time.
    let lock = """
      import sqlite3, time
      database = sqlite3.connect("\(data.path("data/harrier.sqlite"))", isolation_level=None)
      database.execute("BEGIN IMMEDIATE")
      time.sleep(8)
      database.execute("ROLLBACK")
      """
    let locked = try await HarrierProcess(program: "python3", ["-c", lock]).run()
    #expect(locked.status == 0, "\(locked.standardError)")
    let status = try await client.waitForEnd(of: id).data
    #expect(server.log.contains("lease"), "\(server.log)")
    #expect(status["status"] as? String == "completed")
    let attempts = try await client.get("/api/v1/jobs/\(id)/attempts").data["attempts"]
    let outcomes = (attempts as? [[String: Any]] ?? []).compactMap { $0["outcome"] as? String }
    #expect(outcomes.count == 2 && outcomes.last == "completed", "\(outcomes)")
    #expect(["released", "lost"].contains(outcomes.first), "\(outcomes)")
    #expect(try await labels(of: id, client) == (try await labels(of: calm, client)))
    #expect(await server.stop() == 0)
  }

  private func labels(of job: String, _ client: ServiceClient) async throws -> [String] {
    let data = try await client.get("/api/v1/jobs/\(job)/results?format=yolo").data
    let files = try #require(data["files"] as? [[String: Any]])
    return files.compactMap { $0["label_content"] as? String }
  }
}
