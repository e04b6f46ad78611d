import HTTPTypes
import TestSupport
import Testing
import Tracing

@testable import App

/// Good and bad texts are those of W3C's own test suite (w3c/trace-context, test/test.py), and some of its grammar.
@Suite("SpanContext")
struct SpanContextTests {
  static let trace = "12345678901234567890123456789012"
  static let good = "00-\(trace)-1234567890123456-01"

  @Test("a traceparent is read and written as it was")
  func roundTrip() throws {
    // The recommendation's example.
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let context = try #require(SpanContext(traceparent: text, tracestate: nil))
    #expect(context.traceID.hex == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(context.spanID.hex == "00f067aa0ba902b7")
    #expect(context.isSampled && context.isRemote)
    #expect(TraceParent.text(of: context) == text)
  }

  @Test(
    "of the flags only the first bit counts, and only it is handed on",
    arguments: ["00": false, "01": true, "02": false, "03": true, "fe": false, "ff": true])
  func flags(flags: String, isSampled: Bool) throws {
    let context = try #require(TraceParent.parse("00-\(Self.trace)-1234567890123456-\(flags)"))
    #expect(context.isSampled == isSampled)
    #expect(TraceParent.text(of: context).hasSuffix(isSampled ? "-01" : "-00"))
  }

  @Test(
    "a later version is read as far as it is known, and handed on as version 00",
    arguments: [
      "cc-\(trace)-1234567890123456-01", "01-\(trace)-1234567890123456-01-",
      "cc-\(trace)-1234567890123456-01-what-the-future-will-be-like",
    ])
  func laterVersion(text: String) throws {
    #expect(TraceParent.text(of: try #require(TraceParent.parse(text))) == Self.good)
  }

  @Test(
    "what is not exactly a traceparent is none",
    arguments: [
      "", "00", "-", "00-\(trace)-1234567890123456-01.",
      "00-\(trace)-1234567890123456-01-what-the-future-will-be-like",
      "00-\(trace)-1234567890123456-01-", "cc-\(trace)-1234567890123456-01.what", "cc-\(trace)",
      "cc-\(trace)-1234567890123456-0", "ff-\(trace)-1234567890123456-01",
      "FF-\(trace)-1234567890123456-01", "CC-\(trace)-1234567890123456-01",
      ".0-\(trace)-1234567890123456-01", "0.-\(trace)-1234567890123456-01",
      "000-\(trace)-1234567890123456-01", "0000-\(trace)-1234567890123456-01",
      "0-\(trace)-1234567890123456-01",
      "00-00000000000000000000000000000000-1234567890123456-01",
      "00-.2345678901234567890123456789012-1234567890123456-01",
      "00-1234567890123456789012345678901.-1234567890123456-01",
      "00-1234567890123456789012345678901A-1234567890123456-01",
      "00-\(trace)3-1234567890123456-01", "00-1234567890123456789012345678901-1234567890123456-01",
      "00-\(trace)-0000000000000000-01", "00-\(trace)-.234567890123456-01",
      "00-\(trace)-123456789012345.-01", "00-\(trace)-123456789012345F-01",
      "00-\(trace)-12345678901234567-01", "00-\(trace)-123456789012345-01",
      "00-\(trace)-1234567890123456-.0", "00-\(trace)-1234567890123456-0.",
      "00-\(trace)-1234567890123456-001", "00-\(trace)-1234567890123456-1",
      "00_\(trace)_1234567890123456_01", "00-１2345678901234567890123456789012-1234567890123456-01",
      // Two headers, joined as HTTP joins them.
      "\(good),\(good)", "\(good), \(good)",
    ])
  func malformed(text: String) {
    #expect(TraceParent.parse(text) == nil)
  }

  @Test(
    "spaces and tabs around the header are not part of it",
    arguments: [" \(good)", "\t\(good)", "\(good) ", "\(good)\t", "\t \(good) \t"])
  func padding(text: String) throws {
    let context = try #require(SpanContext(traceparent: text, tracestate: nil))
    #expect(TraceParent.text(of: context) == Self.good)
  }

