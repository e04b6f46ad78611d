import Backends
import Foundation
import Jobs
import Logging
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import App

/// A sender over a store in memory whose time is the test's.
struct SenderBench {
  static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  let store = MemoryStore()
  let time = ManualTime()
  let registry = MetricRegistry()
  let signal: WakeSignal
  let sender: WebhookSender

  /// Sends for real, over HTTP.
  init(policy: AddressPolicy = .everywhere, timeout: Duration = .seconds(30)) throws {
    try self.init(
      transport: HTTPClientWebhookTransport(resolver: HostResolver(threads: .singleton)),
      policy: policy, timeout: timeout)
  }

  init(
    transport: any WebhookTransport, policy: AddressPolicy = .everywhere,
    timeout: Duration = .seconds(30)
  ) throws {
    signal = WakeSignal(time: time.workerTime)
    sender = WebhookSender(
      deliveries: store, jobs: store,
      courier: WebhookCourier(
        transport: transport, secret: try #require(WebhookSecret(Self.secret)), policy: policy,
        timeout: timeout),
      signal: signal, metrics: ServiceMetrics(factory: registry),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, time: time.workerTime)
  }

  /// A job that has just completed.
  func addEndedJob(_ url: String) async throws -> JobID {
    let upload = sampleUpload()
    try await store.insert(upload)
    var job = sampleJob(over: upload)
    job.callbackURL = url
    _ = try await store.insert(job, idempotency: nil)
    let claimed = try #require(
      try await store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: time.now))
    try await store.finish(
      claimed.claim, .completed(summary: #"{"total_detections":7}"#), now: time.now)
    return job.id
  }

  /// Makes the attempts that are due, and returns how many there were.
  @discardableResult
  func sendDue() async -> Int {
    let due = await sender.claimDue(upTo: WebhookSender.maxInFlight)
    for delivery in due { await sender.deliver(delivery) }
    return due.count
  }

  func delivery(of job: JobID) async throws -> Delivery {
    try #require(try await store.deliveries(of: job).first)
  }

  func count(_ outcome: String) -> Int? {
    let name = "harrier_webhook_deliveries_total{outcome=\"\(outcome)\"} "
    return registry.exposition().split(separator: "\n").first { $0.hasPrefix(name) }
      .flatMap { Int($0.dropFirst(name.count)) }
  }
}

/// Receivers that answer when the test lets them.
final class HeldTransport: WebhookTransport {
  private struct State {
    var isOpen = false
    var started = 0
    var waiters: [CheckedContinuation<Void, any Error>] = []
  }
  private let state = Mutex(State())

  /// Requests that were begun.
  var started: Int { state.withLock { $0.started } }

  /// Lets all answer, now and later.
  func open() {
    let waiters = state.withLock { state in
      state.isOpen = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func post(_ request: WebhookRequest) async throws -> WebhookResponse {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isOpen = state.withLock { state in
          state.started += 1
          if !state.isOpen { state.waiters.append(continuation) }
          return state.isOpen
        }
        if isOpen { continuation.resume() }
      }
    } onCancel: {
      let waiters = state.withLock { state in
        defer { state.waiters = [] }
        return state.waiters
      }
      for waiter in waiters { waiter.resume(throwing: CancellationError()) }
    }
    return WebhookResponse(status: 200)
  }
}
