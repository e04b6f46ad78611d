import Testing

@testable import App

/// All expected numbers are computed by hand, by the rules of Prometheus' `increase` and `histogram_quantile`.
@Suite("MetricsIncrease")
struct MetricsIncreaseTests {
  private func metrics(_ text: String) -> ScrapedMetrics { ScrapedMetrics(text: Array(text.utf8)) }

  private func increase(from before: String?, to after: String) -> MetricsIncrease {
    MetricsIncrease(before: before.map(metrics), after: metrics(after))
  }

  private func quantiles(_ histogram: HistogramIncrease?) -> [Quantile?] {
    [0, 0.2, 0.5, 0.8, 1].map { histogram?.quantile($0) }
  }

  @Test("a counter gains what it rose by, over all of its series")
  func counter() {
    let increase = increase(
      from: "a{x=\"1\"} 10\na{x=\"2\"} 5\n", to: "a{x=\"1\"} 13\na{x=\"2\"} 5\na{x=\"3\"} 2\n")
    // 3, nothing, and a series that is new.
    #expect(increase.counter("a") == 5)
    #expect(increase.counter("a") { $0["x"] == "1" } == 3)
    #expect(increase.counter("b") == nil)
  }

  @Test("a counter that was set back gained all that it shows")
  func reset() {
    let increase = increase(
      from: "a{x=\"1\"} 10\na{x=\"2\"} 5\n", to: "a{x=\"1\"} 4\na{x=\"2\"} 6\n")
    #expect(increase.counter("a") == 5)
  }

  @Test("without a scrape before, all counts; what is no number never does")
  func whole() {
    #expect(increase(from: nil, to: "a 7\n").counter("a") == 7)
    #expect(increase(from: "a NaN\n", to: "a 7\n").counter("a") == 7)
    #expect(increase(from: "a 1\n", to: "a{x=\"1\"} NaN\na{x=\"2\"} +Inf\n").counter("a") == 0)
    #expect(increase(from: "a +Inf\n", to: "a 7\n").counter("a") == 7)
  }

  private func histogram(_ buckets: [(String, Int)], sum: Double, labels: String = "") -> String {
    buckets.map { "h_bucket{\(labels)le=\"\($0.0)\"} \($0.1)\n" }.joined()
      + "h_sum{\(labels)} \(sum)\nh_count{\(labels)} \(buckets.last?.1 ?? 0)\n"
  }

  @Test(
    "a quantile lies where its rank is, linear inside a bucket that begins at the one before, or at 0"
  )
  func quantile() {
    let text = histogram([("0.1", 5), ("0.2", 7), ("1", 11), ("+Inf", 12)], sum: 9)
    let found = quantiles(increase(from: nil, to: text).histogram("h"))
    // Ranks 0, 2.4, 6, 9.6 and 12 of 12.
    let expected = [0, 0.1 * 2.4 / 5, 0.1 + 0.1 * 1 / 2, 0.2 + 0.8 * 2.6 / 4, 1]
    for (found, expected) in zip(found, expected) {
      #expect(abs((found?.value ?? -1) - expected) < 1e-12)
    }
    #expect(found.map { $0?.isExceeded } == [false, false, false, false, true])
  }

  @Test("only what came since the scrape before counts")
  func since() throws {
    let before = histogram([("1", 100), ("10", 100), ("+Inf", 100)], sum: 50)
    let after = histogram([("1", 100), ("10", 104), ("+Inf", 104)], sum: 70)
    let histogram = try #require(increase(from: before, to: after).histogram("h"))
    #expect(histogram.count == 4)
    #expect(histogram.mean == 5)
    // Half of the way through the bucket from 1 to 10.
    #expect(histogram.quantile(0.5) == Quantile(value: 5.5))
  }

  @Test("a histogram that was set back counts whole, even where one bucket rose")
  func histogramReset() throws {
    let before = histogram([("1", 1), ("10", 50), ("+Inf", 50)], sum: 300)
    let after = histogram([("1", 3), ("10", 4), ("+Inf", 4)], sum: 8)
    let histogram = try #require(increase(from: before, to: after).histogram("h"))
    #expect(histogram.count == 4)
    #expect(histogram.mean == 2)
    #expect(histogram.buckets.map(\.reached) == [3, 4, 4])
  }

