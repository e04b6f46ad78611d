import Foundation
import Hummingbird
import Jobs
import Logging
import NIOCore
import TestSupport
import Testing

@testable import App

@Suite("MonitoringRoutes")
struct MonitoringRoutesTests {
  /// Serves the routes on a free port of loopback while `body` runs.
  private func serving(
    _ monitored: MonitoredService, _ body: @Sendable @escaping (Int) async throws -> Void
  ) async throws {
    let routes = MonitoringRoutes(monitoring: monitored.monitoring())
    let router = Router(context: HarrierContext.self)
    router.get("/metrics", use: routes.metrics)
    router.get("/health/live", use: routes.live)
    router.get("/health/ready", use: routes.ready)
    router.get("/api/v1/monitoring/dashboard", use: routes.dashboard)
    let (ports, port) = AsyncStream<Int>.makeStream()
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        port.yield(channel.localAddress?.port ?? 0)
        port.finish()
      }, logger: monitored.service.logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      for await port in ports { try await body(port) }
      group.cancelAll()
    }
  }

  @Test("every route answers with its type, and none may be cached")
  func answers() async throws {
    let monitored = MonitoredService()
    try await serving(monitored) { port in
      let base = "http://127.0.0.1:\(port)"
      let metrics = try await httpGet("\(base)/metrics")
      #expect(metrics.status == 200)
      #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(metrics.text.contains("queue_length{queue=\"inference\"} 0\n"))
      let live = try await httpGet("\(base)/health/live")
      #expect(live.text == #"{"status":"success","data":{"status":"ok"}}"#)
      let ready = try await httpGet("\(base)/health/ready")
      #expect(ready.status == 200)
      let dashboard = try await httpGet("\(base)/api/v1/monitoring/dashboard")
      #expect(dashboard.status == 200)
      #expect(dashboard.text.hasPrefix(#"{"status":"success","data":{"queue_length":0,"#))
      for answer in [metrics, live, ready, dashboard] {
        #expect(answer.headers["cache-control"] == "no-store")
      }
    }
  }

  @Test(
    "promtool reads a whole scrape",
    .enabled(if: Promtool.isInstalled, "promtool is not installed"))
  func promtool() async throws {
    try await serving(MonitoredService()) { port in
      let metrics = try await httpGet("http://127.0.0.1:\(port)/metrics")
      let output = try await Promtool.check(metrics: metrics.text)
      #expect(output.status == 0, "\(output.text)\(output.standardError)")
    }
  }

  @Test(
    "a real Prometheus scrapes it and reads what was counted",
    .enabled(if: PrometheusServer.isInstalled, "Prometheus is not installed"),
    .timeLimit(.minutes(20)))
  func prometheus() async throws {
    let monitored = MonitoredService()
    let metrics = monitored.service.metrics
    for status in [200, 200, 404] {
      metrics.request(
        method: "GET", endpoint: "/api/v1/jobs/{job_id}/status", status: status,
        duration: .milliseconds(2))
    }
    metrics.jobEnded(.completed, duration: .seconds(20))
    metrics.image(
      model: "m", duration: .seconds(1), slices: 7,
      detectionsByClass: ["plane \"A\"\n\\": 3, "ship": 4])
    try await serving(monitored) { port in
      try await PrometheusServer.scraping(port: port) { prometheus in
        let job = #"endpoint="/api/v1/jobs/{job_id}/status""#
        let expected: [(query: String, value: Double)] = [
          ("up", 1),
          ("sum(api_requests_total{\(job)})", 3),
          (#"detection_count_total{class="plane \"A\"\n\\"}"#, 3),
          // One observation in the bucket from 10 to 30: its middle.
          ("histogram_quantile(0.5, inference_duration_seconds_bucket)", 20),
          ("app_info", 1),
          ("memory_usage_bytes > bool 1000000", 1),
        ]
        for (query, value) in expected {
          try await prometheus.wait(for: query, toBe: value)
        }
      }
    }
  }
}
