import Testing

@testable import App

/// Expected values follow https://prometheus.io/docs/instrumenting/exposition_formats/ by hand.
@Suite("ScrapedMetrics")
struct ScrapedMetricsTests {
  private func read(_ text: String, keeping names: Set<String>? = nil) -> ScrapedMetrics {
    ScrapedMetrics(text: Array(text.utf8), keeping: names)
  }

  @Test(
    "a sample is a name, labels and a value",
    arguments: [
      ("up 1", "up", [:], 1), ("up{} 1", "up", [:], 1), ("\t up \t 1 \t", "up", [:], 1),
      ("up 1\r", "up", [:], 1), ("up -1.5e-3", "up", [:], -0.0015),
      ("a:b_9{x=\"y\"} 12.47", "a:b_9", ["x": "y"], 12.47),
      (#"a{x="y",z="w",} 3 1395066363000"#, "a", ["x": "y", "z": "w"], 3),
      (#"a { x = "y" , z = "w" } 3 -5"#, "a", ["x": "y", "z": "w"], 3),
      (#"a{x=""} 1"#, "a", ["x": ""], 1), (#"a{x="} 1"} 2"#, "a", ["x": "} 1"], 2),
      ("a{x=\"é漢\"} 1", "a", ["x": "é漢"], 1), ("a +Inf", "a", [:], .infinity),
      ("a -Inf", "a", [:], -.infinity), ("a Inf", "a", [:], .infinity),
    ] as [(String, String, [String: String], Double)])
  func sample(line: String, name: String, labels: [String: String], value: Double) {
    let metrics = read(line + "\n")
    #expect(metrics.series == [name: [labels: value]])
    #expect(metrics.malformedLines == 0)
  }

  @Test(
    "backslash, quote and line end are escaped in a label's value; other escapes stay as they are",
    arguments: [
      (#"C:\\DIR\\FILE.TXT"#, #"C:\DIR\FILE.TXT"#), (#"no file:\n\"x\""#, "no file:\n\"x\""),
      (#"\\n"#, #"\n"#), (#"\\\""#, #"\""#), (#"\t\d"#, #"\t\d"#),
    ])
  func escapes(written: String, value: String) {
    #expect(read("a{x=\"\(written)\"} 1").series == ["a": [["x": value]: 1]])
  }

  @Test("what is no number is read as such, and is no value of a gauge")
  func notANumber() {
    let metrics = read("a NaN\nb{x=\"1\"} nan\nb{x=\"2\"} 4\n")
    #expect(metrics.series["a"]?[[:]]?.isNaN == true)
    #expect(metrics.gauge("a") == nil)
    #expect(metrics.gauge("b") == 4)
    #expect(metrics.counter("a") == 0)
  }

  @Test(
    "a malformed line is passed over, and the others count",
    arguments: [
      "<html>", "9a 1", "a", "a b", "a{x=\"1\" 2", "a{x=\"1} 2", "a{x=1} 2", "a{=\"1\"} 2",
      "a{x=\"1\",x=\"2\"} 3", "a{x=\"1\"y=\"2\"} 3", "a{,} 1", "a 1 2 3", "a 1 2.5", "a 1 # no",
      "a{x=\"1\\", "{x=\"1\"} 1", "a 1,5", "\u{0}", "a{x:y=\"1\"} 1", "é 1",
    ])
  func garbage(line: String) {
    let metrics = read("before 1\n\(line)\nafter 2\n")
    #expect(metrics.series == ["before": [[:]: 1], "after": [[:]: 2]])
    #expect(metrics.malformedLines == 1)
  }

  @Test("bytes that are no UTF-8 harm nothing")
  func invalidUTF8() {
    let bytes = Array("a{x=\"".utf8) + [0xff, 0xc3] + Array("\"} 1\nb 2\n".utf8) + [0xfe, 0x0a]
    let metrics = ScrapedMetrics(text: bytes)
    #expect(metrics.gauge("a") == 1)
    #expect(metrics.gauge("b") == 2)
    #expect(metrics.malformedLines == 1)
  }

  @Test("comments are no samples, but one names the kind of a metric")
  func comments() {
    let metrics = read(
      "# just a word\n#\n# HELP a Says \\\\ what.\n# TYPE a counter\n \t# TYPE  b\thistogram\n\n#TYPE c gauge"
    )
    #expect(metrics.series.isEmpty)
    #expect(metrics.kinds == ["a": "counter", "b": "histogram", "c": "gauge"])
    #expect(metrics.malformedLines == 0)
  }

  @Test("a metric without samples counts 0; one that nobody knows is unknown")
  func absent() {
    let metrics = read("# TYPE a counter\n# TYPE g gauge\n")
    #expect(metrics.counter("a") == 0)
    #expect(metrics.counter("b") == nil)
    // A gauge that is not shown is not known.
    #expect(metrics.gauge("g") == nil)
    #expect(metrics.hasHistogram("a") && !metrics.hasHistogram("b"))
  }

  @Test("a sum is over all series, or over those with a label")
  func sums() {
    let metrics = read("a{x=\"1\",y=\"1\"} 1\na{x=\"1\",y=\"2\"} 2\na{x=\"2\"} 4\n")
    #expect(metrics.counter("a") == 7)
    #expect(metrics.gauge("a", ["x": "1"]) == 3)
    #expect(metrics.gauge("a", ["x": "3"]) == nil)
    #expect(metrics.values(of: "x", in: "a") == ["1", "2"])
  }

  @Test("only the metrics that are asked for are kept, histograms with all their parts")
  func keeping() {
    let text = """
      # TYPE a histogram
      # TYPE b counter
      a_bucket{le="1"} 1
      a_sum 2
      a_count 1
      b 5
      a 6
      ab_count 7
      """
    let metrics = read(text, keeping: ["a"])
    #expect(metrics.series.keys.sorted() == ["a", "a_bucket", "a_count", "a_sum"])
    #expect(metrics.kinds.keys.sorted() == ["a"])
  }

  @Test("the same series twice counts once, as it was last")
  func repeated() { #expect(read("a{x=\"1\"} 1\na{x=\"1\"} 5\n").counter("a") == 5) }
}