  @Test("series are added up; those that do not match are left out")
  func series() throws {
    let text =
      histogram([("1", 1), ("2", 2), ("+Inf", 2)], sum: 2, labels: "m=\"a\",")
      + histogram([("1", 0), ("2", 2), ("+Inf", 2)], sum: 4, labels: "m=\"b\",")
      + histogram([("1", 9), ("2", 9), ("+Inf", 9)], sum: 1, labels: "m=\"c\",")
    let histogram = try #require(
      increase(from: nil, to: text).histogram("h") { $0["m"] != "c" })
    #expect(histogram.buckets.map(\.reached) == [1, 4, 4])
    #expect(histogram.mean == 1.5)
    // Rank 2 of 4 lies a third into the bucket from 1 to 2.
    #expect(abs((histogram.quantile(0.5)?.value ?? 0) - (1 + 1.0 / 3)) < 1e-12)
  }

  @Test(
    "a histogram that observed nothing has neither mean nor quantiles; an unknown one is unknown")
  func empty() throws {
    let text = histogram([("1", 3), ("+Inf", 3)], sum: 2)
    let nothing = try #require(increase(from: text, to: text).histogram("h"))
    #expect(nothing.count == 0 && nothing.mean == nil && nothing.quantile(0.5) == nil)
    let declared = try #require(increase(from: nil, to: "# TYPE h histogram\n").histogram("h"))
    #expect(declared.count == 0 && declared.quantile(0.5) == nil)
    #expect(increase(from: nil, to: "x 1\n").histogram("h") == nil)
  }

  @Test("buckets that contradict each other do no harm")
  func contradiction() throws {
    let text = """
      h_bucket{le="1"} 9
      h_bucket{le="2"} 5
      h_bucket{le="+Inf"} 10
      h_bucket{le="x"} 3
      h_bucket{le="NaN"} 3
      h_bucket 3
      h_count 10
      """
    let histogram = try #require(increase(from: nil, to: text).histogram("h"))
    #expect(histogram.buckets.map(\.reached) == [9, 9, 10])
    #expect(histogram.mean == 0)
    let value = try #require(histogram.quantile(0.95))
    #expect(value == Quantile(value: 2, isExceeded: true))
  }

  @Test("buckets below 0 do not begin at 0; without an infinite one the last bound is the end")
  func bounds() throws {
    let text = histogram([("-0.2", 10), ("-0.1", 20), ("0.3", 20)], sum: -3)
    let histogram = try #require(increase(from: nil, to: text).histogram("h"))
    #expect(histogram.quantile(0.2) == Quantile(value: -0.2))
    #expect(abs((histogram.quantile(0.75)?.value ?? 0) + 0.15) < 1e-12)
    #expect(histogram.quantile(1) == Quantile(value: -0.1))
  }
}

@Suite("MetricsWindow")
struct MetricsWindowTests {
  private func metrics(_ count: Int, start: Int = 100) -> ScrapedMetrics {
    ScrapedMetrics(
      text: Array("process_start_time_seconds \(start)\nc \(count)\n".utf8))
  }

  @Test(
    "the first scrape has nothing to compare with: rates are unknown, totals count from the start")
  func first() {
    var window = MetricsWindow()
    #expect(window.increase(over: .zero) == nil)
    #expect(window.increase(over: .zero, atLeast: .zero) == nil)
    window.add(metrics(7), at: .seconds(3))
    #expect(window.increase(over: .zero) == nil)
    #expect(window.increase(over: .zero, atLeast: .zero)?.counter("c") == 7)
  }

  @Test("a span is the shortest that is long enough, or the longest there is")
  func spans() throws {
    var window = MetricsWindow()
    // A scrape every two seconds, which counts its second.
    for second in stride(from: 0, through: 100, by: 2) {
      window.add(metrics(second), at: .seconds(second))
    }
    let last = try #require(window.increase(over: .zero))
    #expect(last.seconds == 2 && last.increase.counter("c") == 2)
    // Scrapes are kept every six seconds: 0, 6 ... 90, 96.
    let ten = try #require(window.increase(over: .seconds(10)))
    #expect(ten.seconds == 10 && ten.increase.counter("c") == 10)
    let minute = try #require(window.increase(over: .seconds(60)))
    #expect(minute.seconds == 64 && minute.increase.counter("c") == 64)
    let more = try #require(window.increase(over: .seconds(1000)))
    #expect(more.seconds == 64)
  }

  @Test("while little was watched, what happened since the service's start counts")
  func enough() {
    var window = MetricsWindow()
    window.add(metrics(50), at: .zero)
    window.add(metrics(52), at: .seconds(9))
    let early = window.increase(over: .seconds(60), atLeast: .seconds(10))
    #expect(early?.counter("c") == 52)
    window.add(metrics(53), at: .seconds(11))
    let late = window.increase(over: .seconds(60), atLeast: .seconds(10))
    #expect(late?.counter("c") == 3)
  }

  @Test("a service that was started anew has no past, even where its counters rose")
  func restart() {
    var window = MetricsWindow()
    window.add(metrics(5), at: .zero)
    window.add(metrics(6), at: .seconds(2))
    window.add(metrics(9, start: 200), at: .seconds(4))
    #expect(window.increase(over: .zero) == nil)
    window.add(metrics(10, start: 200), at: .seconds(6))
    #expect(window.increase(over: .seconds(60))?.increase.counter("c") == 1)
  }

  @Test("scrapes at one moment give no rate")
  func sameMoment() {
    var window = MetricsWindow()
    window.add(metrics(5), at: .zero)
    window.add(metrics(6), at: .zero)
    #expect(window.increase(over: .zero) == nil)
  }
}
