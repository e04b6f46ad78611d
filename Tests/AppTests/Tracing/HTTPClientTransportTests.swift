import Foundation
import Jobs
import TestSupport
import Testing
import Tracing

@testable import App
@testable import Backends

/// Over real connections on loopback.
@Suite("HTTPClientTransport")
struct HTTPClientTransportTests {
  private let transport = HTTPClientTransport()

  private func failure(_ call: HTTPCall) async -> JobsError? {
    do {
      _ = try await transport.send(call)
      return nil
    } catch {
      return error as? JobsError
    }
  }

  @Test("a request arrives as it was given, and all of the answer comes back")
  func exchange() async throws {
    let server = try await WebhookReceiver.start { _ in
      .status(202, location: "/next", bodyBytes: 1000)
    }
    let reply = try await transport.send(
      HTTPCall(
        method: "PUT", url: server.url("/v1/traces?a=1"), headers: [("X-Name", "value")],
        body: Array("{}".utf8), timeout: .seconds(120),
        maxResponseBytes: 1000))
    #expect(reply.status == 202 && reply.body == Array(repeating: 0x20, count: 1000))
    #expect(reply.headers["location"] == "/next" && reply.headers["content-length"] == "1000")
    let request = try #require(server.requests.first)
    #expect(request.method == "PUT" && request.path == "/v1/traces?a=1" && request.body == "{}")
    #expect(request.headers["x-name"] == "value")
    #expect(request.headers["traceparent"] == nil)
    try await server.stop()
  }

  @Test("a redirect is an answer like any other", arguments: [301, 302, 307, 308])
  func redirect(status: Int) async throws {
    let server = try await WebhookReceiver.start { _ in .status(status, location: "/next") }
    #expect(
      try await transport.send(
        HTTPCall(url: server.url(), timeout: .seconds(120))
      ).status == status)
    #expect(server.requests.map(\.method) == ["GET"])
    try await server.stop()
  }

  @Test("an answer that is too large, one that is late and one that does not come are told apart")
  func failures() async throws {
    let server = try await WebhookReceiver.start { request in
      request.path == "/silence" ? .silence : .status(200, bodyBytes: 1001)
    }
    let large = await failure(
      HTTPCall(url: server.url(), timeout: .seconds(120), maxResponseBytes: 1000))
    #expect(large?.message == "The service's answer is too large")
    let late = await failure(HTTPCall(url: server.url("/silence"), timeout: .milliseconds(300)))
    #expect(late?.message == "The service did not answer in time")
    try await server.stop()
    let none = await failure(
      HTTPCall(url: "http://127.0.0.1:\(try freePort())/", timeout: .seconds(120)))
    #expect(none?.message == "The connection was refused")
    #expect([large, late, none].allSatisfy { $0?.code == .unavailable })
  }

  @Test(
    "what cannot be sent is a failure, not a trap",
    arguments: ["", "nonsense", "http://", "ftp://127.0.0.1/", "http://127.0.0.1:99999/"])
  func badURLs(url: String) async {
    #expect(await failure(HTTPCall(url: url, timeout: .seconds(5)))?.code == .unavailable)
  }

  @Test("who is cancelled while the service is silent returns at once")
  func cancellation() async throws {
    let server = try await WebhookReceiver.start { _ in .silence }
    let task = Task { [transport, url = server.url()] in
      try await transport.send(HTTPCall(url: url, timeout: .seconds(600)))
    }
    try await eventually { server.requests.count == 1 }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await server.stop()
  }

  @Test(
    "a strict collector takes what the exporter sends, also after it was away",
    .enabled(if: PythonScript.isInstalled, "the Python tools are not installed"))
  func collector() async throws {
    let folder = try TemporaryFolder()
    let (file, port) = (folder.path("spans.jsonl"), try freePort())
    let script = try String(contentsOf: Fixtures.url("tracing/collector.py"), encoding: .utf8)
    let collector = Task {
      try await PythonScript.run(script, [file, "--port", "\(port)", "--fail-first", "1"])
    }
    try await eventually {
      do {
        return try await httpGet("http://127.0.0.1:\(port)/").status == 200
      } catch {
        return false
      }
    }
    var limits = ExportLimits()
    limits.firstDelay = .milliseconds(10)
    let counted = SharedNumber()
    let exporter = SpanExporter(
      endpoint: "http://127.0.0.1:\(port)", headers: [:], resource: .current(),
      transport: transport, logger: WarningLog().logger, limits: limits, time: .system
    ) { exported, dropped in
      counted.add(UInt64(exported) * 1000 + UInt64(dropped))
    }
    let traces = Traces(OTLPTracer(exporter: exporter))
    await traces.span("request", kind: .server) { span in
      span?.attributes["http.response.status_code"] = 202
      await traces.span("store", kind: .client) { _ in await Task.yield() }
    }
    await exporter.shutdown(within: .seconds(120))
    #expect(counted.value == 2000)
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    let spans = try lines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    try #require(spans.count == 2)
    #expect(spans.map { $0["name"] as? String } == ["store", "request"])
    #expect(spans[0]["parentSpanId"] as? String == spans[1]["spanId"] as? String)
    #expect(spans[0]["traceId"] as? String == spans[1]["traceId"] as? String)
    #expect((spans[1]["attributes"] as? [String: Int]) == ["http.response.status_code": 202])
    let resource = try #require(spans[0]["resource"] as? [String: Any])
    #expect(resource["service.name"] as? String == "harrier")
    #expect(resource["process.pid"] as? Int == Int(getpid()))
    collector.cancel()
    _ = try await collector.value
  }
}
