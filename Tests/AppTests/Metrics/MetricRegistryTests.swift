import Jobs
import Metrics
import TestSupport
import Testing

@testable import App

/// Expected texts are written by hand from the page of the text format 0.0.4.
@Suite("MetricRegistry")
struct MetricRegistryTests {
  @Test("counters, gauges and histograms read as the text format has them")
  func exposition() {
    let registry = MetricRegistry(catalog: [
      MetricDefinition("jobs_total", .counter, labels: ["status"], "Jobs."),
      MetricDefinition("queue", .gauge, "Waiting."),
      MetricDefinition("unknown", .gauge, "Never set."),
      MetricDefinition("seconds", .histogram(bounds: [0.5, 2]), labels: ["model"], "Time."),
    ])
    registry.makeCounter(label: "jobs_total", dimensions: [("status", "failed")]).increment(by: 2)
    registry.makeCounter(label: "jobs_total", dimensions: [("status", "completed")])
      .increment(by: 41)
    registry.makeMeter(label: "queue", dimensions: []).set(1.5)
    let seconds = registry.makeRecorder(
      label: "seconds", dimensions: [("model", "trees")], aggregate: true)
    for value in [0.25, 0.5, 1, 4] { seconds.record(value) }
    registry.makeTimer(label: "seconds", dimensions: [("model", "trees")])
      .recordNanoseconds(8_000_000_000)

    #expect(
      registry.exposition() == """
        # HELP jobs_total Jobs.
        # TYPE jobs_total counter
        jobs_total{status="completed"} 41
        jobs_total{status="failed"} 2
        # HELP queue Waiting.
        # TYPE queue gauge
        queue 1.5
        # HELP unknown Never set.
        # TYPE unknown gauge
        # HELP seconds Time.
        # TYPE seconds histogram
        seconds_bucket{model="trees",le="0.5"} 2
        seconds_bucket{model="trees",le="2"} 3
        seconds_bucket{model="trees",le="+Inf"} 5
        seconds_sum{model="trees"} 13.75
        seconds_count{model="trees"} 5

        """)
  }

  @Test(
    "OpenMetrics names families without _total, writes bounds as numbers, exemplars, and an end")
  func openMetrics() throws {
    let registry = MetricRegistry(catalog: [
      MetricDefinition("jobs_total", .counter, labels: ["status"], "Jobs \"all\"."),
      MetricDefinition("seconds", .histogram(bounds: [0.5, 2]), "Time."),
    ])
    registry.makeCounter(label: "jobs_total", dimensions: [("status", "failed")]).increment(by: 2)
    let seconds = try #require(registry.family("seconds")?.series([String]()) as? HistogramSeries)
    let trace = "0af7651916cd43dd8448eb211c80319c"
    seconds.record(1, exemplar: Exemplar(traceID: trace, value: 1, time: 1_770_000_000.25))
    seconds.record(0.25)
    #expect(
      registry.exposition(.openMetrics) == """
        # HELP jobs Jobs \\"all\\".
        # TYPE jobs counter
        jobs_total{status="failed"} 2
        # HELP seconds Time.
        # TYPE seconds histogram
        seconds_bucket{le="0.5"} 1
        seconds_bucket{le="2.0"} 2 # {trace_id="\(trace)"} 1 1770000000.25
        seconds_bucket{le="+Inf"} 2
        seconds_sum 1.25
        seconds_count 2
        # EOF

        """)
    // The text format has no place for exemplars.
    #expect(!registry.exposition(.text).contains("trace_id"))
  }

  @Test(
    "the format is the one that the scraper prefers",
    arguments: [
      (nil, ExpositionFormat.text), ("", .text), ("*/*", .text), ("text/plain", .text),
      ("application/openmetrics-text", .openMetrics),
      // What Prometheus 2.42 sends.
      (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        .openMetrics
      ),
      ("text/plain;version=0.0.4, application/openmetrics-text; version=1.0.0; q=0.5", .text),
      ("application/openmetrics-text; version=2.0.0, text/plain", .text),
      ("application/openmetrics-text;q=0", .text),
    ] as [(String?, ExpositionFormat)])
  func negotiation(header: String?, format: ExpositionFormat) {
    #expect(ExpositionFormat(accepting: header) == format)
  }

  @Test("help and label values are escaped")
  func escaping() {
    let registry = MetricRegistry(catalog: [
      MetricDefinition("a_total", .counter, labels: ["class"], "Back\\slash\nand line.")
    ])
    registry.makeCounter(label: "a_total", dimensions: [("class", "\"ü\\\r\n\"")]).increment(by: 1)
    #expect(
      registry.exposition()
        == "# HELP a_total Back\\\\slash\\nand line.\n# TYPE a_total counter\n"
        + "a_total{class=\"\\\"ü\\\\\r\\n\\\"\"} 1\n")
  }

  @Test("numbers that are no observations are passed over", arguments: [-1, .nan, .infinity])
  func badValues(value: Double) {
    let registry = MetricRegistry(catalog: [
      MetricDefinition("a_total", .counter, "A."),
      MetricDefinition("b", .histogram(bounds: [1]), "B."),
    ])
    registry.makeFloatingPointCounter(label: "a_total", dimensions: []).increment(by: value)
    registry.makeRecorder(label: "b", dimensions: [], aggregate: true).record(value)
    #expect(registry.counter("a_total") == 0)
    #expect(registry.observations("b") == (0, 0))
  }

  @Test("names, labels and kinds that are not in the catalog leave no trace")
  func unknown() {
    let registry = MetricRegistry()
    let before = registry.exposition()
    registry.makeCounter(label: "somebody_else_total", dimensions: []).increment(by: 1)
    registry.makeCounter(label: "uploaded_files_total", dimensions: [("a", "b")]).increment(by: 1)
    registry.makeCounter(label: "detection_count_total", dimensions: [("klass", "tree")])
      .increment(by: 1)
    registry.makeMeter(label: "uploaded_files_total", dimensions: []).set(Int64(7))
    registry.makeTimer(label: "active_jobs", dimensions: []).recordNanoseconds(1)
    #expect(registry.exposition() == before)
  }

  @Test("after the limit further label values are counted as other")
  func bounded() throws {
    let registry = MetricRegistry(
      catalog: [MetricDefinition("a_total", .counter, labels: ["class"], "A.")], seriesLimit: 3)
    for index in 0..<1000 {
      registry.makeCounter(label: "a_total", dimensions: [("class", "c\(index % 100)")])
        .increment(by: 1)
    }
    #expect(registry.family("a_total")?.allSeries.count == 4)
    #expect(registry.counter("a_total", ["c2"]) == 10)
    #expect(registry.counter("a_total", ["other"]) == 970)
  }

  @Test("a long label value is cut at 128 scalars")
  func longLabel() {
    let registry = MetricRegistry()
    let long = String(repeating: "ä", count: 5000)
    for _ in 0..<2 {
      registry.makeCounter(label: "detection_count_total", dimensions: [("class", long)])
        .increment(by: 1)
    }
    #expect(
      registry.counter("detection_count_total", [String(repeating: "ä", count: 128)]) == 2)
  }

  @Test("nothing is lost when many tasks count at once")
  func concurrent() async {
    let registry = MetricRegistry()
    let metrics = ServiceMetrics(factory: registry)
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<32 {
        group.addTask {
          for index in 0..<500 {
            metrics.request(
              method: "GET", endpoint: "/r\(index % 5)", status: 200 + task % 2,
              duration: .milliseconds(250))
          }
        }
      }
      group.addTask {
        for _ in 0..<20 { #expect(registry.exposition().contains("api_requests_total")) }
      }
    }
    let total = (0..<5).reduce(0.0) { sum, route in
      sum + registry.counter("api_requests_total", ["GET", "/r\(route)", "200"])
        + registry.counter("api_requests_total", ["GET", "/r\(route)", "201"])
    }
    #expect(total == 16_000)
    #expect(registry.observations("api_request_duration_seconds") == (16_000, 4000))
  }

  @Test("methods that clients invent are one series")
  func methods() {
    let registry = MetricRegistry()
    let metrics = ServiceMetrics(factory: registry)
    for method in ["BREW", "PROPFIND", "BREW"] {
      metrics.request(method: method, endpoint: "/", status: 405, duration: .zero)
    }
    #expect(registry.counter("api_requests_total", ["other", "/", "405"]) == 3)
  }

  @Test(
    "promtool reads all metrics", .enabled(if: Promtool.isInstalled, "promtool is not installed"))
  func promtool() async throws {
    let registry = MetricRegistry()
    let metrics = ServiceMetrics(factory: registry)
    metrics.request(
      method: "GET", endpoint: "/api/v1/jobs/{job_id}/status", status: 200,
      duration: .microseconds(1500))
    metrics.uploaded(files: 2, bytes: 1 << 40)
    metrics.jobEnded(.completed, duration: .seconds(75))
    metrics.jobRetried(reason: "STORAGE_ERROR")
    metrics.image(
      model: "aerial15-obb", duration: .seconds(1.2), slices: 12,
      detectionsByClass: ["plane \"A\"\n": 3, "ship\\": 9])
    metrics.stage(.decode, .milliseconds(80))
    let output = try await Promtool.check(metrics: registry.exposition())
    #expect(output.status == 0, "\(output.text)\(output.standardError)")
  }

  /// Section 6 of the HTTP contract, without the one that needs a GPU.
  static let contract: [String: [String]] = [
    "api_requests_total": ["method", "endpoint", "status"],
    "api_request_duration_seconds": ["method", "endpoint"],
    "inference_jobs_total": ["status"], "active_jobs": [], "inference_duration_seconds": [],
    "model_inference_time_seconds": ["model"], "uploaded_files_total": [],
    "uploaded_bytes_total": [], "detection_count_total": ["class"], "active_workers": [],
    "queue_length": ["queue"], "cpu_usage_percent": [], "memory_usage_bytes": [],
    "pipeline_stage_duration_seconds": ["stage"], "slices_per_image": [],
    "detections_per_image": [], "job_retries_total": ["reason"], "app_info": ["version"],
  ]

  @Test("the catalog holds every metric of the contract", arguments: contract.keys.sorted())
  func catalog(name: String) throws {
    let definition = try #require(MetricCatalog.all.first { $0.name == name })
    #expect(definition.labels == Self.contract[name])
  }
}
