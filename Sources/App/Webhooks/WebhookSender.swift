import Foundation
import Jobs
import Logging
import ServiceLifecycle
import Synchronization
import Tracing

/// Delivers what the outbox holds, at least once. Several API processes may do so at once: a lease keeps each
/// delivery with one of them.
final class WebhookSender: ServiceLifecycle.Service {
  /// Slow receivers hold a slot for the timeout; more would hold more sockets, not be faster.
  static let maxInFlight = 8
  /// How late another process' job end is seen; those of this process wake the sender.
  private static let pollInterval = Duration.seconds(1)
  /// What recording an outcome may take in a busy store.
  private static let leaseMargin = Duration.seconds(15)

  private let deliveries: any DeliveryStore
  private let jobs: any JobStore
  private let courier: WebhookCourier
  private let signal: WakeSignal
  private let metrics: ServiceMetrics
  private let traces: Traces
  private let jobLog: JobLogWriter?
  private let logger: Logger
  private let time: WorkerTime
  private let inFlight = Atomic(0)
  /// Whether the store failed at the last look: each failure is logged once.
  private let isDown = Atomic(false)

  init(
    deliveries: any DeliveryStore, jobs: any JobStore, courier: WebhookCourier, signal: WakeSignal,
    metrics: ServiceMetrics, traces: Traces = .off, jobLog: JobLogWriter? = nil, logger: Logger,
    time: WorkerTime = .system
  ) {
    self.deliveries = deliveries
    self.jobs = jobs
    self.courier = courier
    self.signal = signal
    self.metrics = metrics
    self.traces = traces
    self.jobLog = jobLog
    self.logger = logger
    self.time = time
  }

  /// Sends until it is told to stop, then waits for what is in flight. What is cut off all the same is sent again
  /// when its lease is over.
  func run() async {
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
          let free = Self.maxInFlight - inFlight.load(ordering: .relaxed)
          for delivery in await claimDue(upTo: free) {
            inFlight.add(1, ordering: .relaxed)
            group.addTask {
              await self.deliver(delivery)
              self.inFlight.subtract(1, ordering: .relaxed)
              // There is a free slot.
              self.signal.wake()
            }
          }
          await signal.wait(upTo: Self.pollInterval)
        }
      }
    } onGracefulShutdown: {
      self.signal.wake()
    }
  }

  /// Takes what is due, at most `limit`.
  func claimDue(upTo limit: Int) async -> [Delivery] {
    guard limit > 0 else { return [] }
    do {
      let claimed = try await deliveries.claimDeliveries(
        upTo: limit, lease: courier.longestAttempt + Self.leaseMargin,
        maxAttempts: WebhookSchedule.maxAttempts, now: time.now())
      isDown.store(false, ordering: .relaxed)
      return claimed
    } catch is CancellationError {
      return []
    } catch {
      if !isDown.exchange(true, ordering: .relaxed) {
        logger.warning("webhooks cannot be read", metadata: ["cause": "\(error)"])
      }
      return []
    }
  }

  /// Makes the attempt that was claimed and records how it ended.
  func deliver(_ delivery: Delivery) async {
    do {
      // Without its job the delivery is gone too.
      guard let job = try await jobs.job(delivery.jobID) else { return }
      let verdict = try await traced(delivery, job)
      let outcome = outcome(of: delivery, after: verdict)
      // The receiver has it: a shutdown must not make us forget that.
      try await uncancelled { [deliveries] in
        try await deliveries.record(outcome, of: delivery)
      }
      report(outcome, of: delivery, verdict)
    } catch is CancellationError {
      // Nobody knows whether it has arrived: it is sent again.
    } catch let error as JobsError where error.code == .leaseLost {
      logger.notice("a webhook took longer than its lease", metadata: metadata(of: delivery))
    } catch {
      logger.error(
        "a webhook's outcome is lost, it will be sent again",
        metadata: metadata(of: delivery).merging(["cause": "\(error)"]) { $1 })
    }
  }

  /// The attempt is a span of the job's trace, which the receiver is told of.
  private func traced(_ delivery: Delivery, _ job: Job) async throws -> WebhookVerdict {
    try await traces.span(
      "webhook", kind: .client, parent: traces.context(traceparent: job.traceParent),
      attributes: [
        "harrier.job_id": .string("\(job.id)"), "harrier.event_id": .string("\(delivery.id)"),
        "http.request.method": "POST",
        "url.full": .string(WebhookTarget.withoutQueryValues(delivery.url)),
        "http.request.resend_count": .int64(Int64(max(0, delivery.attempts - 1))),
      ]
    ) { span in
      let verdict = try await courier.attempt(
        delivery, about: job, at: time.now(), traceHeaders: traces.headers)
      if let span { verdict.describe(span) }
      return verdict
    }
  }

  private func outcome(of delivery: Delivery, after verdict: WebhookVerdict) -> DeliveryOutcome {
    switch verdict {
    case .accepted(let status): return .delivered(status: status)
    case .gone(let status):
      return .failed(status: status, error: "The receiver answered that it is gone for good")
    case .refused(let status, let words, _):
      let delay = WebhookSchedule.delay(after: delivery.attempts, random: time.random())
      guard let delay else { return .failed(status: status, error: words) }
      return .retry(
        at: time.now().addingTimeInterval(delay.timeInterval).wholeMilliseconds, status: status,
        error: words)
    }
  }

  private func report(
    _ outcome: DeliveryOutcome, of delivery: Delivery, _ verdict: WebhookVerdict
  ) {
    metrics.webhook(outcome)
    var metadata = metadata(of: delivery)
    if case .refused(_, _, let cause?) = verdict { metadata["cause"] = "\(cause)" }
    func tell(_ message: String, _ level: JobLogEntry.Level, _ more: [String: String]) {
      let details = ["event_id": "\(delivery.id)", "tries": "\(delivery.attempts)"]
      jobLog?.write(message, level, of: delivery.jobID, details: details.merging(more) { $1 })
    }
    switch outcome {
    case .delivered(let status):
      tell("The webhook was delivered", .info, ["status": "\(status)"])
      metadata["status"] = "\(status)"
      logger.info("webhook delivered", metadata: metadata)
    case .retry(let at, _, let error):
      tell("The webhook will be sent again", .warning, ["error": error, "at": at.rfc3339])
      metadata["error"] = "\(error)"
      metadata["next_attempt_at"] = "\(at.rfc3339)"
      logger.info("webhook failed, it will be sent again", metadata: metadata)
    case .failed(_, let error):
      tell("The webhook was given up", .error, ["error": error])
      metadata["error"] = "\(error)"
      logger.warning("webhook given up", metadata: metadata)
    }
  }

  private func metadata(of delivery: Delivery) -> Logger.Metadata {
    [
      "job_id": "\(delivery.jobID)", "event_id": "\(delivery.id)",
      "url": "\(WebhookTarget.withoutQueryValues(delivery.url))", "attempt": "\(delivery.attempts)",
    ]
  }
}

extension WebhookVerdict {
  fileprivate func describe(_ span: OTLPSpan) {
    switch self {
    case .accepted(let status): span.attributes["http.response.status_code"] = Int64(status)
    case .gone(let status):
      span.attributes["http.response.status_code"] = Int64(status)
      span.setStatus(SpanStatus(code: .error, message: "gone"))
    case .refused(let status, let words, _):
      if let status { span.attributes["http.response.status_code"] = Int64(status) }
      span.setStatus(SpanStatus(code: .error, message: words))
    }
  }
}
