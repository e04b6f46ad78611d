import Foundation
import Jobs
import Metrics
import Synchronization
import Testing

@testable import App

@Suite("Metrics of worker processes")
struct MetricsDeltaTests {
  private let server = MetricRegistry()

  @Test("an exemplar travels with its histogram, and one that is no trace is left out")
  func exemplar() throws {
    let name = "model_inference_time_seconds"
    let worker = MetricRegistry.ofWorker()
    let series = try #require(worker.family(name)?.series(["trees"]) as? HistogramSeries)
    let trace = "0af7651916cd43dd8448eb211c80319c"
    series.record(3, exemplar: Exemplar(traceID: trace, value: 3, time: 1_770_000_000))
    let line = try #require(worker.takeDelta())
    try server.add(delta: line)
    try server.add(
      delta: line.replacing(trace, with: "\\n# forged").replacing(
        "\"sequence\":1", with: "\"sequence\":2"))
    let added = try #require(server.family(name)?.series(["trees"]) as? HistogramSeries)
    #expect(added.totals.count == 2)
    #expect(added.exemplars.values.map(\.traceID) == [trace])
    #expect(server.exposition(.openMetrics).contains("# {trace_id=\"\(trace)\"} 3 1770000000\n"))
  }

  @Test("what a worker counted arrives, once")
  func once() throws {
    let worker = MetricRegistry()
    let metrics = ServiceMetrics(factory: worker)
    #expect(worker.takeDelta() == nil)
    metrics.jobEnded(.completed, duration: .seconds(7))
    metrics.image(
      model: "trees", duration: .milliseconds(1500), slices: 7, detectionsByClass: ["tree": 12])
    let first = try #require(worker.takeDelta())
    #expect(!first.contains("\n"))
    try server.add(delta: first)
    #expect(worker.takeDelta() == nil)
    metrics.jobEnded(.completed, duration: .seconds(100))
    try server.add(delta: try #require(worker.takeDelta()))

    #expect(server.counter("inference_jobs_total", ["completed"]) == 2)
    #expect(server.counter("detection_count_total", ["tree"]) == 12)
    #expect(server.observations("inference_duration_seconds") == (2, 107))
    #expect(server.observations("model_inference_time_seconds") == (1, 1.5))
    // 7 s and 100 s: bounds are 1 5 10 30 60 120 300 600.
    let text = server.exposition()
    for line in [#"{le="5"} 0"#, #"{le="10"} 1"#, #"{le="60"} 1"#, #"{le="120"} 2"#] {
      #expect(text.contains("inference_duration_seconds_bucket\(line)\n"))
    }
  }

  @Test("a worker that is restarted counts on, and the sum never falls")
  func restart() throws {
    var last = 0.0
    for life in 1...3 {
      let worker = MetricRegistry()
      let metrics = ServiceMetrics(factory: worker)
      for _ in 0..<life {
        metrics.jobEnded(.failed, duration: nil)
        try server.add(delta: try #require(worker.takeDelta()))
        let total = server.counter("inference_jobs_total", ["failed"])
        #expect(total == last + 1)
        last = total
      }
    }
    #expect(last == 6)
  }

  @Test("a line that comes twice, or after a later one, is refused")
  func repeated() throws {
    let worker = MetricRegistry()
    let metrics = ServiceMetrics(factory: worker)
    metrics.jobRetried(reason: "A")
    let first = try #require(worker.takeDelta())
    metrics.jobRetried(reason: "A")
    let second = try #require(worker.takeDelta())
    try server.add(delta: second)
    for line in [second, first] {
      #expect(throws: MetricsDeltaError.repeated) { try server.add(delta: line) }
    }
    #expect(server.counter("job_retries_total", ["A"]) == 1)
  }

  @Test("two workers that count while their lines are taken lose nothing")
  func concurrent() async throws {
    let server = server
    try await withThrowingTaskGroup(of: Void.self) { workers in
      for _ in 0..<2 {
        workers.addTask {
          let worker = MetricRegistry()
          let metrics = ServiceMetrics(factory: worker)
          try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
              group.addTask { for _ in 0..<250 { metrics.stage(.infer, .milliseconds(500)) } }
            }
            // The only one who takes, in the midst of the counting.
            group.addTask {
              for _ in 0..<50 {
                if let line = worker.takeDelta() { try server.add(delta: line) }
                await Task.yield()
              }
            }
            try await group.waitForAll()
          }
          if let line = worker.takeDelta() { try server.add(delta: line) }
        }
      }
      try await workers.waitForAll()
    }
    #expect(server.observations("pipeline_stage_duration_seconds") == (4000, 2000))
  }

