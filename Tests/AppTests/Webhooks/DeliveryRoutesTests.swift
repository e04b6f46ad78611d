import Foundation
import HTTPTypes
import Jobs
import TestSupport
import Testing

@testable import App

@Suite("DeliveryRoutes")
struct DeliveryRoutesTests {
  private let harness = RouteHarness()

  private func addJob(callback url: String?) async throws -> JobID {
    let upload = sampleUpload()
    try await harness.store.insert(upload)
    var job = sampleJob(over: upload)
    job.callbackURL = url
    _ = try await harness.store.insert(job, idempotency: nil)
    return job.id
  }

  private func deliveries(of job: JobID) async throws -> [[String: Any]] {
    let answer = try await harness.get("jobs/\(job)/deliveries")
    #expect(answer.status == .ok)
    let data = try #require(answer.json?["data"] as? [String: Any])
    #expect(data["job_id"] as? String == job.description)
    return try #require(data["deliveries"] as? [[String: Any]])
  }

  @Test("a delivery is shown as it waits and as it failed, without the values of its query")
  func states() async throws {
    let job = try await addJob(callback: "https://example.org/hook?token=s3cret")
    #expect(try await deliveries(of: job).isEmpty)
    _ = try await harness.store.cancel(job, now: startOfTests)
    let waiting = try #require(try await deliveries(of: job).first)
    #expect((waiting["event_id"] as? String)?.hasPrefix("evt_") == true)
    var expected: [String: Any] = [
      "event_id": waiting["event_id"] ?? "", "event": "job.cancelled",
      "url": "https://example.org/hook?token=***", "status": "pending", "attempts": 0,
      "created_at": "2026-02-02T02:40:00.000Z", "next_attempt_at": "2026-02-02T02:40:00.000Z",
    ]
    #expect(NSDictionary(dictionary: waiting) == NSDictionary(dictionary: expected))
    let claimed = try #require(
      try await harness.store.claimDeliveries(
        upTo: 1, lease: .seconds(60), maxAttempts: 12, now: startOfTests + 1
      ).first)
    try await harness.store.record(.failed(status: 410, error: "It is gone"), of: claimed)
    expected["status"] = "failed"
    expected["attempts"] = 1
    expected["next_attempt_at"] = nil
    expected["last_attempt_at"] = "2026-02-02T02:40:01.000Z"
    expected["response_status"] = 410
    expected["error"] = "It is gone"
    let failed = try #require(try await deliveries(of: job).first)
    #expect(NSDictionary(dictionary: failed) == NSDictionary(dictionary: expected))
  }

  @Test("a job without a callback has none, an unknown job is not found")
  func none() async throws {
    let job = try await addJob(callback: nil)
    _ = try await harness.store.cancel(job, now: startOfTests)
    #expect(try await deliveries(of: job).isEmpty)
    #expect(await harness.error("jobs/job_0123456789ab/deliveries")?.code == .jobNotFound)
    #expect(await harness.error("jobs/nonsense/deliveries")?.code == .jobNotFound)
    #expect(await harness.error("jobs/\(job)/deliveries?limit=1")?.code == .invalidRequest)
  }
}
