import Foundation
import Synchronization
import TestSupport
import Testing

/// Servers that are told to end, and others that go on.
@Suite("Service: restarts")
struct RestartTests {
  private static let environment = ["HARRIER_RATE_LIMIT": "0"]

  @Test("a second SIGTERM ends a server at once whose worker would take its time")
  func secondSignal() async throws {
    let data = try TemporaryFolder()
    let failpoints = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: data.path("data"),
      environment: Self.environment.merging([
        "HARRIER_SHUTDOWN_GRACE_SECONDS": "600", "HARRIER_TEST_FAILPOINTS": failpoints.path,
      ]) { $1 })
    let client = ServiceClient(baseURL: server.baseURL)
    try failpoints.write("", to: "inference-hangs")
    let id = try await client.startJob(
      [("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))],
      config: #"{"sahi":{"enabled":false}}"#)
    try await eventually {
      !FileManager.default.fileExists(atPath: failpoints.path("inference-hangs"))
    }
    server.kill(SIGTERM)
    // It says so before it waits for the worker, which hangs.
    try await eventually { try await client.get("/health/ready").status == 503 }
    server.kill(SIGTERM)
    #expect(await server.waitForEnd() == 128 + SIGTERM)
    let next = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: Self.environment)
    let status = try await ServiceClient(baseURL: next.baseURL).waitForEnd(of: id).data
    #expect(status["status"] as? String == "completed")
    // Given back, not lost: what the operator did is no fault of the job.
    #expect(status["attempt"] as? Int == 1)
    #expect(await next.stop() == 0)
  }

  @Test("rolling restarts under load lose no job, and show no client an error that it cannot retry")
  func rolling() async throws {
    let data = try TemporaryFolder()
    let first = try await ServerProcess.start(
      dataDirectory: data.path("data"), environment: Self.environment)
    let client = RollingClient(first)
    let ended = try await withThrowingTaskGroup(of: [String].self) { group in
      for lane in 0..<3 {
        group.addTask {
          var states: [String] = []
          for number in 0..<6 { states.append(try await client.runJob("\(lane)-\(number)")) }
          return states
        }
      }
      var old = first
      for _ in 0..<3 {
        let new = try await ServerProcess.start(
          dataDirectory: data.path("data"), environment: Self.environment)
        client.move(to: new)
        #expect(await old.stop() == 0)
        old = new
        // Some jobs go through before the next one.
        let seen = client.endedCount
        try await eventually { client.endedCount >= min(seen + 3, 18) }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(ended == Array(repeating: "completed", count: 18))
    #expect(client.hardErrors == [])
    let last = ServiceClient(baseURL: client.baseURL)
    let list = try await last.get("/api/v1/jobs?limit=100").data["jobs"] as? [[String: Any]]
    #expect(list?.count == 18)
    #expect(list?.allSatisfy { $0["status"] as? String == "completed" } == true)
    #expect(await client.server.stop() == 0)
  }
}

/// A client behind a proxy that sends what failed again, to the server that is there then.
private final class RollingClient: Sendable {
  private struct State {
    var server: ServerProcess
    var endedCount = 0
    var hardErrors: [String] = []
  }

  private let state: Mutex<State>

  init(_ server: ServerProcess) { state = Mutex(State(server: server)) }

  var server: ServerProcess { state.withLock(\.server) }
  var baseURL: String { server.baseURL }
  var endedCount: Int { state.withLock(\.endedCount) }
  /// Answers that are neither what was asked for nor to be sent again.
  var hardErrors: [String] { state.withLock(\.hardErrors) }

  func move(to server: ServerProcess) { state.withLock { $0.server = server } }

  /// - Returns: the state in which the job ended.
  func runJob(_ key: String) async throws -> String {
    let picture = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let upload = try await again(200) { try await $0.upload([("\(key).jpg", picture)]) }
    let id = upload.data["upload_id"] as? String ?? ""
    let body = #"{"upload_id":"\#(id)","config":{"sahi":{"enabled":false}}}"#
    let job = try await again(202) {
      try await $0.post(
        "/api/v1/inference/predict", json: body, headers: ["Idempotency-Key": key])
    }
    let path = "/api/v1/jobs/\(job.data["job_id"] as? String ?? "")/status?wait=5"
    while true {
      let status = try await again(200) { try await $0.get(path) }.data["status"] as? String ?? ""
      if ["completed", "failed", "cancelled"].contains(status) {
        state.withLock { $0.endedCount += 1 }
        return status
      }
    }
  }

  private func again(
    _ expected: Int, _ call: (ServiceClient) async throws -> ServiceClient.Answer
  ) async throws -> ServiceClient.Answer {
    var last = "nothing"
    let end = ContinuousClock.now + .seconds(180)
    while ContinuousClock.now < end {
      do {
        let answer = try await call(ServiceClient(baseURL: baseURL))
        if answer.status == expected { return answer }
        last = "\(answer.status): \(answer.text)"
        guard answer.status == 503 else {
          state.withLock { [last] in $0.hardErrors.append(last) }
          break
        }
      } catch {
        // A connection that was refused or closed.
        last = "\(error)"
      }
      await Task.yield()
    }
    throw CallFailure(answer: last)
  }
}

/// A call that did not succeed however often it was sent.
private struct CallFailure: Error {
  var answer: String
}
