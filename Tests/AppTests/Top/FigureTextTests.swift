import Testing

@testable import App

@Suite("FigureText")
struct FigureTextTests {
  @Test(
    "a number has three digits that mean something, or is whole",
    arguments: [
      (0, "0"), (0.0049, "0"), (0.005, "0.01"), (1, "1.00"), (1.234, "1.23"), (9.994, "9.99"),
      (9.996, "10.0"), (12.34, "12.3"), (99.96, "100"), (1234.4, "1234"), (9999.4, "9999"),
      (9999.6, "10.0k"), (123_456, "123k"), (999_960, "1.00M"), (12_345_678, "12.3M"),
      (nil, "-"), (.infinity, "-"), (.nan, "-"),
    ] as [(Double?, String)])
  func number(value: Double?, text: String) { #expect(FigureText.number(value) == text) }

  @Test(
    "a count is whole as long as it is short",
    arguments: [(0, "0"), (7, "7"), (12_345, "12345"), (123_456, "123k"), (nil, "-")]
      as [(Double?, String)])
  func count(value: Double?, text: String) { #expect(FigureText.count(value) == text) }

  @Test(
    "a time has the unit that its size asks for",
    arguments: [
      (0, "0.0 ms"), (0.00042, "0.4 ms"), (0.00607, "6.1 ms"), (0.00996, "10 ms"),
      (0.0839, "84 ms"), (0.45, "450 ms"), (0.9996, "1.00 s"), (1.234, "1.23 s"),
      (12.34, "12.3 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (72, "1 min 12 s"), (nil, "-"),
      (.nan, "-"),
    ] as [(Double?, String)])
  func time(seconds: Double?, text: String) { #expect(FigureText.time(seconds: seconds) == text) }

  @Test("a quantile above all buckets is marked")
  func quantile() {
    #expect(FigureText.time(Quantile(value: 60, isExceeded: true)) == "> 1 min 0 s")
    #expect(FigureText.time(Quantile(value: 0.5)) == "500 ms")
    #expect(FigureText.time(nil) == "-")
  }

  @Test(
    "an age has its two largest units",
    arguments: [
      (-5, "0 s"), (0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599.4, "59 min 59 s"),
      (8040, "2 h 14 min"), (86_399, "23 h 59 min"), (86_400, "1 d 0 h"), (1e300, "11574074 d 1 h"),
      (nil, "-"), (-.infinity, "-"),
    ] as [(Double?, String)])
  func age(seconds: Double?, text: String) { #expect(FigureText.age(seconds: seconds) == text) }

  @Test(
    "bytes have decimal units",
    arguments: [
      (0, "0 B"), (999, "999 B"), (999.6, "1.00 kB"), (1000, "1.00 kB"), (345_000, "345 kB"),
      (999_600, "1.00 MB"), (1_213_456_789, "1.21 GB"), (1e18, "1000 PB"), (nil, "-"),
    ] as [(Double?, String)])
  func bytes(value: Double?, text: String) { #expect(FigureText.bytes(value) == text) }

  @Test("a share is a percentage")
  func percent() {
    #expect(FigureText.percent(0.874) == "87 %")
    #expect(FigureText.percent(1.874) == "187 %")
    #expect(FigureText.percent(nil) == "-")
  }
}

@Suite("Sparkline")
struct SparklineTests {
  @Test("eight levels from 0 to the top; anything above 0 differs from it")
  func levels() {
    #expect(Sparkline.text((0...7).map(Double.init), top: 7) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text([0, 0.001, 100], top: 100) == "▁▂█")
    #expect(Sparkline.text([9], top: 3) == "█")
  }

  @Test("what is unknown is blank, and nothing at all is the lowest line")
  func gaps() {
    #expect(Sparkline.text([1, nil, .nan, 1], top: 1) == "█  █")
    #expect(Sparkline.text([0, 0], top: 0) == "▁▁")
    #expect(Sparkline.text([], top: 1) == "")
  }
}
