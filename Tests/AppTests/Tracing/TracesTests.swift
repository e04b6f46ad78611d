import HTTPTypes
import Jobs
import Logging
import TestSupport
import Testing
import Tracing

@testable import App

@Suite("Traces")
struct TracesTests {
  private static let remote = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  private actor Ledger {
    var entries: [String] = []

    /// The body runs on this actor, without a hop.
    func write(_ entry: String, traces: Traces) async {
      await traces.span(entry) { _ in
        await Task.yield()
        entries.append(entry)
      }
    }
  }

  @Test("where tracing is off the body runs, and nothing else happens")
  func off() async throws {
    func never<Value>(_ value: Value) -> Value {
      Issue.record("this is not asked for")
      return value
    }
    let value = await Traces.off.span(
      never("name"), parent: never(.topLevel), attributes: never([:])
    ) { span in
      await Task.yield()
      #expect(span == nil && ServiceContext.current == nil)
      return 7
    }
    #expect(value == 7)
    #expect(Traces.off.span(never("name")) { $0 == nil })
    Traces.off.record(never("name"), start: .now, end: .now, attributes: never([:]))
    #expect(Traces.off.traceparent == nil && Traces.off.headers.isEmpty)
    #expect(Traces.off.context(traceparent: Self.remote).spanContext == nil)
    var fields = HTTPFields()
    fields[try #require(HTTPField.Name("traceparent"))] = Self.remote
    #expect(Traces.off.context(of: fields).spanContext == nil)
    await #expect(throws: CancellationError.self) {
      try await Traces.off.span("a") { _ in
        await Task.yield()
        throw CancellationError()
      }
    }
  }

  @Test("a span ends with its body, with what the body has said, and its children name it")
  func span() async throws {
    let sink = SpanSink()
    let traces = Traces(sink.tracer())
    let result = await traces.span("request", kind: .server, attributes: ["http.route": "/a"]) {
      span in
      await traces.span("store", kind: .client) { _ in await Task.yield() }
      traces.span("encode") { _ in }
      span?.attributes["http.response.status_code"] = 200
      return "done"
    }
    #expect(result == "done" && sink.names == ["store", "encode", "request"])
    let request = try #require(sink.span("request"))
    #expect(request.attributes == ["http.route": "/a", "http.response.status_code": 200])
    #expect(request.status == nil && request.kind == .server)
    #expect(sink.span("store")?.parent?.spanID == request.context.spanID)
    #expect(sink.span("encode")?.parent?.spanID == request.context.spanID)
  }

  @Test("an error goes through and is the span's")
  func errors() async throws {
    let sink = SpanSink()
    let traces = Traces(sink.tracer())
    await #expect(throws: JobsError.self) {
      try await traces.span("claim") { _ in
        await Task.yield()
        throw JobsError(.unavailable, "The store does not answer")
      }
    }
    #expect(throws: JobsError.self) {
      try traces.span("insert") { _ in throw JobsError(.databaseError, "The store failed") }
    }
    #expect(sink.span("claim")?.attributes.get("error.type") == "SERVICE_UNAVAILABLE")
    #expect(sink.span("insert")?.status == SpanStatus(code: .error, message: "The store failed"))
  }

  @Test("the body of a span stays on its caller's actor")
  func isolation() async {
    let ledger = Ledger()
    await ledger.write("off", traces: .off)
    await ledger.write("on", traces: Traces(SpanSink().tracer()))
    #expect(await ledger.entries == ["off", "on"])
  }

  @Test("below a span that is not sampled no name and no attribute is asked for")
  func unsampled() async {
    let sink = SpanSink()
    let traces = Traces(sink.tracer(sampleRatio: 0))
    let asked = SharedNumber()
    func name() -> String { "span \(asked.next())" }
    func attributes() -> SpanAttributes { ["number": .int64(Int64(asked.next()))] }
    await traces.span(name(), attributes: attributes()) { span in
      await Task.yield()
      #expect(span == nil)
      // The decision goes on all the same.
      #expect(traces.traceparent?.hasSuffix("-00") == true)
      traces.span(name(), attributes: attributes()) { #expect($0 == nil) }
      traces.record(name(), start: .now, end: .now, attributes: attributes())
    }
    #expect(asked.value == 0 && sink.spans.isEmpty)
  }

  @Test(
    "a trace goes on through a job: from the request to the worker and to the receiver of its webhook"
  )
  func acrossProcesses() throws {
    let (api, worker) = (SpanSink(), SpanSink())
    let apiTraces = Traces(api.tracer(random: seededNumbers(1)))
    let workerTraces = Traces(worker.tracer(sampleRatio: 0, random: seededNumbers(2)))
    var fields = HTTPFields()
    fields[try #require(HTTPField.Name("traceparent"))] = Self.remote
    let job = try #require(
      apiTraces.span("request", kind: .server, parent: apiTraces.context(of: fields)) { _ in
        apiTraces.traceparent
      })
    let parent = workerTraces.context(traceparent: job)
    let sent = workerTraces.span("job attempt", kind: .consumer, parent: parent) { _ in
      workerTraces.span("webhook", kind: .client) { _ in workerTraces.headers }
    }
    let request = try #require(api.span("request"))
    let attempt = try #require(worker.span("job attempt"))
    let webhook = try #require(worker.span("webhook"))
    #expect(request.parent?.spanID.hex == "00f067aa0ba902b7")
    #expect(attempt.parent?.spanID == request.context.spanID && attempt.parent?.isRemote == true)
    #expect(
      Set([request, attempt, webhook].map(\.context.traceID.hex))
        == ["4bf92f3577b34da6a3ce929d0e0e4736"])
    #expect(sent.map(\.name) == ["traceparent"])
    #expect(sent.first?.value == TraceParent.text(of: webhook.context))
  }

  @Test(
    "a job without a good text begins a trace of its own",
    arguments: [nil, "", "nonsense"] as [String?])
  func noParent(text: String?) throws {
    let sink = SpanSink()
    let traces = Traces(sink.tracer())
    traces.span("job attempt", parent: traces.context(traceparent: text)) { _ in }
    #expect(try #require(sink.spans.first).parent == nil)
  }

  @Test("lines of the log name the span that they were written in")
  func log() async throws {
    let traces = Traces(SpanSink().tracer())
    #expect(Logger.MetadataProvider.spanIDs.get().isEmpty)
    await traces.span("a") { _ in
      await Task.yield()
      #expect(
        Logger.MetadataProvider.spanIDs.get() == [
          "trace_id": "00000000000000010000000000000002", "span_id": "0000000000000003",
        ])
      #expect(SpanContext.current?.traceID.hex == "00000000000000010000000000000002")
    }
  }
}
