import Foundation
import TestSupport
import Testing
import Tracing

@testable import App

@Suite("OTLPTracer")
struct OTLPTracerTests {
  @Test("a child has its parent's trace, an id of its own, and names its parent")
  func family() throws {
    let sink = SpanSink()
    let tracer = sink.tracer()
    let parent = tracer.startSpan("parent", context: .topLevel, ofKind: .server)
    let child = tracer.startSpan("child", context: parent.context, ofKind: .client)
    child.end()
    parent.end()
    let (first, second) = (try #require(sink.span("parent")), try #require(sink.span("child")))
    #expect(first.context.traceID.hex == "00000000000000010000000000000002")
    #expect(first.context.spanID.hex == "0000000000000003" && first.parent == nil)
    #expect(second.context.traceID == first.context.traceID)
    #expect(second.context.spanID.hex == "0000000000000004")
    #expect(second.parent?.spanID == first.context.spanID && second.parent?.isRemote == false)
    #expect(first.kind == .server && second.kind == .client)
  }

  @Test("the span of a task is the parent of what its child tasks do")
  func taskLocal() async throws {
    let sink = SpanSink()
    let tracer = sink.tracer()
    await tracer.withSpan("outer", context: .topLevel) { outer in
      #expect(SpanContext.current == outer.context.spanContext)
      await withTaskGroup(of: Void.self) { group in
        for number in 1...3 {
          group.addTask { await tracer.withSpan("inner \(number)") { _ in await Task.yield() } }
        }
      }
    }
    #expect(SpanContext.current == nil)
    let outer = try #require(sink.span("outer"))
    for number in 1...3 {
      #expect(sink.span("inner \(number)")?.parent?.spanID == outer.context.spanID)
    }
  }

  @Test("ids are never zero, whatever chance gives")
  func zeros() throws {
    let numbers = seededNumbers(1)
    let isZero = SharedNumber()
    let tracer = SpanSink().tracer { isZero.next() % 5 == 4 ? numbers() : 0 }
    for _ in 0..<100 {
      let span = try #require(
        tracer.startSpan("a", context: .topLevel, ofKind: .internal).context.spanContext)
      #expect(span.traceID.hex != String(repeating: "0", count: 32))
      #expect(span.spanID.hex != String(repeating: "0", count: 16))
    }
  }

  @Test("the system's ids differ")
  func systemIDs() {
    let tracer = OTLPTracer(sampleRatio: 1, source: .system) { _ in }
    let ids = (0..<1000).compactMap { _ in
      tracer.startSpan("a", context: .topLevel, ofKind: .internal).context.spanContext
    }
    #expect(Set(ids.map(\.traceID)).count == 1000 && Set(ids.map(\.spanID)).count == 1000)
  }

  @Test(
    "what another process decided about a trace holds here, whatever the ratio", arguments: [0, 1])
  func parentDecides(ratio: Double) throws {
    let sink = SpanSink()
    let tracer = sink.tracer(sampleRatio: ratio)
    let ids = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"
    for (flag, name) in [("01", "kept"), ("00", "left out")] {
      let context = OTLPTracer.context(traceparent: "00-\(ids)-\(flag)")
      let span = tracer.startSpan(name, context: context, ofKind: .consumer)
      #expect(span.isRecording == (flag == "01"))
      let child = tracer.startSpan("child of \(name)", context: span.context, ofKind: .internal)
      #expect(child.context.spanContext?.isSampled == (flag == "01"))
      child.end()
      span.end()
    }
    #expect(sink.names == ["child of kept", "kept"])
    #expect(sink.span("kept")?.parent?.isRemote == true)
    #expect(sink.span("kept")?.context.traceID.hex == "4bf92f3577b34da6a3ce929d0e0e4736")
  }

  @Test("a trace that is not sampled here is not sampled further on either")
  func notSampled() throws {
    let sink = SpanSink()
    let tracer = sink.tracer(sampleRatio: 0)
    let root = tracer.startSpan("root", context: .topLevel, ofKind: .server)
    #expect(!root.isRecording)
    let text = try #require(OTLPTracer.traceparent(of: root.context))
    #expect(text.hasSuffix("-00"))
    let other = SpanSink().tracer(sampleRatio: 1)
    let further = other.startSpan(
      "further", context: OTLPTracer.context(traceparent: text), ofKind: .consumer)
    #expect(!further.isRecording)
    // The same ids: nobody has heard of the spans between.
    #expect(OTLPTracer.traceparent(of: further.context) == text)
  }

  @Test("a span that is not sampled keeps nothing")
  func unsampledKeepsNothing() {
    let sink = SpanSink()
    let span = sink.tracer(sampleRatio: 0).startSpan("a", context: .topLevel, ofKind: .internal)
    span.attributes["key"] = "value"
    span.operationName = "b"
    span.addEvent("event")
    span.setStatus(SpanStatus(code: .error))
    span.recordError(CancellationError())
    span.end()
    #expect(span.attributes.isEmpty && span.operationName.isEmpty && sink.spans.isEmpty)
  }

