import Foundation
import TestSupport
import Testing
import Tracing

@testable import App

@Suite("OTLPDocument")
struct OTLPDocumentTests {
  private static let document = OTLPDocument(
    resource: TraceResource(
      serviceName: "harrier", serviceVersion: "0.1.0", instanceID: "i-1", hostName: "here",
      processID: 7))

  private static func id(_ number: UInt64) -> SpanID {
    SpanID(number) ?? sampleSpan(1).context.spanID
  }

  /// One span of everything and one of the least.
  private static var spans: [SpanRecord] {
    var whole = sampleSpan(0x0a, name: "POST /api/v1/inference/\"predict\"\n")
    let parent = SpanContext(
      traceID: whole.context.traceID, spanID: id(0xb), isSampled: true, isRemote: true)
    var span = SpanRecord(
      context: SpanContext(
        traceID: whole.context.traceID, spanID: id(UInt64.max), isSampled: true,
        traceState: "foo=1,bar=2"),
      parent: parent, name: whole.name, kind: .server, start: 1_770_000_000_000_000_001)
    span.end = UInt64(Int64.max)
    span.setAttributes([
      "text": "ü\u{0}\u{1f600}", "flag": false, "whole": .int64(.min), "half": 0.5, "small": 1e-7,
      "large": 1e300, "nothing": .double(.nan), "all": .double(-.infinity),
      "texts": .stringArray(["a", ""]), "flags": .boolArray([true]),
      "wholes": .int64Array([-1, 1]), "halves": .doubleArray([0.5, .infinity]),
      "none": .stringArray([]),
    ])
    span.add(
      SpanEvent(
        name: "exception", at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: 5),
        attributes: ["exception.type": "Oops"]))
    var target = ServiceContext.topLevel
    target.spanContext = SpanContext(
      traceID: whole.context.traceID, spanID: id(0xc), isSampled: false, traceState: "foo=1",
      isRemote: true)
    span.add(SpanLink(context: target, attributes: ["a": 1]))
    span.setStatus(SpanStatus(code: .error, message: "it broke"))
    whole = span
    return [whole, sampleSpan(2, name: "image")]
  }

  /// By hand from opentelemetry-proto's trace.proto and the rules of its JSON.
  private static let golden = """
    {"resourceSpans":[{"resource":{"attributes":[\
    {"key":"service.name","value":{"stringValue":"harrier"}},\
    {"key":"service.version","value":{"stringValue":"0.1.0"}},\
    {"key":"service.instance.id","value":{"stringValue":"i-1"}},\
    {"key":"host.name","value":{"stringValue":"here"}},\
    {"key":"process.pid","value":{"intValue":"7"}}]},\
    "scopeSpans":[{"scope":{"name":"harrier","version":"0.1.0"},"spans":[\
    {"traceId":"0000000000000000000000000000000a","spanId":"ffffffffffffffff",\
    "traceState":"foo=1,bar=2","parentSpanId":"000000000000000b","flags":769,\
    "name":"POST /api/v1/inference/\\"predict\\"\\n","kind":2,\
    "startTimeUnixNano":"1770000000000000001","endTimeUnixNano":"9223372036854775807",\
    "attributes":[\
    {"key":"all","value":{"doubleValue":"-Infinity"}},\
    {"key":"flag","value":{"boolValue":false}},\
    {"key":"flags","value":{"arrayValue":{"values":[{"boolValue":true}]}}},\
    {"key":"half","value":{"doubleValue":0.5}},\
    {"key":"halves","value":{"arrayValue":{"values":[{"doubleValue":0.5},{"doubleValue":"Infinity"}]}}},\
    {"key":"large","value":{"doubleValue":1e+300}},\
    {"key":"none","value":{"arrayValue":{"values":[]}}},\
    {"key":"nothing","value":{"doubleValue":"NaN"}},\
    {"key":"small","value":{"doubleValue":1e-07}},\
    {"key":"text","value":{"stringValue":"ü\\u0000\u{1f600}"}},\
    {"key":"texts","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":""}]}}},\
    {"key":"whole","value":{"intValue":"-9223372036854775808"}},\
    {"key":"wholes","value":{"arrayValue":{"values":[{"intValue":"-1"},{"intValue":"1"}]}}}],\
    "events":[{"timeUnixNano":"5","name":"exception",\
    "attributes":[{"key":"exception.type","value":{"stringValue":"Oops"}}]}],\
    "links":[{"traceId":"0000000000000000000000000000000a","spanId":"000000000000000c",\
    "traceState":"foo=1","attributes":[{"key":"a","value":{"intValue":"1"}}],"flags":768}],\
    "status":{"message":"it broke","code":2}},\
    {"traceId":"00000000000000000000000000000002","spanId":"0000000000000002","flags":257,\
    "name":"image","kind":1,"startTimeUnixNano":"1770000000000000000",\
    "endTimeUnixNano":"1770000000001000000"}]}]}]}
    """

  @Test("a batch reads as OTLP's JSON has it")
  func golden() {
    #expect(Self.document.json(Self.spans) == Self.golden)
  }

  @Test("what was left out of a span is counted")
  func dropped() {
    let sink = SpanSink()
    let tracer = sink.tracer()
    let span = tracer.startSpan("a", context: .topLevel, ofKind: .producer)
    for number in 0..<65 { span.attributes["a\(number)"] = number }
    for _ in 0..<34 { span.addEvent("event") }
    for _ in 0..<19 { span.addLink(span) }
    span.end()
    let json = Self.document.json(sink.spans)
    #expect(json.contains(#","kind":4,"#))
    #expect(json.contains(#","droppedAttributesCount":1,"#))
    #expect(json.contains(#","droppedEventsCount":2,"#))
    #expect(json.contains(#","droppedLinksCount":3}"#))
  }

  @Test(
    "OpenTelemetry's own definition reads it back, member for member",
    .enabled(if: PythonScript.isInstalled, "the Python tools are not installed"))
  func definition() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.document.json(Self.spans), to: "request.json")
    let script = try String(contentsOf: Fixtures.url("tracing/collector.py"), encoding: .utf8)
    let output = try await PythonScript.run(script, ["--check", path])
    #expect(output.status == 0, "\(output.standardError)")
    let lines = output.text.split(separator: "\n")
    try #require(lines.count == 2)
    let span = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
    #expect(span["traceId"] as? String == "0000000000000000000000000000000a")
    #expect(span["parentSpanId"] as? String == "000000000000000b")
    #expect(span["kind"] as? Int == 2 && span["flags"] as? Int == 769)
    #expect(span["service"] as? String == "harrier")
    let attributes = try #require(span["attributes"] as? [String: Any])
    #expect(attributes["text"] as? String == "ü\u{0}\u{1f600}")
    #expect(attributes["whole"] as? Int == .min && attributes["wholes"] as? [Int] == [-1, 1])
    #expect(attributes["small"] as? Double == 1e-7 && attributes["nothing"] as? String == "nan")
  }

  @Test(
    "random texts and numbers are always read by OpenTelemetry's definition", arguments: [1, 2])
  func random(seed: UInt64) async throws {
    guard PythonScript.isInstalled else { return }
    var generator = SeededGenerator(seed: seed)
    let sink = SpanSink()
    let tracer = sink.tracer()
    for _ in 0..<100 {
      let text = String(
        decoding: (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }, as: UTF8.self)
      let span = tracer.startSpan("span \(text)", context: .topLevel, ofKind: .internal)
      span.attributes["key \(text)"] = text
      span.attributes["number"] = Double(bitPattern: generator.next())
      span.attributes["whole"] = Int64(bitPattern: generator.next())
      span.addEvent(SpanEvent(name: "event \(text)"))
      span.setStatus(SpanStatus(code: .error, message: text))
      span.end()
    }
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.document.json(sink.spans), to: "request.json")
    let script = try String(contentsOf: Fixtures.url("tracing/collector.py"), encoding: .utf8)
    let output = try await PythonScript.run(script, ["--check", path])
    #expect(output.status == 0, "seed \(seed): \(output.standardError)")
    #expect(output.text.split(separator: "\n").count == 100)
  }

  @Test("this process is described by its name, version, host and number")
  func resource() {
    let resource = TraceResource.current(serviceName: "harrier-worker")
    #expect(resource.serviceName == "harrier-worker" && resource.serviceVersion == harrierVersion)
    #expect(resource.processID == Int(getpid()) && !resource.hostName.isEmpty)
    #expect(resource.instanceID != TraceResource.current().instanceID)
  }
}
