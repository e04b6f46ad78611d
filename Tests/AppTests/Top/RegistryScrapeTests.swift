import Metrics
import Testing

@testable import App

@Suite("ScrapedMetrics of a registry")
struct RegistryScrapeTests {
  @Test("what the registry writes is read back")
  func registry() {
    let registry = MetricRegistry()
    registry.makeCounter(
      label: "detection_count_total", dimensions: [("class", "a \"b\" \\ c\n")]
    ).increment(by: 3)
    registry.makeRecorder(label: "inference_duration_seconds", dimensions: [], aggregate: true)
      .record(7.5)
    let metrics = ScrapedMetrics(text: Array(registry.exposition().utf8))
    #expect(metrics.malformedLines == 0)
    #expect(metrics.series["detection_count_total"] == [["class": "a \"b\" \\ c\n"]: 3])
    #expect(metrics.series["inference_duration_seconds_sum"] == [[:]: 7.5])
    #expect(metrics.kinds["queue_length"] == "gauge")
  }
}