  /// By hand from the specification: of the last 56 bits R of the id, R >= (1 - ratio) * 2^56 is sampled.
  static let decisions: [(ratio: Double, id: UInt64, isTaken: Bool)] = [
    (0.5, 0x80_0000_0000_0000, true), (0.5, 0x7f_ffff_ffff_ffff, false),
    (0.5, 0xff7f_ffff_ffff_ffff, false), (0.5, 0x0080_0000_0000_0000, true),
    (0.25, 0xc0_0000_0000_0000, true), (0.25, 0xbf_ffff_ffff_ffff, false),
    (0.75, 0x40_0000_0000_0000, true), (0.75, 0x3f_ffff_ffff_ffff, false),
    (1, 0x1, true), (1, 0xff_ffff_ffff_ffff, true), (0, 0xff_ffff_ffff_ffff, false),
    // The least ratio of the specification: one id of 2^56.
    (0x1p-56, 0xff_ffff_ffff_ffff, true), (0x1p-56, 0xff_ffff_ffff_fffe, false),
    (2, 0x1, true), (-1, 0xff_ffff_ffff_ffff, false), (.nan, 0xff_ffff_ffff_ffff, false),
  ]

  @Test("a ratio decides by the last 56 bits of the trace's id alone", arguments: decisions)
  func ratio(ratio: Double, id: UInt64, isTaken: Bool) throws {
    for high in [1, UInt64.max] {
      let traceID = try #require(TraceID(high: high, low: id))
      #expect(TraceSampling(ratio: ratio).takes(traceID) == isTaken)
    }
  }

  @Test(
    "two processes agree, a lower ratio keeps some of a higher one's, and both keep their share")
  func agreement() throws {
    let numbers = seededNumbers(7)
    let ids = (0..<20_000).compactMap { _ in TraceID(high: numbers(), low: numbers()) }
    let low = ids.filter(TraceSampling(ratio: 0.1).takes)
    let again = ids.filter(TraceSampling(ratio: 0.1).takes)
    let high = Set(ids.filter(TraceSampling(ratio: 0.3).takes))
    #expect(low == again && high.isSuperset(of: low))
    // Four standard deviations: 170 of 2000 and 260 of 6000.
    #expect((1830...2170).contains(low.count) && (5740...6260).contains(high.count))
  }

  @Test("a span lasts as long as its process ran, also when somebody sets the clock meanwhile")
  func clocks() throws {
    let sink = SpanSink()
    let wall = SharedNumber(1_770_000_000_000_000_000)
    let uptime = SharedNumber()
    let source = TraceSource(
      now: { wall.value }, uptime: { .nanoseconds(Int64(uptime.value)) }, random: seededNumbers(1))
    let tracer = OTLPTracer(sampleRatio: 1, source: source) { sink.take($0) }
    let span = tracer.start("a", parent: .topLevel, kind: .internal, attributes: [:])
    uptime.add(1500)
    wall.set(1_600_000_000_000_000_000)
    span.end()
    let ended = try #require(sink.spans.first)
    #expect(ended.start == 1_770_000_000_000_000_000 && ended.end == ended.start + 1500)
    // Others may give an end of their own.
    let early = tracer.startSpan(
      "b", context: .topLevel, ofKind: .internal,
      at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: 2000))
    early.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: 1000))
    #expect(sink.spans.last?.start == 2000 && sink.spans.last?.end == 2000)
  }

  @Test("a span ends once")
  func once() {
    let sink = SpanSink()
    let span = sink.tracer().startSpan("a", context: .topLevel, ofKind: .internal)
    span.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: .max))
    span.end()
    span.attributes["late"] = true
    #expect(!span.isRecording)
    #expect(sink.spans.count == 1 && sink.spans[0].end == .max && sink.spans[0].attributes.isEmpty)
  }

  @Test("what was measured by others becomes spans that lie where they were, parents of their own")
  func afterTheFact() throws {
    let sink = SpanSink()
    let time = ManualTime()
    let tracer = sink.tracer(time: time)
    let parent = OTLPTracer.context(
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    let now = ContinuousClock.now
    let image = tracer.record(
      "image", start: now - .seconds(3), end: now - .seconds(1), parent: parent,
      attributes: ["image.slices": 4])
    tracer.record(
      "decode", start: now - .seconds(3), end: now - .seconds(2), parent: image,
      error: CocoaError(.coderInvalidValue))
    tracer.record(
      "job wait", kind: .consumer, start: startOfTests - 5.5, end: startOfTests, parent: parent)
    let (whole, part) = (try #require(sink.span("image")), try #require(sink.span("decode")))
    #expect(part.parent?.spanID == whole.context.spanID)
    #expect(whole.parent == parent.spanContext)
    #expect(whole.end - whole.start == 2_000_000_000 && part.end - part.start == 1_000_000_000)
    #expect(part.status?.code == .error && part.events.map(\.name) == ["exception"])
    #expect(whole.attributes.get("image.slices") == .int64(4))
    let wait = try #require(sink.span("job wait"))
    #expect(wait.start == 1_769_999_994_500_000_000 && wait.end == 1_770_000_000_000_000_000)
  }

  @Test("nothing is recorded after the fact below a span that is not sampled")
  func afterTheFactUnsampled() {
    let sink = SpanSink()
    let parent = OTLPTracer.context(
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
    let context = sink.tracer().record("a", start: .now - .seconds(1), end: .now, parent: parent)
    #expect(context.spanContext == parent.spanContext && sink.spans.isEmpty)
  }

  @Test(
    "no date is out of range",
    arguments: [
      (-1, 0), (-.infinity, 0), (.nan, 0), (1.5, 1_500_000_000),
      (.infinity, 18_446_744_072_000_000_000),
    ] as [(Double, UInt64)])
  func dates(seconds: Double, nanoseconds: UInt64) {
    let date = Date(timeIntervalSince1970: seconds)
    #expect(SpanInstant(date).nanosecondsSinceEpoch == nanoseconds)
  }
}
