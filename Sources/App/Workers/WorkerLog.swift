import Foundation
import Jobs
import Logging
import ObjectDetection

/// Writes what a worker does to the log and counts it.
struct WorkerLog: Sendable {
  let logger: Logger
  let metrics: ServiceMetrics
  /// What the job's client may read of it.
  let jobLog: JobLogWriter?
  private let storeFailures = LogThrottle()

  init(logger: Logger, metrics: ServiceMetrics, jobLog: JobLogWriter? = nil) {
    self.logger = logger
    self.metrics = metrics
    self.jobLog = jobLog
  }

  func write(_ event: WorkerEvent) {
    switch event {
    case .claimed(let claimed):
      if claimed.isTakenOver {
        counting(claimed.job)?.jobRetried(reason: JobFailure.workerLost.code)
      }
      logger.info("Job begins", metadata: metadata(claimed.job))
      tell(
        claimed.isTakenOver
          ? "Another worker begins: the one before gave no sign of life" : "A worker begins",
        claimed.isTakenOver ? .warning : .info, claimed.job,
        claimed.records.isEmpty ? [:] : ["images_done_before": "\(claimed.records.count)"])
    case .reported: break
    case .renewed: metrics.lease(.renewed)
    case .ended(let job, let outcome, let error):
      ended(job, outcome, error)
    case .leaseLost(let job):
      metrics.writeRefused()
      logger.info("Job cancelled, or another worker has it", metadata: metadata(job))
    case .leaseNotRenewed(let job):
      counting(job)?.jobRetried(reason: "LEASE_NOT_RENEWED")
      metrics.lease(.lost)
      logger.error("Job given up: its lease could not be renewed", metadata: metadata(job))
      tell("The worker gives the job up: it cannot reach the database", .warning, job)
    case .stalled(let job, let silence):
      logger.error(
        "The engine hangs: this worker is of no use any more and ends",
        metadata: metadata(job, ["silent_seconds": "\(Int(silence.timeInterval))"]))
      tell("The engine hangs; the worker is replaced", .error, job)
    case .storeFailed(let call, let error):
      if call == .renew { metrics.lease(.failed) }
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

  /// nil for a shadow: a candidate that fails is in its report, and nobody is paged for it.
  private func counting(_ job: Job) -> ServiceMetrics? { job.isShadow ? nil : metrics }

  private func ended(_ job: Job, _ outcome: AttemptOutcome, _ error: (any Error)?) {
    // Not below zero when somebody has set the clock back.
    let duration = Duration.seconds(max(0, Date().timeIntervalSince(job.startedAt ?? Date())))
    var details: Logger.Metadata = ["duration_ms": "\(Int(duration.timeInterval * 1000))"]
    if let error { details["cause"] = "\(error)" }
    switch outcome {
    case .completed:
      counting(job)?.jobEnded(.completed, duration: duration)
      logger.info("Job completed", metadata: metadata(job, details))
      tell("Completed", .info, job, ["duration_ms": "\(Int(duration.timeInterval * 1000))"])
    case .failed(let failure):
      counting(job)?.jobEnded(.failed, duration: duration)
      details["code"] = "\(failure.code)"
      logger.log(
        level: job.isShadow ? .warning : .error, "Job failed", metadata: metadata(job, details))
      tell("Failed: \(failure.message)", .error, job, failure.logDetails)
    case .retry(let time, let failure):
      counting(job)?.jobRetried(reason: failure.code)
      details["code"] = "\(failure.code)"
      details["due_at"] = "\(time)"
      logger.warning("Job will be tried again", metadata: metadata(job, details))
      tell(
        "The attempt failed: \(failure.message)", .warning, job,
        failure.logDetails.merging(["next_attempt_at": time.rfc3339]) { $1 })
    case .released:
      logger.info("Job given back", metadata: metadata(job, details))
      tell("Given back: the worker was told to stop", .info, job)
    }
  }

  private func tell(
    _ message: String, _ level: JobLogEntry.Level, _ job: Job, _ details: [String: String] = [:]
  ) {
    jobLog?.write(
      message, level, of: job.id, attempt: max(1, job.attempt), details: details)
  }

  private func metadata(_ job: Job, _ more: Logger.Metadata = [:]) -> Logger.Metadata {
    var ids: Logger.Metadata = ["job_id": "\(job.id)", "attempt": "\(job.attempt)"]
    // Joins the worker's lines to those of the request that has started the job.
    if let request = job.requestID { ids["request_id"] = "\(request)" }
    if let trace = SpanContext(traceparent: job.traceParent, tracestate: nil), trace.isSampled {
      ids["trace_id"] = "\(trace.traceID.hex)"
    }
    return more.merging(ids) { first, _ in first }
  }
}

extension JobFailure {
  /// Its code, and what there is beside its message.
  var logDetails: [String: String] {
    ["code": code].merging(details.map { ["details": $0] } ?? [:]) { $1 }
  }
}
