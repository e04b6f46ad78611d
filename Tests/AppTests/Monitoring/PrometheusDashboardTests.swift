import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import App

/// Answers queries as a Prometheus would, or as a test wants.
final class ScriptedPrometheus: HTTPTransport {
  struct Call: Sendable {
    var url: String
    var headers: [String: String]
    var form: [String: String]
  }

  let calls = Mutex<[Call]>([])
  private let reply: @Sendable (_ query: String) throws -> HTTPReply

  init(_ reply: @escaping @Sendable (_ query: String) throws -> HTTPReply) { self.reply = reply }

  /// The same value at every step of the last `count` minutes before `startOfTests`.
  static func series(_ value: String, count: Int = 60) -> HTTPReply {
    let end = Int(startOfTests.timeIntervalSince1970)
    let points = (0..<count).reversed().map { "[\(end - $0 * 60),\"\(value)\"]" }
    let text = """
      {"status":"success","data":{"resultType":"matrix","result":[{"metric":{},
        "values":[\(points.joined(separator: ","))]}]}}
      """
    return HTTPReply(status: 200, headers: [:], body: Array(text.utf8))
  }

  static let nothing = HTTPReply(
    status: 200, headers: [:],
    body: Array(#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#.utf8))

  func send(_ call: HTTPCall) async throws -> HTTPReply {
    let pairs = String(decoding: call.body, as: UTF8.self).split(separator: "&").map { pair in
      pair.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? "" }
    }
    let form = Dictionary(pairs.map { ($0[0], $0[1]) }, uniquingKeysWith: { $1 })
    let headers = Dictionary(call.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    calls.withLock { $0.append(Call(url: call.url, headers: headers, form: form)) }
    return try reply(form["query"] ?? "")
  }
}

@Suite("The dashboard with Prometheus")
struct PrometheusDashboardTests {
  private func dashboard(
    _ prometheus: ScriptedPrometheus, url: String = "http://127.0.0.1:9090", labels: [String] = []
  ) -> (DashboardSampler, TestTime) {
    var settings = ServiceSettings()
    settings.prometheusURL = url
    settings.prometheusLabels = labels
    let monitored = MonitoredService(settings: settings, http: prometheus)
    return (monitored.monitoring().dashboard, monitored.time)
  }

  @Test("its numbers and its hour of history are those of Prometheus")
  func numbers() async throws {
    let prometheus = ScriptedPrometheus { query in
      switch query {
      case #"max(queue_length{queue="inference"})"#: ScriptedPrometheus.series("7")
      case "max(active_workers)": ScriptedPrometheus.series("4")
      case "max(active_jobs)": ScriptedPrometheus.series("3")
      case #"sum(increase(inference_jobs_total{status="completed"}[60s]))"#:
        ScriptedPrometheus.series("1.9")
      case let query where query.contains("inference_duration_seconds_sum"):
        ScriptedPrometheus.series("12.5")
      case let query where query.hasSuffix("[5m])) * 60"): ScriptedPrometheus.series("1.25")
      // No job has failed: there is no such series.
      default: ScriptedPrometheus.nothing
      }
    }
    let (sampler, _) = dashboard(prometheus)
    let text = try await sampler.document()
    #expect(
      text.hasPrefix(
        #"{"status":"success","data":{"queue_length":7,"active_workers":4,"#
          + #""average_inference_time_seconds":12.5,"job_completion_rate":1.25,"#
          + #""recent_jobs":{"completed":120,"failed":0,"processing":3},"source":"prometheus","#
          + #""version":"\#(harrierVersion)","history":{"interval_seconds":60,"points":[{"time":"2026-02-02T01:41:00.000Z","#
      ))
    #expect(text.components(separatedBy: #""time":"#).count - 1 == 60)
    #expect(prometheus.calls.withLock { $0.count } == 7)
  }

  @Test("it begins where Prometheus begins to know the service")
  func young() async throws {
    let prometheus = ScriptedPrometheus { _ in ScriptedPrometheus.series("2", count: 5) }
    let (sampler, _) = dashboard(prometheus)
    let text = try await sampler.document()
    #expect(text.components(separatedBy: #""time":"#).count - 1 == 5)
  }

  @Test("many who look within five seconds ask Prometheus once")
  func cached() async throws {
    let prometheus = ScriptedPrometheus { _ in ScriptedPrometheus.series("2") }
    let (sampler, time) = dashboard(prometheus)
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<20 { group.addTask { try await sampler.document() } }
      try await group.waitForAll()
    }
    time.advance(4.9)
    _ = try await sampler.document()
    #expect(prometheus.calls.withLock { $0.count } == 7)
    time.advance(0.2)
    _ = try await sampler.document()
    #expect(prometheus.calls.withLock { $0.count } == 14)
  }

  @Test(
    "while it is down, wrong or empty, the service shows its own numbers, and asks again after ten seconds",
    arguments: ["down", "status", "garbage", "empty"])
  func down(how: String) async throws {
    let isBack = Atomic(false)
    let prometheus = ScriptedPrometheus { _ in
      if isBack.load(ordering: .relaxed) { return ScriptedPrometheus.series("2") }
      switch how {
      case "down": throw JobsError(.unavailable, "no answer")
      case "status": return HTTPReply(status: 503, headers: [:], body: [])
      case "garbage":
        return HTTPReply(status: 200, headers: [:], body: Array(#"{"data":{"result":7}}"#.utf8))
      default: return ScriptedPrometheus.nothing
      }
    }
    let (sampler, time) = dashboard(prometheus)
    #expect(try await sampler.document().contains(#""source":"service""#))
    let asked = prometheus.calls.withLock { $0.count }
    isBack.store(true, ordering: .relaxed)
    time.advance(9)
    #expect(try await sampler.document().contains(#""source":"service""#))
    #expect(prometheus.calls.withLock { $0.count } == asked)
    time.advance(2)
    #expect(try await sampler.document().contains(#""source":"prometheus""#))
  }

  @Test("a path, a password and labels of the installation are used")
  func address() async throws {
    let prometheus = ScriptedPrometheus { _ in ScriptedPrometheus.series("2") }
    let (sampler, _) = dashboard(
      prometheus, url: "https://ops:s3cret@example.org/prometheus/",
      labels: [#"environment=pro"duction"#])
    _ = try await sampler.document()
    let call = try #require(prometheus.calls.withLock { $0.first })
    #expect(call.url == "https://example.org/prometheus/api/v1/query_range")
    #expect(call.headers["authorization"] == "Basic b3BzOnMzY3JldA==")
    for query in prometheus.calls.withLock({ $0.compactMap { $0.form["query"] } }) {
      #expect(query.contains(#"environment="pro\"duction""#))
    }
  }
}