  @Test("random bytes and damaged texts are read as the grammar has it", arguments: 1...8)
  func fuzz(seed: UInt64) throws {
    // A peer of another kind: Swift's regular expressions.
    let grammar =
      /(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-[\s\S]*)?/
      .matchingSemantics(.unicodeScalar)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      var bytes = Array(Self.good.utf8)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
      case 1: bytes += [UInt8(ascii: "-"), UInt8.random(in: 0...127, using: &generator)]
      case 2: bytes.removeLast(Int.random(in: 0...56, using: &generator) % 56)
      default: break
      }
      for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
        let alphabet = Array("0123456789abcdefABCDEF-, .".utf8)
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
          alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let match = try grammar.wholeMatch(in: text)
      let isGood = match.map { $0.5 == nil || $0.1 != "00" } ?? false
      let context = TraceParent.parse(text)
      #expect((context != nil) == isGood, "\(text.debugDescription) of seed \(seed)")
      if let context, let match {
        #expect(context.traceID.hex == match.2 && context.spanID.hex == match.3)
      }
      _ = TraceState.checked(text)
      _ = SpanContext(traceparent: text, tracestate: text)
    }
  }

  @Test(
    "a well-formed tracestate is handed on, without the spaces around its members",
    arguments: [
      ("foo=1,bar=2", "foo=1,bar=2"), ("foo=1 \t , \t bar=2, \t baz=3", "foo=1,bar=2,baz=3"),
      ("\t foo=1 \t", "foo=1"), ("foo=1,,bar=2", "foo=1,bar=2"), ("", ""), (" , ,", ""),
      ("foo=1,", "foo=1"), (",foo=1", "foo=1"), ("foo=  1", "foo=  1"),
      ("foo=1,foo=2", "foo=1,foo=2"),
      ("foo@=1,bar=2", "foo@=1,bar=2"), ("foo@bar@baz=1", "foo@bar@baz=1"), ("0a=1", "0a=1"),
      ("a_-*/@z= !\"#$%&'()*+-./:;<>?@[\\]^_`{|}~", "a_-*/@z= !\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"),
    ])
  func traceState(text: String, expected: String) {
    #expect(TraceState.checked(text) == expected)
  }

  @Test(
    "a tracestate with one malformed member is dropped as a whole",
    arguments: [
      "foo =1", "FOO=1", "foo.bar=1", "@foo=1,bar=2", "foo=bar=baz", "foo=,bar=3", "foo", "=1",
      "foo=1,ü=2", "foo=ü", "foo=a\u{7f}", "foo=a\tb", "_foo=1",
    ])
  func malformedTraceState(text: String) {
    #expect(TraceState.checked(text) == "")
  }

  @Test("a tracestate has at most 32 members, 256 bytes a key and a value, and 512 bytes in all")
  func traceStateLimits() {
    let members = (1...33).map { "bar\($0)=\($0)" }
    #expect(TraceState.checked(members.prefix(32).joined(separator: ",")).hasSuffix("bar32=32"))
    #expect(TraceState.checked(members.joined(separator: ",")) == "")
    let long = String(repeating: "z", count: 256)
    #expect(TraceState.checked("\(long)=1") == "\(long)=1")
    #expect(TraceState.checked("\(long)z=1") == "")
    #expect(TraceState.checked("a=\(long)") == "a=\(long)")
    #expect(TraceState.checked("a=\(long)z") == "")
    // 256 + 1 + 255 bytes.
    #expect(TraceState.checked("\(long)=\(long.dropLast())").utf8.count == 512)
    #expect(TraceState.checked("\(long)=\(long)") == "")
  }

  @Test("headers are read whatever the case of their names, and several tracestate are one")
  func fields() throws {
    let tracer = SpanSink().tracer()
    let (traceparent, tracestate) = (try name("TraceParent"), try name("TRACESTATE"))
    var fields = HTTPFields()
    fields.append(HTTPField(name: tracestate, value: "foo=1,bar=2"))
    fields.append(HTTPField(name: traceparent, value: Self.good))
    fields.append(HTTPField(name: tracestate, value: "baz=3"))
    let span = try #require(Traces(tracer).context(of: fields).spanContext)
    #expect(span.traceID.hex == Self.trace && span.traceState == "foo=1,bar=2,baz=3")

    fields.append(HTTPField(name: traceparent, value: Self.good))
    #expect(Traces(tracer).context(of: fields).spanContext == nil, "several traceparent are none")
  }

  @Test("a malformed tracestate harms no traceparent, and without a traceparent it is nothing")
  func independence() throws {
    let context = try #require(SpanContext(traceparent: Self.good, tracestate: "foo=bar=baz"))
    #expect(context.traceState == "")
    #expect(SpanContext(traceparent: nil, tracestate: "foo=1") == nil)
    #expect(SpanContext(traceparent: "00", tracestate: "foo=1") == nil)
  }

  @Test("a tracer writes what it reads, with a span id of its own")
  func injection() throws {
    let (traceparent, tracestate) = (try name("traceparent"), try name("tracestate"))
    let tracer = SpanSink().tracer()
    var context = ServiceContext.topLevel
    tracer.extract(
      [traceparent: Self.good, tracestate: "foo=1"], into: &context, using: HTTPFieldsCarrier())
    let span = tracer.startSpan("call", context: context, ofKind: .client)
    var outgoing = HTTPFields()
    tracer.inject(span.context, into: &outgoing, using: HTTPFieldsCarrier())
    #expect(outgoing[traceparent] == "00-\(Self.trace)-0000000000000001-01")
    #expect(outgoing[tracestate] == "foo=1")

    var empty = HTTPFields()
    tracer.inject(.topLevel, into: &empty, using: HTTPFieldsCarrier())
    #expect(empty.isEmpty)
  }

  private func name(_ name: String) throws -> HTTPField.Name {
    try #require(HTTPField.Name(name))
  }
}
