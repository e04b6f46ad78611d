public import Foundation

/// How an attempt at a delivery ended.
public enum DeliveryOutcome: Sendable, Equatable {
  /// The receiver has taken it.
  case delivered(status: Int)
  /// Tried again, not before `at`. The status is nil when nothing was answered.
  case retry(at: Date, status: Int?, error: String)
  /// No further attempt.
  case failed(status: Int?, error: String)
}

/// The outbox of the jobs' ends: what the transactions of `JobStore` put there, until it is delivered.
///
/// A delivery lives as long as its job. Times come from the caller. Every implementation passes the conformance
/// suite in Tests/TestSupport.
public protocol DeliveryStore: Sendable {
  /// Hands out deliveries that are due, those that wait longest first. Each counts an attempt and belongs to the
  /// caller until its lease ends; then it is due again, or, after `maxAttempts`, it fails.
  func claimDeliveries(
    upTo limit: Int, lease: Duration, maxAttempts: Int, now: Date
  ) async throws -> [Delivery]

  /// Ends the attempt that `delivery` was claimed for.
  /// - Throws: `JobsError(.leaseLost)` when it has been claimed again, or has ended, or is gone.
  func record(_ outcome: DeliveryOutcome, of delivery: Delivery) async throws

  /// A job's deliveries, oldest first.
  func deliveries(of job: JobID) async throws -> [Delivery]
}
