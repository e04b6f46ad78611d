import Foundation

/// Does the work of a job, whatever it is.
public protocol JobExecutor: Sendable {
  /// Makes a record of every image that has none yet, and returns the job's summary, a JSON document.
  ///
  /// Ends soon when its task is cancelled.
  /// - Throws: `AttemptError`; `JobsError` of the stores, after which the job is tried again; `CancellationError`.
  func execute(_ job: ClaimedJob, reporting: AttemptReporter) async throws -> String
}

/// Why an attempt failed, and whether another one could help.
public struct AttemptError: Error, Sendable, Equatable, CustomStringConvertible {
  public var failure: JobFailure
  /// No other attempt is made.
  public var isFinal: Bool
  /// For the log.
  public var cause: String?

  public init(_ failure: JobFailure, isFinal: Bool, cause: String? = nil) {
    self.failure = failure
    self.isFinal = isFinal
    self.cause = cause
  }

  public var description: String {
    "\(failure.code): \(failure.message)" + (cause.map { " (\($0))" } ?? "")
  }
}

extension AttemptError {
  /// What the executor threw, in the contract's codes.
  init(of error: any Error) {
    switch error {
    case let error as AttemptError: self = error
    case let error as JobsError:
      self.init(
        JobFailure(code: JobsError.Code.storageError.rawValue, message: error.message),
        isFinal: false, cause: error.cause)
    default:
      self.init(
        JobFailure(code: "INFERENCE_ERROR", message: "The attempt failed"), isFinal: false,
        cause: "\(error)")
    }
  }

  /// What follows from the failure of attempt `attempt`, which counts from 1.
  ///
  /// Up to a tenth is added to the wait, so that jobs that failed together do not come back together;
  /// `random` in 0...1 is the share of it.
  func outcome(
    ofAttempt attempt: Int, delays: [Duration], now: Date, random: Double
  ) -> AttemptOutcome {
    if isFinal { return .failed(failure) }
    guard delays.indices.contains(attempt - 1) else {
      return .failed(
        JobFailure(
          code: "MAX_RETRIES", message: "The job failed \(attempt) times",
          details: "\(failure.code): \(failure.message)"))
    }
    let wait = delays[attempt - 1].timeInterval * (1 + random / 10)
    return .retry(at: now.addingTimeInterval(wait), failure)
  }
}
