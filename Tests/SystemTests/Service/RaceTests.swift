import Foundation
import TestSupport
import Testing

/// Clients, workers and a blocked database that get in each other's way.
@Suite("Service: races")
struct RaceTests {
  /// From before the claim to after the end: a job takes some 100 ms here.
  @Test(
    "a cancellation has one outcome, which every reader sees, at whatever moment it comes and however often",
    arguments: [1, UInt64.random(in: 2...UInt64.max)])
  func cancellations(seed: UInt64) async throws {
    let data = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: ["HARRIER_RATE_LIMIT": "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let picture = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let config = #"{"sahi":{"enabled":false}}"#
    // The first job waits for the model; of the others the one that nothing held up tells how long a job takes.
    _ = try await client.runJob([("warm.jpg", picture)], config: config)
    var usual = Duration.seconds(60)
    for _ in 0..<3 {
      let start = ContinuousClock.now
      _ = try await client.runJob([("timed.jpg", picture)], config: config)
      usual = min(usual, ContinuousClock.now - start)
    }
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
    // A busy machine may hold up a worker for longer than its lease, again and again: no job fails by that.
    let server = try await ServerProcess.start(
      dataDirectory: data.path("data"),
      environment: [
        "HARRIER_RATE_LIMIT": "0", "HARRIER_JOB_LEASE_SECONDS": "4",
        "HARRIER_HEARTBEAT_SECONDS": "0.5", "HARRIER_MAX_WORKER_DEATHS": "100",
      ])
    let client = ServiceClient(baseURL: server.baseURL)
    let picture = try Checkout.data(Checkout.sample("scene-large.jpg"))
    let config = #"{"model":"aerial15-obb"}"#
    let calm = try await client.runJob([("a.jpg", picture)], config: config)
    var (id, isLocked) = ("", false)
    // A job may have ended before the lock is there: the next one takes longer.
    for count in [1, 2, 4, 8] where !isLocked {
      id = try await client.startJob(
        (0..<count).map { ("\($0).jpg", picture) }, config: config)
      isLocked = try await Self.lock(data.path("data/harrier.sqlite"), during: id)
    }
    #expect(isLocked)
    let status = try await client.waitForEnd(of: id).data
    #expect(server.log.contains("lease"), "\(server.log)")
    #expect(status["status"] as? String == "completed")
    let attempts = try await client.get("/api/v1/jobs/\(id)/attempts").data["attempts"]
    let outcomes = (attempts as? [[String: Any]] ?? []).compactMap { $0["outcome"] as? String }
    #expect(outcomes.count >= 2 && outcomes.last == "completed", "\(outcomes)")
    #expect(
      outcomes.dropLast().allSatisfy { ["released", "lost"].contains($0) }, "\(outcomes)")
    let label = try #require(try await labels(of: calm, client).first)
    let found = try await labels(of: id, client)
    #expect(!found.isEmpty && found.allSatisfy { $0 == label })
    #expect(await server.stop() == 0)
  }

  /// Another program holds SQLite's one write lock for four leases while a worker has the job in hand: also one that
  /// gets little of a busy machine looks at its own in this time.
  /// - Returns: false when the job had ended before.
  private static func lock(_ path: String, during job: String) async throws -> Bool {
    let script = """
      import sqlite3, sys, time
      database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
      def state():
          return database.execute("SELECT state FROM job WHERE id = ?", [sys.argv[2]]).fetchone()[0]
      while state() == "queued":
          time.sleep(0.01)
      database.execute("BEGIN IMMEDIATE")
      is_in_hand = state() == "processing"
      time.sleep(16 if is_in_hand else 0)
      database.execute("ROLLBACK")
      print(is_in_hand)
      """
    let output = try await HarrierProcess(program: "python3", ["-c", script, path, job]).run()
    #expect(output.status == 0, "\(output.standardError)")
    return output.text == "True\n"
  }

  private func labels(of job: String, _ client: ServiceClient) async throws -> [String] {
    let data = try await client.get("/api/v1/jobs/\(job)/results?format=yolo").data
    let files = try #require(data["files"] as? [[String: Any]])
    return files.compactMap { $0["label_content"] as? String }
  }
}
