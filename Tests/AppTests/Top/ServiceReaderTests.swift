import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("ServiceReader")
struct ServiceReaderTests {
  @Test("a look asks metrics, health, lists and dashboard, each once, with limits")
  func calls() async throws {
    let service = ScriptedService()
    let look = await service.reader().look()
    #expect(
      Set(service.paths) == [
        "/metrics", "/health/ready", "/api/v1/jobs?status=processing&limit=50",
        "/api/v1/jobs?status=queued&limit=100", "/api/v1/monitoring/dashboard",
      ])
    #expect(service.paths.count == 5)
    for call in service.calls {
      #expect(call.method == "GET" && call.body.isEmpty)
      #expect(call.timeout == .seconds(5) && call.maxResponseBytes == 4_194_304)
      #expect(!call.headers.contains { $0.name == "Authorization" })
    }
    #expect(look.failure == nil && look.problems.isEmpty)
    #expect(try look.processing.get().jobs.count == 2)
    #expect(try look.history.get().points.count == 9)
  }

  @Test("the API key goes with every request, and is not in the words of a failure")
  func apiKey() async throws {
    let service = ScriptedService()
    let reader = service.reader(try ServiceAddress("http://h", apiKey: "s3cret"))
    _ = await reader.look()
    for call in service.calls {
      #expect(call.headers.first { $0.name == "Authorization" }?.value == "Bearer s3cret")
    }
    service.set("/metrics", .failure(JobsError(.unavailable, "bad header: Bearer s3cret")))
    #expect(await reader.look().problems.first?.failure.words == "bad header: Bearer ***")
  }

  @Test("lists are read every two seconds at most, the history every ten")
  func spacing() async throws {
    let service = ScriptedService()
    let reader = service.reader()
    for _ in 0..<20 {
      let look = await reader.look()
      #expect(try look.processing.get().jobs.count == 2)
      #expect(try look.history.get().points.count == 9)
      service.advance(.milliseconds(500))
    }
    // At 0, 0.5 ... 9.5 s.
    #expect(service.paths.filter { $0 == "/metrics" }.count == 20)
    #expect(service.paths.filter { $0.contains("status=queued") }.count == 5)
    #expect(service.paths.filter { $0.contains("dashboard") }.count == 1)
  }

  @Test("while little of the service's limit is left, lists are read every ten seconds")
  func scarce() async throws {
    let service = ScriptedService()
    service.headers = ["ratelimit-limit": "100", "ratelimit-remaining": "49"]
    let reader = service.reader()
    for _ in 0..<10 {
      _ = await reader.look()
      service.advance(.seconds(2))
    }
    #expect(service.paths.filter { $0.contains("status=queued") }.count == 2)
    service.headers = ["ratelimit-limit": "100", "ratelimit-remaining": "50"]
    for _ in 0..<5 {
      _ = await reader.look()
      service.advance(.seconds(2))
    }
    #expect(service.paths.filter { $0.contains("status=queued") }.count == 7)
  }

  @Test("lists that the metrics know to be empty are not asked for")
  func idle() async throws {
    let service = ScriptedService()
    service.set("/metrics", .success("# TYPE active_jobs gauge\nactive_jobs 0\nqueue_length 0\n"))
    let look = await service.reader().look()
    #expect(!service.paths.contains { $0.contains("/jobs") })
    #expect(try look.processing.get() == .empty)
    #expect(try look.queued.get() == .empty)
  }

  @Test("a service that gives no answer is asked for no more than metrics and health")
  func down() async throws {
    let service = ScriptedService()
    let refused = JobsError(.unavailable, "The connection was refused", cause: "errno 111")
    for path in ["/metrics", "/health/ready"] { service.set(path, .failure(refused)) }
    let look = await service.reader().look()
    #expect(Set(service.paths) == ["/metrics", "/health/ready"])
    #expect(look.failure == SourceFailure(.noAnswer, "The connection was refused"))
  }

  @Test("what one source answers wrongly leaves the others as they are")
  func partial() async throws {
    let service = ScriptedService()
    service.set("/api/v1/jobs", .success("<html>"))
    service.statuses = ["/api/v1/monitoring/dashboard": 429]
    let look = await service.reader().look()
    #expect(look.failure == nil)
    #expect(
      look.problems.map { "\($0.name): \($0.failure.words)" } == [
        "jobs: the answer is no JSON", "history: status 429 (too many requests)",
      ])
    #expect(try look.metrics.get().gauge("queue_length") == 3)
  }

  @Test("an answer of 200 without metrics is none of Harrier's")
  func otherServer() async throws {
    let service = ScriptedService()
    service.set("/metrics", .success("<html>welcome</html>"))
    service.set("/health/ready", .success("<html>welcome</html>"))
    let failure = await service.reader().look().failure
    #expect(failure == SourceFailure(.unreadable, "it has no metrics of Harrier"))
  }

  @Test(
    "jobs' ages are by the service's clock, unless both clocks agree",
    arguments: [
      ("Mon, 02 Feb 2026 02:40:01 GMT", 0), ("Mon, 02 Feb 2026 02:39:58 GMT", 0),
      ("Mon, 02 Feb 2026 03:40:00 GMT", 3600), ("Sun, 01 Feb 2026 02:40:00 GMT", -86_400),
      ("nonsense", 0), ("Mon, 02 Fuu 2026 03:40:00 GMT", 0),
    ] as [(String, Double)])
  func clock(date: String, offset: Double) async throws {
    let service = ScriptedService()
    service.headers = ["date": date]
    #expect(await service.reader().look().time == startOfTests + offset)
  }
}