  @Test("gauges stay where they are")
  func gauges() throws {
    let worker = MetricRegistry()
    worker.makeMeter(label: "active_jobs", dimensions: []).set(Int64(5))
    #expect(worker.takeDelta() == nil)
  }

  @Test("names that only a newer worker knows are passed over")
  func newer() throws {
    try server.add(
      delta: """
        {"source":"w","sequence":1,"counters":[{"name":"later_total","labels":[],"value":1},
        {"name":"job_retries_total","labels":["A"],"value":2}],
        "histograms":[{"name":"later","labels":["x"],"counts":[1],"sum":1}]}
        """)
    #expect(server.counter("job_retries_total", ["A"]) == 2)
  }

  static let badLines: [String] = [
    "", "{}", "[]", "not JSON",
    line(counters: #"{"name":"job_retries_total","labels":["A"],"value":-1}"#),
    line(counters: #"{"name":"job_retries_total","labels":["A"],"value":1e300}"#),
    line(counters: #"{"name":"job_retries_total","labels":["A"],"value":"1"}"#),
    line(counters: #"{"name":"job_retries_total","labels":[],"value":1}"#),
    line(counters: #"{"name":"active_jobs","labels":[],"value":1}"#),
    line(histograms: #"{"name":"slices_per_image","labels":[],"counts":[1,2],"sum":1}"#),
    line(
      histograms:
        #"{"name":"slices_per_image","labels":[],"counts":[-1,0,0,0,0,0,0,0,0,0,0],"sum":1}"#
    ),
    line(histograms: #"{"name":"job_retries_total","labels":["A"],"counts":[1],"sum":1}"#),
    #"{"source":"","sequence":1,"counters":[],"histograms":[]}"#,
    #"{"source":"w","sequence":0,"counters":[],"histograms":[]}"#,
    String(repeating: " ", count: MetricRegistry.deltaLimit + 1),
  ]

  static func line(counters: String = "", histograms: String = "") -> String {
    // The sane counter before the bad one must not be added either.
    let sane = #"{"name":"job_retries_total","labels":["sane"],"value":1}"#
    let all = counters.isEmpty ? sane : "\(sane),\(counters)"
    return #"{"source":"w","sequence":1,"counters":[\#(all)],"histograms":[\#(histograms)]}"#
  }

  @Test("a malformed line changes nothing", arguments: badLines.indices)
  func malformed(index: Int) {
    let before = server.exposition()
    do {
      try server.add(delta: Self.badLines[index])
      Issue.record("it was added")
    } catch MetricsDeltaError.malformed {
    } catch {
      Issue.record("\(error)")
    }
    #expect(server.exposition() == before)
  }

  @Test("class names of workers fold into other as well, and sources are forgotten in turn")
  func bounded() throws {
    let server = MetricRegistry(
      catalog: MetricCatalog.all.filter { $0.name == "detection_count_total" }, seriesLimit: 2)
    for index in 0..<300 {
      try server.add(
        delta: #"{"source":"w\#(index)","sequence":1,"counters":[{"name":"detection_count_total","#
          + #""labels":["c\#(index)"],"value":1}],"histograms":[]}"#)
    }
    #expect(server.counter("detection_count_total", ["other"]) == 298)
    #expect(server.deltas.withLock { $0.added.count } == MetricRegistry.sourceLimit)
  }
}
