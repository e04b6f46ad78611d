import Foundation
import Jobs
import NIOPosix
import TestSupport
import Testing

@testable import Backends

@Suite("HTTPClientWebhookTransport")
struct HTTPClientWebhookTransportTests {
  private let threads = NIOThreadPool.singleton
  private static let loopback: [UInt8] = [127, 0, 0, 1]

  private func transport(
    _ lookUp: @escaping @Sendable (String) throws -> [[UInt8]] = { _ in [loopback] }
  ) -> HTTPClientWebhookTransport {
    HTTPClientWebhookTransport(resolver: HostResolver(threads: threads, lookUp: lookUp))
  }

  private func request(
    _ url: String, timeout: Duration = .seconds(120),
    allows: @escaping @Sendable ([UInt8]) -> Bool = { _ in true }
  ) -> WebhookRequest {
    WebhookRequest(
      url: url, headers: [("content-type", "application/json"), ("webhook-id", "evt_1")],
      body: Array("{}".utf8), timeout: timeout, allows: allows)
  }

  private func failure(
    _ transport: HTTPClientWebhookTransport, _ request: WebhookRequest
  ) async -> String? {
    do {
      _ = try await transport.post(request)
      return nil
    } catch {
      return (error as? JobsError)?.message ?? "\(error)"
    }
  }

  @Test("headers and body arrive as they were given, status and location come back")
  func post() async throws {
    let receiver = try await WebhookReceiver.start { _ in
      .status(307, location: "/next", bodyBytes: 10)
    }
    let response = try await transport().post(request(receiver.url("/hook?a=1")))
    #expect(response == WebhookResponse(status: 307, location: "/next"))
    let sent = try #require(receiver.requests.first)
    #expect(receiver.requests.count == 1, "it follows no redirect")
    #expect(sent.method == "POST" && sent.path == "/hook?a=1" && sent.body == "{}")
    #expect(sent.headers["webhook-id"] == "evt_1")
    #expect(sent.headers["host"] == "127.0.0.1:\(receiver.port)")
    try await receiver.stop()
  }

  @Test(
    "the connection goes to the address that was looked up, not to what a name server says later")
  func pinned() async throws {
    let receiver = try await WebhookReceiver.start()
    // No name server knows it (RFC 6761): only the address that was checked can lead there.
    let url = receiver.url(host: "receiver.invalid")
    #expect(try await transport().post(request(url)).status == 204)
    #expect(receiver.requests.first?.headers["host"] == "receiver.invalid:\(receiver.port)")
    try await receiver.stop()
  }

  @Test("one forbidden address of several is enough, and no connection is made")
  func forbidden() async throws {
    let receiver = try await WebhookReceiver.start()
    let transport = transport { _ in [Self.loopback, [10, 0, 0, 1]] }
    let words = await failure(
      transport, request(receiver.url(host: "receiver.invalid"), allows: { $0 == Self.loopback }))
    #expect(words == "The host leads to a private, loopback or link-local address")
    #expect(receiver.requests.isEmpty)
    try await receiver.stop()
  }

  @Test(
    "a name of this machine and every way to write its address are seen through",
    arguments: [
      "localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]",
    ])
  func systemNames(host: String) async throws {
    let transport = HTTPClientWebhookTransport(resolver: HostResolver(threads: threads))
    let words = await failure(
      transport,
      // 127.0.0.1 and ::1, and no other address that these could be taken for.
      request("http://\(host):1/", allows: { $0.last != 1 }))
    #expect(words == "The host leads to a private, loopback or link-local address")
  }

  @Test("the next address is tried where the first one refuses")
  func secondAddress() async throws {
    let receiver = try await WebhookReceiver.start()
    // Nobody listens on this port of the other loopback address.
    let transport = transport { _ in [[127, 0, 0, 2], Self.loopback] }
    let response = try await transport.post(request(receiver.url(host: "receiver.invalid")))
    #expect(response.status == 204)
    try await receiver.stop()
  }

  @Test(
    "a port where nobody listens, a name that is none, and a host that is missing are told apart")
  func failures() async throws {
    let port = try freePort()
    #expect(
      await failure(transport(), request("http://127.0.0.1:\(port)/"))
        == "The connection was refused")
    let system = HTTPClientWebhookTransport(resolver: HostResolver(threads: threads))
    #expect(
      await failure(system, request("http://nowhere.invalid/"))
        == "The host's name cannot be resolved")
    #expect(await failure(transport(), request("http:///")) == "The URL has no host")
  }

  @Test("a receiver that answers no TLS is a clear failure")
  func tls() async throws {
    let receiver = try await WebhookReceiver.start()
    let words = await failure(transport(), request("https://127.0.0.1:\(receiver.port)/"))
    #expect(words == "The TLS connection failed")
    try await receiver.stop()
  }

  @Test("a receiver that keeps silent is given up when the time is over")
  func silence() async throws {
    let receiver = try await WebhookReceiver.start { _ in .silence }
    var words: String?
    // On a busy machine the time may be over before the request is there: then some more.
    for seconds in [2, 16, 64] where receiver.requests.isEmpty {
      words = await failure(transport(), request(receiver.url(), timeout: .seconds(seconds)))
    }
    #expect(!receiver.requests.isEmpty)
    #expect(words == "The receiver did not answer in time")
    try await receiver.stop()
  }

  @Test("a name server that keeps silent is given up when the time is over")
  func silentResolver() async throws {
    let release = DispatchSemaphore(value: 0)
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    let transport = HTTPClientWebhookTransport(
      resolver: HostResolver(threads: threads) { _ in
        release.wait()
        return [Self.loopback]
      })
    let words = await failure(
      transport, request("http://receiver.invalid/", timeout: .milliseconds(50)))
    #expect(words == "The host's name was not resolved in time")
    release.signal()
    try await threads.shutdownGracefully()
  }

  @Test("an answer's status counts, however long its body is")
  func longBody() async throws {
    let receiver = try await WebhookReceiver.start { _ in .status(200, bodyBytes: 5 << 20) }
    #expect(try await transport().post(request(receiver.url())).status == 200)
    try await receiver.stop()
  }

  @Test("who is cancelled while the receiver is silent returns at once")
  func cancellation() async throws {
    let receiver = try await WebhookReceiver.start { _ in .silence }
    let task = Task { [request = request(receiver.url(), timeout: .seconds(600))] in
      try await transport().post(request)
    }
    try await eventually { receiver.requests.count == 1 }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await receiver.stop()
  }
}
