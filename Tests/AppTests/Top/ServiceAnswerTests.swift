import Foundation
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Answers of a service")
struct ServiceAnswerTests {
  private func list(_ text: String) throws -> JobList { try JobList(Array(text.utf8)) }

  @Test("a job of the list has what the status document says")
  func job() throws {
    let job = try #require(try list(TopSamples.processing).oldestFirst.first)
    #expect(job.id == TopSamples.id && job.state == "processing" && job.attempt == 1)
    #expect(job.priority == "normal" && job.createdAt == startOfTests - 72)
    #expect(job.totalImages == 12 && job.processedImages == 7 && job.failedImages == 1)
    #expect(job.percentage == 58 && job.expectedAt == startOfTests + 34)
    #expect(job.stage == "Running sliced inference on image2.png")
  }

  @Test("jobs that wait are in the order of claims, as far as all of them are known")
  func order() throws {
    let all = try list(TopSamples.queued)
    #expect(all.isComplete)
    #expect(all.nextFirst.map { $0.id.last } == ["s", "r", "t"])
    let some = try list(
      TopSamples.queued.replacing(#""next_cursor":null"#, with: #""next_cursor":"job_x""#))
    #expect(!some.isComplete)
    #expect(some.nextFirst.map { $0.id.last } == ["t", "s", "r"])
  }

  @Test("what a job does not say is unknown; what is no job is passed over")
  func sparse() throws {
    let list = try list(
      TopSamples.list([
        #"{"job_id":"job_1","status":"queued"}"#, #"{"status":"queued"}"#, "7", "null",
        #"{"job_id":5,"status":"queued"}"#,
        #"{"job_id":"job_2","status":"processing","attempt":"x","created_at":"yesterday","progress":3}"#,
      ]))
    #expect(list.jobs.map(\.id) == ["job_1", "job_2"])
    #expect(list.jobs[1].attempt == nil && list.jobs[1].createdAt == nil)
    #expect(list.jobs[1].percentage == nil)
  }

  @Test(
    "another answer than a list is refused in words",
    arguments: ["", "<html>", "[]", "{}", #"{"data":{"jobs":{}}}"#, "{\"data\":{\"jobs\":[}"])
  func noList(text: String) {
    #expect(throws: SourceFailure.self) { try list(text) }
  }

  @Test(
    "times may have a fraction of the second",
    arguments: [
      ("2026-02-02T02:40:00Z", 0), ("2026-02-02T02:40:00.250Z", 0.25), ("2026-02-02", nil),
    ])
  func times(text: String, seconds: Double?) {
    #expect(JSONValue.string(text).time == seconds.map { startOfTests + $0 })
  }

  @Test("a ready service names what answers, one that is not what fails, and how")
  func readiness() throws {
    #expect(
      try ReadinessAnswer(status: 200, body: Array(TopSamples.ready.utf8))
        == .ready(["database", "files", "models"]))
    #expect(
      try ReadinessAnswer(status: 503, body: Array(TopSamples.notReady.utf8))
        == .notReady(
          message: "Not ready: database", [.init(name: "database", problem: "does not answer")]))
    let draining = #"{"status":"error","message":"The service is shutting down"}"#
    #expect(
      try ReadinessAnswer(status: 503, body: Array(draining.utf8))
        == .notReady(message: "The service is shutting down", []))
  }

  @Test(
    "the answer of a proxy is not the service's",
    arguments: [
      (503, "<html>no backend</html>", "status 503"), (502, "{}", "status 502"),
      (401, "{}", "status 401 (it wants another --api-key)"), (200, "ok", "the answer is no JSON"),
      (200, "{}", "another answer than expected"), (503, "{}", "status 503"),
    ])
  func proxy(status: Int, body: String, words: String) {
    let failure = #expect(throws: SourceFailure.self) {
      try ReadinessAnswer(status: status, body: Array(body.utf8))
    }
    #expect(failure?.words == words)
  }

  @Test("the history has the dashboard's points, and unknown numbers where one is null")
  func dashboard() throws {
    let answer = try DashboardAnswer(Array(TopSamples.dashboard.utf8))
    #expect(answer.points.count == 9)
    #expect(answer.points.map(\.queueLength) == [0, 1, 2, 4, 5, 7, 5, 4, 3])
    #expect(answer.points.last?.completionRate == 4)
    let text = #"{"data":{"history":{"points":[{"queue_length":null}]}}}"#
    let sparse = try DashboardAnswer(Array(text.utf8))
    #expect(sparse.points.map(\.queueLength) == [nil])
    #expect(sparse.jobsPerMinute(\.completed) == nil)
    #expect(throws: SourceFailure.self) { try DashboardAnswer(Array("{}".utf8)) }
  }

  @Test("jobs a minute are those of the points within the last minute, without what came before")
  func jobsPerMinute() throws {
    var answer = try DashboardAnswer(Array(TopSamples.dashboard.utf8))
    // From -60 s: 0 1 1 0 1 1, after the point at -60 s, whose job ended before.
    #expect(answer.jobsPerMinute(\.completed) == 4)
    answer.points.removeFirst(5)
    // Three points over thirty seconds: 1 0 1 1, of which the first came before.
    #expect(answer.jobsPerMinute(\.completed) == 4)
    answer.points.removeFirst(3)
    #expect(answer.jobsPerMinute(\.completed) == nil)
  }
}
