import Crypto
import Foundation
import Jobs
import Logging
import NIOPosix
import ServiceLifecycle
import TestSupport
import Testing

@testable import App
@testable import Backends

/// Over real connections to a receiver on loopback.
@Suite("WebhookSender")
struct WebhookSenderTests {
  @Test("the end of a job is delivered once, as its status document with a valid signature")
  func delivered() async throws {
    let receiver = try await WebhookReceiver.start()
    let bench = try SenderBench()
    let id = try await bench.addEndedJob(receiver.url("/hook?token=1"))
    #expect(await bench.sendDue() == 1)
    #expect(await bench.sendDue() == 0)
    let delivery = try await bench.delivery(of: id)
    #expect(delivery.state == .delivered && delivery.attempts == 1)
    #expect(delivery.responseStatus == 204)
    let request = try #require(receiver.requests.first)
    #expect(receiver.requests.count == 1)
    #expect(request.method == "POST" && request.path == "/hook?token=1")
    #expect(request.headers["content-type"] == "application/json")
    #expect(request.headers["user-agent"] == "Harrier/0.1.0")
    #expect(request.headers["webhook-id"] == delivery.id.description)
    #expect(request.headers["webhook-timestamp"] == "1770000000")
    #expect(try isSigned(request))
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any])
    #expect(document["event"] as? String == "job.completed")
    #expect(document["event_id"] as? String == delivery.id.description)
    #expect(document["created_at"] as? String == "2026-02-02T02:40:00.000Z")
    let data = try #require(document["data"] as? [String: Any])
    #expect(data["job_id"] as? String == id.description)
    #expect(data["status"] as? String == "completed")
    #expect((data["summary"] as? [String: Any])?["total_detections"] as? Int == 7)
    #expect(bench.count("delivered") == 1 && bench.count("retried") == 0)
    try await receiver.stop()
  }

  /// As a receiver checks it, with the key of the specification's example.
  private func isSigned(_ request: WebhookReceiver.Request) throws -> Bool {
    let key = try #require(Data(base64Encoded: String(SenderBench.secret.dropFirst(6))))
    let id = try #require(request.headers["webhook-id"])
    let time = try #require(request.headers["webhook-timestamp"])
    let text = try #require(request.headers["webhook-signature"])
    let signature = try #require(Data(base64Encoded: String(text.dropFirst("v1,".count))))
    return text.hasPrefix("v1,")
      && HMAC<SHA256>.isValidAuthenticationCode(
        signature, authenticating: Data("\(id).\(time).\(request.body)".utf8),
        using: SymmetricKey(data: key))
  }

  @Test("a receiver that is down gets it when it is back, at the time of the next attempt")
  func down() async throws {
    let port = try freePort()
    let bench = try SenderBench()
    let id = try await bench.addEndedJob("http://127.0.0.1:\(port)/hook")
    await bench.sendDue()
    let waiting = try await bench.delivery(of: id)
    #expect(waiting.state == .pending && waiting.attempts == 1)
    #expect(waiting.dueAt == startOfTests + 5)
    #expect(waiting.error == "The connection was refused")
    let receiver = try await WebhookReceiver.start(port: port)
    bench.time.advance(by: .milliseconds(4999))
    #expect(await bench.sendDue() == 0)
    bench.time.advance(by: .milliseconds(1))
    #expect(await bench.sendDue() == 1)
    let delivered = try await bench.delivery(of: id)
    #expect(delivered.state == .delivered && delivered.attempts == 2)
    #expect(delivered.error == nil)
    #expect(receiver.requests.map { $0.headers["webhook-id"] } == [delivered.id.description])
    #expect(bench.count("delivered") == 1 && bench.count("retried") == 1)
    try await receiver.stop()
  }

  @Test("a receiver that is too slow gets it again, with the same id and a new time")
  func slow() async throws {
    let receiver = try await WebhookReceiver.start { _ in .silence }
    // Long enough for a busy machine to bring the request there.
    let bench = try SenderBench(timeout: .seconds(10))
    let id = try await bench.addEndedJob(receiver.url())
    await bench.sendDue()
    #expect(try await bench.delivery(of: id).state == .pending)
    #expect(try await bench.delivery(of: id).error == "The receiver did not answer in time")
    receiver.answer { _ in .status(200) }
    bench.time.advance(by: .seconds(5))
    await bench.sendDue()
    #expect(try await bench.delivery(of: id).state == .delivered)
    let requests = receiver.requests
    #expect(Set(requests.map { $0.headers["webhook-id"] }).count == 1)
    #expect(Set(requests.map(\.body)).count == 1)
    #expect(requests.map { $0.headers["webhook-timestamp"] } == ["1770000000", "1770000005"])
    #expect(try requests.allSatisfy(isSigned))
    try await receiver.stop()
  }

  @Test("after twelve attempts it is given up")
  func givenUp() async throws {
    let receiver = try await WebhookReceiver.start { _ in .status(500) }
    let bench = try SenderBench()
    let id = try await bench.addEndedJob(receiver.url())
    for _ in 0..<20 {
      await bench.sendDue()
      bench.time.advance(by: .seconds(3600))
    }
    let delivery = try await bench.delivery(of: id)
    #expect(delivery.state == .failed && delivery.attempts == 12)
    #expect(delivery.responseStatus == 500)
    #expect(delivery.error == "The receiver answered with status 500")
    #expect(receiver.requests.count == 12)
    #expect(bench.count("retried") == 11 && bench.count("failed") == 1)
    try await receiver.stop()
  }

  @Test("410 ends the attempts at once")
  func gone() async throws {
    let receiver = try await WebhookReceiver.start { _ in .status(410) }
    let bench = try SenderBench()
    let id = try await bench.addEndedJob(receiver.url())
    await bench.sendDue()
    let delivery = try await bench.delivery(of: id)
    #expect(delivery.state == .failed && delivery.attempts == 1)
    #expect(delivery.responseStatus == 410)
    #expect(bench.count("failed") == 1)
    try await receiver.stop()
  }

  @Test("307 and 308 are followed with the body and its signature", arguments: [307, 308])
  func redirect(status: Int) async throws {
    let receiver = try await WebhookReceiver.start { request in
      request.path == "/new" ? .status(200) : .status(status, location: "/new")
    }
    let bench = try SenderBench()
    let id = try await bench.addEndedJob(receiver.url("/old"))
    await bench.sendDue()
    #expect(try await bench.delivery(of: id).state == .delivered)
    let requests = receiver.requests
    #expect(requests.map(\.path) == ["/old", "/new"])
    #expect(requests.map(\.method) == ["POST", "POST"])
    #expect(requests[0].body == requests[1].body)
    #expect(try isSigned(requests[1]))
    try await receiver.stop()
  }

  @Test("redirects that would lose the body are failures", arguments: [301, 302, 303])
  func lossyRedirect(status: Int) async throws {
    let receiver = try await WebhookReceiver.start { _ in .status(status, location: "/new") }
    let bench = try SenderBench()
    let id = try await bench.addEndedJob(receiver.url("/old"))
    await bench.sendDue()
    let delivery = try await bench.delivery(of: id)
    #expect(delivery.state == .pending && delivery.responseStatus == status)
    #expect(
      delivery.error == "Redirects with status \(status) are not followed, only 307 and 308")
    #expect(receiver.requests.map(\.path) == ["/old"])
    try await receiver.stop()
  }

  @Test("a receiver that redirects for ever is left after three redirects")
  func endlessRedirect() async throws {
    let receiver = try await WebhookReceiver.start { _ in .status(307, location: "/again") }
    let bench = try SenderBench()
    let id = try await bench.addEndedJob(receiver.url())
    await bench.sendDue()
    #expect(try await bench.delivery(of: id).error == "More than 3 redirects")
    #expect(receiver.requests.count == 4)
    try await receiver.stop()
  }

  @Test(
    "a redirect to a private address is refused, by number and by name",
    arguments: [
      (
        "http://10.0.0.1/",
        "The redirect's URL is refused: Must not lead to a private, loopback or link-local address"
      ),
      ("http://inside.invalid/", "The host leads to a private, loopback or link-local address"),
      ("ftp://example.org/", "The redirect's URL is refused: Must be an http or https URL"),
    ])
  func privateRedirect(location: String, words: String) async throws {
    let receiver = try await WebhookReceiver.start { _ in .status(307, location: location) }
    // A policy that lets the test's own receiver pass, and a name server of the test's.
    let resolver = HostResolver(threads: .singleton) { host in
      host == "inside.invalid" ? [[10, 0, 0, 1]] : [[127, 0, 0, 1]]
    }
    let bench = try SenderBench(
      transport: HTTPClientWebhookTransport(resolver: resolver),
      policy: AddressPolicy(forbidding: [try #require(AddressRange("10.0.0.0/8"))]))
    let id = try await bench.addEndedJob(receiver.url(host: "outside.invalid"))
    await bench.sendDue()
    let delivery = try await bench.delivery(of: id)
    #expect(delivery.state == .pending && delivery.responseStatus == 307)
    #expect(delivery.error == words)
    #expect(receiver.requests.count == 1)
    try await receiver.stop()
  }

  @Test("a name that leads to this machine is refused, unless the operator allows it")
  func localhost() async throws {
    let receiver = try await WebhookReceiver.start()
    let url = receiver.url(host: "localhost")
    let strict = try SenderBench(policy: .internetOnly)
    let refused = try await strict.addEndedJob(url)
    await strict.sendDue()
    let delivery = try await strict.delivery(of: refused)
    #expect(delivery.state == .pending && delivery.attempts == 1)
    #expect(delivery.error == "The host leads to a private, loopback or link-local address")
    #expect(receiver.requests.isEmpty)
    let open = try SenderBench(policy: .everywhere)
    let allowed = try await open.addEndedJob(url)
    await open.sendDue()
    #expect(try await open.delivery(of: allowed).state == .delivered)
    try await receiver.stop()
  }

  @Test("a delivery whose URL has become forbidden since is not sent")
  func forbiddenSince() async throws {
    let receiver = try await WebhookReceiver.start()
    let bench = try SenderBench(policy: .internetOnly)
    let id = try await bench.addEndedJob(receiver.url())
    await bench.sendDue()
    #expect(
      try await bench.delivery(of: id).error
        == "The URL is refused: Must not lead to a private, loopback or link-local address")
    #expect(receiver.requests.isEmpty)
    try await receiver.stop()
  }
}

/// How the sender spends its time.
@Suite("WebhookSender: running")
struct RunningSenderTests {
  @Test("it sends at once when it is woken, and looks every second when it is not")
  func wakeAndPoll() async throws {
    let receiver = try await WebhookReceiver.start()
    let bench = try SenderBench()
    let run = Task { await bench.sender.run() }
    try await eventually { bench.time.sleeps == [1] }
    let first = try await bench.addEndedJob(receiver.url())
    bench.signal.wake()
    try await eventually { try await bench.delivery(of: first).state == .delivered }
    let second = try await bench.addEndedJob(receiver.url())
    try await eventually {
      if bench.time.sleeps == [1] { bench.time.advance(by: .seconds(1)) }
      return try await bench.delivery(of: second).state == .delivered
    }
    run.cancel()
    await run.value
    try await receiver.stop()
  }

  @Test("no more than eight are in flight, and each that ends lets the next one go")
  func limit() async throws {
    let transport = HeldTransport()
    let bench = try SenderBench(transport: transport)
    var jobs: [JobID] = []
    for _ in 0..<20 { jobs.append(try await bench.addEndedJob("https://example.org/")) }
    let run = Task { await bench.sender.run() }
    try await eventually { transport.started == 8 && bench.time.sleeps == [1] }
    bench.signal.wake()
    try await eventually { bench.time.sleeps == [1] }
    #expect(transport.started == 8)
    transport.open()
    for job in jobs {
      try await eventually { try await bench.delivery(of: job).state == .delivered }
    }
    #expect(transport.started == 20)
    run.cancel()
    await run.value
  }

  @Test("what is in flight when the service stops is finished")
  func gracefulStop() async throws {
    let transport = HeldTransport()
    let bench = try SenderBench(transport: transport)
    let id = try await bench.addEndedJob("https://example.org/")
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [bench.sender],
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    let run = Task { try await group.run() }
    try await eventually { transport.started == 1 }
    await group.triggerGracefulShutdown()
    #expect(try await bench.delivery(of: id).state == .pending)
    transport.open()
    try await run.value
    #expect(try await bench.delivery(of: id).state == .delivered)
  }

  @Test("what is cut off is sent again when its lease is over")
  func cutOff() async throws {
    let transport = HeldTransport()
    let bench = try SenderBench(transport: transport, timeout: .seconds(10))
    let id = try await bench.addEndedJob("https://example.org/")
    let run = Task { await bench.sender.run() }
    try await eventually { transport.started == 1 }
    run.cancel()
    await run.value
    let pending = try await bench.delivery(of: id)
    #expect(pending.state == .pending && pending.attempts == 1 && pending.error == nil)
    // Four requests of 10 s and 15 s for the store.
    bench.time.advance(by: .seconds(54))
    #expect(await bench.sendDue() == 0)
    bench.time.advance(by: .seconds(1))
    transport.open()
    #expect(await bench.sendDue() == 1)
    #expect(try await bench.delivery(of: id).attempts == 2)
    #expect(try await bench.delivery(of: id).state == .delivered)
  }
}