/// Answers as a service does, from memory; its clock is the test's.
private final class ScriptedService: HTTPTransport {
  private struct State {
    var answers: [String: Result<String, JobsError>] = [
      "/metrics": .success(TopSamples.metrics(isSecond: true)),
      "/health/ready": .success(TopSamples.ready),
      "/api/v1/monitoring/dashboard": .success(TopSamples.dashboard),
    ]
    var statuses: [String: Int] = [:]
    var headers: [String: String] = [:]
    var calls: [HTTPCall] = []
    var uptime = Duration.zero
  }
  private let state = Mutex(State())

  var calls: [HTTPCall] { state.withLock { $0.calls } }
  /// In the order of the calls, with their queries.
  var paths: [String] { calls.map { String($0.url.dropFirst("http://h".count)) } }

  var headers: [String: String] {
    get { state.withLock { $0.headers } }
    set { state.withLock { $0.headers = newValue } }
  }

  var statuses: [String: Int] {
    get { state.withLock { $0.statuses } }
    set { state.withLock { $0.statuses = newValue } }
  }

  func set(_ path: String, _ answer: Result<String, JobsError>) {
    state.withLock { $0.answers[path] = answer }
  }

  func advance(_ time: Duration) { state.withLock { $0.uptime += time } }

  func reader() -> ServiceReader {
    do {
      return reader(try ServiceAddress("http://h"))
    } catch {
      preconditionFailure("the address is right: \(error)")
    }
  }

  func reader(_ address: ServiceAddress) -> ServiceReader {
    ServiceReader(
      address, transport: self, uptime: { self.state.withLock { $0.uptime } },
      now: { startOfTests })
  }

  func send(_ call: HTTPCall) async throws -> HTTPReply {
    let url = call.url.dropFirst("http://h".count)
    let path = String(url.split(separator: "?")[0])
    return try state.withLock { state in
      state.calls.append(call)
      let list = url.contains("=processing") ? TopSamples.processing : TopSamples.queued
      let body = try (state.answers[path] ?? .success(list)).get()
      return HTTPReply(
        status: state.statuses[path] ?? 200, headers: state.headers, body: Array(body.utf8))
    }
  }
}
