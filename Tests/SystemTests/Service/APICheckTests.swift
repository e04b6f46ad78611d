import Foundation
import TestSupport
import Testing

@Suite("Service: its own description")
struct APICheckTests {
  private static let python = Checkout.path(".deps/test-venv/bin/python")

  @Test(
    "schemathesis finds nothing that /openapi.json does not promise",
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: python),
      "scripts/test-tools installs schemathesis"))
  func schemathesis() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), environment: ["HARRIER_RATE_LIMIT": "0"])
    let check = try await HarrierProcess(
      program: Checkout.path("scripts/check-api"), [server.baseURL]
    ).run()
    #expect(check.status == 0, "\(check.text)\(check.standardError)")
    #expect(check.text.contains("No issues found") || check.text.contains("passed"))
    #expect(!server.log.contains("INTERNAL_ERROR"), "\(server.log)")
    #expect(await server.stop() == 0)
  }

  @Test("a scrape has every metric of the contract, the workers' numbers included")
  func metrics() async throws {
    let client = try await SharedServer.client()
    _ = try await client.runJob(
      [("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))],
      config: #"{"sahi":{"enabled":false}}"#)
    // The workers' numbers arrive with their next line.
    var scrape = ""
    repeat {
      scrape = try await client.get("/metrics").text
    } while !scrape.contains(
      #"inference_jobs_total{status="completed"}"#)
    for name in [
      "api_requests_total{", "api_request_duration_seconds_bucket{", "active_jobs ",
      "inference_duration_seconds_bucket{", "model_inference_time_seconds_bucket{",
      "uploaded_files_total ", "uploaded_bytes_total ", "active_workers ",
      "queue_length{queue=\"inference\"} ", "cpu_usage_percent ", "memory_usage_bytes ",
      "pipeline_stage_duration_seconds_bucket{", "slices_per_image_bucket{",
      "detections_per_image_bucket{", "app_info{",
    ] {
      #expect(scrape.contains("\n\(name)"), "\(name)")
    }
  }

  @Test(
    "a real Prometheus scrapes a running service",
    .enabled(if: PrometheusServer.isInstalled, "scripts/setup --tests installs Prometheus"))
  func prometheus() async throws {
    try await PrometheusServer.scraping(port: try await SharedServer.port()) { prometheus in
      try await prometheus.wait(for: #"up{job="harrier"}"#, toBe: 1)
      try await prometheus.wait(for: "count(app_info)", toBe: 1)
    }
  }

  @Test(
    "promtool finds nothing to say about a scrape of a running service",
    .enabled(if: Promtool.isInstalled, "scripts/setup --tests installs promtool"))
  func promtool() async throws {
    let scrape = try await SharedServer.client().get("/metrics").text
    let check = try await Promtool.check(metrics: scrape)
    #expect(check.status == 0, "\(check.text)\(check.standardError)")
  }
}
