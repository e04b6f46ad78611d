import Foundation
import Jobs
import Logging

/// Writes what a worker does to the log and counts it.
struct WorkerLog: Sendable {
  let logger: Logger
  let metrics: ServiceMetrics
  private let storeFailures = LogThrottle()

  init(logger: Logger, metrics: ServiceMetrics) {
    self.logger = logger
    self.metrics = metrics
  }

  func write(_ event: WorkerEvent) {
    switch event {
    case .claimed(let job):
      logger.info("Job begins", metadata: metadata(job))
    case .reported: break
    case .ended(let job, let outcome, let error):
      ended(job, outcome, error)
    case .leaseLost(let job):
      metrics.writeRefused()
      logger.info("Job cancelled, or another worker has it", metadata: metadata(job))
    case .leaseNotRenewed(let job):
      metrics.jobRetried(reason: "LEASE_NOT_RENEWED")
      logger.error("Job given up: its lease could not be renewed", metadata: metadata(job))
    case .stalled(let job, let silence):
      logger.error(
        "The engine hangs: this worker is of no use any more and ends",
        metadata: metadata(job, ["silent_seconds": "\(Int(silence.timeInterval))"]))
    case .storeFailed(let call, let error):
      // It is asked several times a second while it is away.
      guard let unsaid = storeFailures.admit("\(call)", at: .now) else { return }
      logger.warning(
        "The metadata store failed",
        metadata: ["call": "\(call)", "cause": "\(error)", "unsaid": "\(unsaid)"])
    case .outcomeLost(let job, let outcome, let error):
      logger.error(
        "The end of a job could not be written",
        metadata: metadata(job, ["outcome": "\(outcome)", "cause": "\(error)"]))
    }
  }

  private func ended(_ job: Job, _ outcome: AttemptOutcome, _ error: (any Error)?) {
    // Not below zero when somebody has set the clock back.
    let duration = Duration.seconds(max(0, Date().timeIntervalSince(job.startedAt ?? Date())))
    var details: Logger.Metadata = ["duration_ms": "\(Int(duration.timeInterval * 1000))"]
    if let error { details["cause"] = "\(error)" }
    switch outcome {
    case .completed:
      metrics.jobEnded(.completed, duration: duration)
      logger.info("Job completed", metadata: metadata(job, details))
    case .failed(let failure):
      metrics.jobEnded(.failed, duration: duration)
      details["code"] = "\(failure.code)"
      logger.error("Job failed", metadata: metadata(job, details))
    case .retry(let time, let failure):
      metrics.jobRetried(reason: failure.code)
      details["code"] = "\(failure.code)"
      details["due_at"] = "\(time)"
      logger.warning("Job will be tried again", metadata: metadata(job, details))
    case .released:
      logger.info("Job given back", metadata: metadata(job, details))
    }
  }

  private func metadata(_ job: Job, _ more: Logger.Metadata = [:]) -> Logger.Metadata {
    more.merging(["job_id": "\(job.id)", "attempt": "\(job.attempt)"]) { first, _ in first }
  }
}
