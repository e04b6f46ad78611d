import Foundation
import TestSupport
import Testing

@testable import App

/// Numbers of `TopSamples`, computed by hand.
@Suite("ServiceFigures")
struct ServiceFiguresTests {
  private func isNear(_ value: Double?, _ expected: Double) -> Bool {
    abs((value ?? .infinity) - expected) < 1e-9
  }

  @Test("gauges are what the last look said")
  func gauges() throws {
    let figures = try TopSamples.state().figures
    #expect(figures.version == "1.2.3")
    // 1,770,000,000 - 1,769,991,960.
    #expect(figures.uptimeSeconds == 8040)
    #expect(figures.queueLength == 3 && figures.oldestJobSeconds == 72)
    #expect(figures.processing == 2 && figures.activeWorkers == 2 && figures.wantedWorkers == 3)
    #expect(figures.standstillSeconds == 0.4 && figures.openConnections == 14)
    #expect(figures.cpuPercent == 187.4 && figures.memoryBytes == 1_213_456_789)
  }

  @Test("rates are over the two seconds between the looks, without the looks' own requests")
  func rates() throws {
    let figures = try TopSamples.state().figures
    // 24 + 1 requests; one of them failed.
    #expect(figures.requestsPerSecond == 12.5)
    #expect(figures.serverErrorsPerSecond == 0.5)
    #expect(figures.bytesInPerSecond == 1_234_000 && figures.bytesOutPerSecond == 345_000)
    // 3 images, 69 slices, 241 + 5 detections.
    #expect(figures.imagesPerSecond == 1.5)
    #expect(figures.slicesPerSecond == 34.5)
    #expect(figures.detectionsPerSecond == 123)
  }

  @Test("latency is that of the requests since the last look")
  func latency() throws {
    let figures = try TopSamples.state().figures
    // 11 up to 5 ms, 7 more up to 10 ms, 7 more up to 100 ms: ranks 12.5 and 23.75.
    #expect(isNear(figures.latencySeconds50?.value, 0.005 + 0.005 * 1.5 / 7))
    #expect(isNear(figures.latencySeconds95?.value, 0.01 + 0.09 * 5.75 / 7))
  }

  @Test("images and stages count since the service's start until ten seconds were watched")
  func images() throws {
    let figures = try TopSamples.state().figures
    #expect(figures.meanImageSeconds == 1.5)
    // Rank 95 lies halfway between 90 and 100.
    #expect(isNear(figures.imageSeconds95?.value, 3.75))
    #expect(isNear(figures.inferRequestUse, 0.87))
    #expect(
      figures.stages.map(\.stage)
        == ["decode", "slice", "infer", "merge", "reason", "render", "store"])
    #expect(figures.stages.map(\.share) == [0.12, 0.02, 0.71, 0.04, 0, 0.09, 0.02])
  }

  @Test("then they count what was watched")
  func watched() throws {
    var window = MetricsWindow()
    for (second, isSecond) in [(0, false), (20, true)] {
      window.add(
        ScrapedMetrics(text: Array(TopSamples.metrics(isSecond: isSecond).utf8)),
        at: .seconds(second))
    }
    let figures = ServiceFigures(window, history: nil, unixTime: 0)
    // 4 s for 3 images; one second busy and one idle.
    #expect(isNear(figures.meanImageSeconds, 4.0 / 3))
    #expect(figures.inferRequestUse == 0.5)
    #expect(figures.imagesPerSecond == 0.15)
    // No stage has moved.
    #expect(figures.stages.isEmpty)
    // One job in 20 s.
    #expect(isNear(figures.completedPerMinute, 3))
    #expect(figures.failedPerMinute == 0)
    #expect(figures.uptimeSeconds == 0)
  }

  @Test("jobs a minute are the dashboard's until a minute was watched")
  func jobs() throws {
    let state = try TopSamples.state()
    // The last minute of points has four completed jobs and one that failed.
    #expect(state.figures.completedPerMinute == 4)
    #expect(state.figures.failedPerMinute == 1)
    var window = MetricsWindow()
    for (second, isSecond) in [(0, false), (60, true)] {
      window.add(
        ScrapedMetrics(text: Array(TopSamples.metrics(isSecond: isSecond).utf8)),
        at: .seconds(second))
    }
    let figures = ServiceFigures(window, history: state.history, unixTime: 0)
    #expect(figures.completedPerMinute == 1 && figures.failedPerMinute == 0)
  }

  @Test("mishaps are told as a total, and what the last minute added")
  func mishaps() throws {
    let figures = try TopSamples.state().figures
    #expect(figures.retries == ServiceFigures.Mishaps(total: 3, recent: 1))
    #expect(figures.storeErrors == ServiceFigures.Mishaps(total: 0, recent: 0))
  }

  @Test("after one look there are no rates, and latency is that since the service's start")
  func first() throws {
    let look = try TopSamples.look(isSecond: false)
    let figures = try TopSamples.state([look]).figures
    #expect(figures.requestsPerSecond == nil && figures.imagesPerSecond == nil)
    #expect(figures.bytesInPerSecond == nil && figures.serverErrorsPerSecond == nil)
    #expect(figures.queueLength == 3 && figures.completedPerMinute == 4)
    // 63 of 103 requests up to 5 ms: rank 51.5.
    #expect(isNear(figures.latencySeconds50?.value, 0.005 * 51.5 / 63))
    #expect(figures.retries == ServiceFigures.Mishaps(total: 2, recent: 0))
  }

  @Test("a service that has none of the metrics leaves everything unknown")
  func missing() throws {
    let looks = [false, true].map { isSecond in
      Result { try TopSamples.look(isSecond: isSecond, metrics: "# TYPE x gauge\nx 1\n") }
    }
    var figures = try TopSamples.state(looks.map { try $0.get() }).figures
    #expect(figures.completedPerMinute == 4)
    figures.completedPerMinute = nil
    figures.failedPerMinute = nil
    #expect(figures == ServiceFigures())
  }

  @Test("stores that the service sees down are named")
  func stores() throws {
    let text = """
      # TYPE harrier_store_up gauge
      harrier_store_up{store="database"} 1
      harrier_store_up{store="redis"} 0
      harrier_store_up{store="files"} 0
      """
    let figures = try TopSamples.state([TopSamples.look(metrics: text)]).figures
    #expect(figures.storesDown == ["files", "redis"])
  }

  @Test("the metrics that are kept are all that the numbers are made of")
  func kept() throws {
    for isSecond in [false, true] {
      let text = Array(TopSamples.metrics(isSecond: isSecond).utf8)
      let all = ScrapedMetrics(text: text)
      #expect(ScrapedMetrics(text: text, keeping: ServiceFigures.metrics) == all)
    }
  }
}
