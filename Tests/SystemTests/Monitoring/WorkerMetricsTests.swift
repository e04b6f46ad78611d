import Foundation
import TestSupport
import Testing

@Suite("Service: metrics of several processes")
struct WorkerMetricsTests {
  /// The value of a sample without a timestamp; nil where there is none.
  private func value(_ sample: String, in scrape: String) -> Double? {
    scrape.split(separator: "\n").first { $0.hasPrefix("\(sample) ") }
      .flatMap { Double($0.dropFirst(sample.count + 1)) }
  }

  @Test(
    "a worker by itself shows what it counts, and no number is counted twice",
    .enabled(if: Promtool.isInstalled, "scripts/setup --tests installs promtool"))
  func separate() async throws {
    let folder = try TemporaryFolder()
    let data = folder.path("data")
    let environment = ["HARRIER_RATE_LIMIT": "0", "HARRIER_METRICS_PORT": "0"]
    let server = try await ServerProcess.start(
      dataDirectory: data, arguments: ["--workers", "0"], environment: environment)
    let worker = try await ServerProcess.startWorker(
      dataDirectory: data, environment: environment)
    await worker.waitForLog("The worker shows its metrics")
    let match = try #require(worker.log.firstMatch(of: /"metrics_port":(\d+)/))
    let client = ServiceClient(baseURL: server.baseURL)
    let workerClient = ServiceClient(baseURL: "http://127.0.0.1:\(match.1)")
    let job = try await client.runJob(
      [("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))])
    let status = try await client.get("/api/v1/jobs/\(job)/status").data
    #expect(status["status"] as? String == "completed")
    let completed = #"inference_jobs_total{status="completed"}"#
    try await eventually {
      value(completed, in: try await workerClient.get("/metrics").text) == 1
    }

    let scrape = try await workerClient.get("/metrics").text
    let own = try await client.get("/metrics").text
    #expect(value(completed, in: own) == 0)
    #expect(try #require(value("harrier_slices_total", in: scrape)) >= 1)
    #expect(value("harrier_slices_total", in: own) == 0)
    let busy = #"harrier_infer_request_seconds_total{state="busy"}"#
    #expect(try #require(value(busy, in: scrape)) > 0)
    #expect(value(#"harrier_cache_requests_total{cache="model",result="miss"}"#, in: scrape) == 1)
    #expect(value("process_open_fds", in: scrape) != nil)
    for store in ["database", "files"] {
      #expect(scrape.contains(#"harrier_store_operation_duration_seconds_count{store="\#(store)""#))
    }
    for name in ["api_requests_total", "queue_length", "active_workers", "harrier_store_up"] {
      #expect(!scrape.contains("# TYPE \(name) "), "\(name)")
    }
    #expect(value("active_workers", in: own) == 1)
    #expect(value(#"harrier_store_up{store="database"}"#, in: own) == 1)
    let check = try await Promtool.check(metrics: scrape)
    #expect(check.status == 0, "\(check.text)\(check.standardError)")
    #expect(try await workerClient.get("/health/live").status == 200)
    #expect(await worker.stop() == 0)
    #expect(await server.stop() == 0)
  }

  @Test("a worker whose metrics port is taken works all the same, and says so")
  func portTaken() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    let worker = try await ServerProcess.startWorker(
      dataDirectory: folder.path("data"),
      environment: ["HARRIER_METRICS_PORT": "\(server.port)"])
    await worker.waitForLog("metrics_port: the metrics are not shown")
    let client = ServiceClient(baseURL: server.baseURL)
    let job = try await client.runJob(
      [("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))])
    let status = try await client.get("/api/v1/jobs/\(job)/status").data
    #expect(status["status"] as? String == "completed")
    #expect(await worker.stop() == 0)
    #expect(await server.stop() == 0)
  }

  @Test(
    "a reader of OpenMetrics understands the whole scrape",
    .enabled(if: PythonScript.isInstalled, "scripts/test-tools installs it"))
  func openMetrics() async throws {
    let client = try await SharedServer.client()
    let answer = try await client.get(
      "/metrics", headers: ["Accept": "application/openmetrics-text;version=1.0.0"])
    #expect(
      answer.headers["content-type"]
        == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    let folder = try TemporaryFolder()
    let file = try folder.write(answer.text, to: "scrape.txt")
    let output = try await PythonScript.run(
      """
      import sys
      from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
      families = list(parse(open(sys.argv[1]).read()))
      print(len(families), "api_requests" in [family.name for family in families])
      """, [file])
    #expect(output.status == 0, "\(output.standardError)")
    #expect(output.text.hasSuffix("True\n"), "\(output.text)")
  }
}
