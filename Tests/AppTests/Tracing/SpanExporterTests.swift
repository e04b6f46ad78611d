import Jobs
import Logging
import ServiceLifecycle
import TestSupport
import Testing
import Tracing

@testable import App

@Suite("SpanExporter")
struct SpanExporterTests {
  @Test("spans are sent two seconds later, all in one request")
  func interval() async throws {
    let bench = ExportBench(
      endpoint: "https://collector.example/otlp//",
      headers: ["Authorization": "Bearer x", "Content-Type": "text/plain"])
    try await bench.running {
      #expect(try await bench.sleep() == 2)
      bench.add(1...3)
      bench.time.advance(by: .milliseconds(1900))
      #expect(bench.collector.callCount == 0)
      bench.time.advance(by: .milliseconds(100))
      try await eventually { bench.exported == 3 }
      #expect(try await bench.sleep() == 2)
    }
    let call = try #require(bench.collector.calls.first)
    #expect(bench.collector.batches == [(1...3).map { "000000000000000\($0)" }])
    #expect(call.method == "POST" && call.url == "https://collector.example/otlp/v1/traces")
    #expect(
      call.headers.map { "\($0.name): \($0.value)" } == [
        "authorization: Bearer x", "content-type: application/json", "user-agent: Harrier/0.1.0",
      ])
    #expect(bench.dropped == 0 && bench.warnings.isEmpty)
  }

  @Test("nothing is sent while there is nothing")
  func nothing() async throws {
    let bench = ExportBench()
    try await bench.running {
      for _ in 0..<3 {
        #expect(try await bench.sleep() == 2)
        bench.time.advance(by: .seconds(2))
      }
      _ = try await bench.sleep()
    }
    #expect(bench.collector.callCount == 0)
  }

  @Test("a full batch is sent at once")
  func fullBatch() async throws {
    let bench = ExportBench()
    try await bench.running {
      _ = try await bench.sleep()
      bench.add(1...511)
      #expect(bench.collector.callCount == 0)
      bench.add(512...512)
      try await eventually { bench.exported == 512 }
      #expect(bench.collector.batches.map(\.count) == [512])
    }
  }

  @Test("many spans are sent in batches of 512, in their order")
  func batches() async throws {
    let bench = ExportBench()
    bench.add(1...1300)
    try await bench.running {
      _ = try await bench.sleep()
      bench.exporter.flush()
      try await eventually { bench.exported == 1300 }
    }
    #expect(bench.collector.batches.map(\.count) == [512, 512, 276])
    #expect(bench.collector.batches[2].last == "0000000000000514")
  }

  @Test("batches are limited by their bytes too, but for a span that is larger alone")
  func bytes() async throws {
    var limits = ExportLimits()
    // Each sample is estimated at about 407.
    limits.batchBytes = 1000
    let bench = ExportBench(limits: limits)
    var large = sampleSpan(5)
    large.setAttributes(["text": .string(String(repeating: "x", count: 1000))])
    bench.exporter.add(large)
    bench.add(1...3)
    try await bench.running { try await eventually { bench.exported == 4 } }
    #expect(bench.collector.batches.map(\.count) == [1, 2, 1])
  }

  @Test("what has no room in the queue is dropped, counted and told of once")
  func overflow() async throws {
    let bench = ExportBench()
    bench.add(1...3000)
    try await bench.running { try await eventually { bench.exported == 2048 } }
    #expect(bench.dropped == 952)
    #expect(
      bench.warnings == [
        "Spans are lost cause=the queue is full, or the process ends spans=952 unsaid=0"
      ])
  }

  @Test("the queue is limited by its bytes too")
  func overflowOfBytes() async throws {
    var limits = ExportLimits()
    limits.queuedBytes = 1000
    let bench = ExportBench(limits: limits)
    bench.add(1...3)
    await bench.exporter.shutdown()
    #expect(bench.exported == 2 && bench.dropped == 1)
  }

  @Test(
    "what may pass is tried again, with waits that double",
    arguments: [429, 502, 503, 504, nil] as [Int?])
  func retries(status: Int?) async throws {
    let answer = status.map { ScriptedCollector.Answer.status($0) } ?? .noAnswer
    let bench = ExportBench([answer, answer, answer])
    bench.add(1...2)
    try await bench.running {
      _ = try await bench.sleep()
      bench.exporter.flush()
      // Half of 1, 2 and 4 s: chance adds nothing here.
      for (count, wait) in [(1, 0.5), (2, 1), (3, 2)] {
        try await eventually { bench.collector.callCount == count }
        #expect(abs(try await bench.sleep() - wait) < 1e-6)
        bench.time.advance(by: .seconds(wait))
      }
      try await eventually { bench.exported == 2 }
    }
    #expect(Set(bench.collector.calls.map(\.body)).count == 1, "the same batch each time")
    #expect(bench.dropped == 0 && bench.warnings.isEmpty)
  }

  @Test("chance makes a wait up to twice as long")
  func jitter() async throws {
    let bench = ExportBench([.noAnswer], random: 1)
    bench.add(1...1)
    try await bench.running {
      _ = try await bench.sleep()
      bench.exporter.flush()
      try await eventually { bench.collector.callCount == 1 }
      #expect(try await bench.sleep() == 1)
    }
  }

  @Test(
    "a collector that says when to come back is asked then, if that is not too late",
    arguments: [
      ("7", 7), ("0", 0.5), ("3600", 30), ("99999999999999999999", 0.5), ("-1", 0.5),
      ("Mon, 02 Feb 2026 02:40:09 GMT", 9), ("Mon, 02 Feb 2026 02:39:00 GMT", 0.5),
      ("Tue, 03 Feb 2026 02:40:00 GMT", 30), ("soon", 0.5), ("", 0.5),
    ])
  func retryAfter(text: String, wait: Double) async throws {
    let bench = ExportBench([.status(503, ["retry-after": text])])
    bench.add(1...1)
    try await bench.running {
      _ = try await bench.sleep()
      bench.exporter.flush()
      try await eventually { bench.collector.callCount == 1 }
      #expect(abs(try await bench.sleep() - wait) < 1e-6)
      bench.time.advance(by: .seconds(wait))
      try await eventually { bench.exported == 1 }
    }
  }

  @Test("after five attempts a batch is dropped, and the next one has its turn")
  func givenUp() async throws {
    let bench = ExportBench(Array(repeating: .status(503), count: 5))
    bench.add(1...2)
    try await bench.running {
      _ = try await bench.sleep()
      bench.exporter.flush()
      for (count, wait) in [(1, 0.5), (2, 1), (3, 2), (4, 4)] {
        try await eventually { bench.collector.callCount == count }
        #expect(abs(try await bench.sleep() - wait) < 1e-6)
        bench.time.advance(by: .seconds(wait))
      }
      try await eventually { bench.dropped == 2 }
      bench.add(3...3)
      #expect(try await bench.sleep() == 2)
      bench.time.advance(by: .seconds(2))
      try await eventually { bench.exported == 1 }
    }
    #expect(bench.collector.callCount == 6)
    #expect(
      bench.warnings == [
        "Spans are lost cause=The collector answered with status 503 spans=2 unsaid=0"
      ])
  }

  @Test(
    "what will not pass is dropped at once",
    arguments: [100, 301, 307, 400, 401, 403, 404, 413, 500, 501, 505])
  func refused(status: Int) async throws {
    let bench = ExportBench([.status(status)])
    bench.add(1...2)
    await bench.exporter.shutdown()
    #expect(bench.collector.callCount == 1 && bench.dropped == 2 && bench.exported == 0)
    #expect(bench.warnings.count == 1)
  }

  @Test("a long outage is one line of the log for a while")
  func throttled() async throws {
    var limits = ExportLimits()
    limits.batchSpans = 1
    let bench = ExportBench(last: .status(400), limits: limits)
    bench.add(1...50)
    await bench.exporter.shutdown()
    #expect(bench.dropped == 50 && bench.warnings.count == 1)
  }

  @Test(
    "spans that the collector rejects are counted as dropped, and its words are told",
    arguments: [
      (#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}"#, 2, "too old"),
      (#"{"partialSuccess":{"rejectedSpans":2}}"#, 2, "no reason"),
      (#"{"partialSuccess":{"rejectedSpans":"99"}}"#, 3, "no reason"),
      (#"{"partialSuccess":{"rejectedSpans":"-1"}}"#, 0, nil),
      (#"{"partialSuccess":{"rejectedSpans":"0","errorMessage":"slow down"}}"#, 0, "slow down"),
      (#"{"partialSuccess":{}}"#, 0, nil), ("{}", 0, nil), ("", 0, nil), ("<html>", 0, nil),
      (#"{"partialSuccess":{"rejectedSpans":true}}"#, 0, nil), ("[]", 0, nil),
    ] as [(String, Int, String?)])
  func partialSuccess(body: String, rejected: Int, words: String?) async throws {
    let bench = ExportBench([.reply(HTTPReply(status: 200, body: Array(body.utf8)))])
    bench.add(1...3)
    await bench.exporter.shutdown()
    #expect(bench.exported == 3 - rejected && bench.dropped == rejected)
    #expect(bench.collector.callCount == 1, "it is never tried again")
    #expect(bench.warnings.count == (words == nil ? 0 : 1))
    if let words { #expect(bench.warnings.first?.contains("cause=\(words)") == true) }
  }

  @Test("while a collector is away its queue fills, and what is too much is counted meanwhile")
  func outage() async throws {
    var limits = ExportLimits()
    (limits.queuedSpans, limits.batchSpans) = (4, 2)
    let bench = ExportBench([.noAnswer, .noAnswer], limits: limits)
    bench.add(1...2)
    try await bench.running {
      try await eventually { bench.collector.callCount == 1 }
      bench.add(3...9)
      #expect(abs(try await bench.sleep() - 0.5) < 1e-6)
      bench.time.advance(by: .milliseconds(500))
      try await eventually { bench.dropped == 3 }
      #expect(abs(try await bench.sleep() - 1) < 1e-6)
      bench.time.advance(by: .seconds(1))
      try await eventually { bench.exported == 6 }
    }
    #expect(bench.collector.batches.map(\.count) == [2, 2, 2, 2, 2])
  }

  @Test("a tracer's flush has its spans sent now")
  func forceFlush() async throws {
    let bench = ExportBench()
    try await bench.running {
      _ = try await bench.sleep()
      let tracer = OTLPTracer(exporter: bench.exporter, source: .counting(bench.time))
      tracer.startSpan("a", context: .topLevel, ofKind: .internal).end()
      #expect(bench.exported == 0)
      tracer.forceFlush()
      try await eventually { bench.exported == 1 }
    }
  }
}
