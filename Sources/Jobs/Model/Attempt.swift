public import Foundation

/// One worker's try at a job.
public struct Attempt: Sendable, Equatable {
  public enum Outcome: String, Sendable, CaseIterable {
    /// A worker holds the job.
    case running
    case completed
    /// Failed, and another attempt follows.
    case retried
    /// Failed, and no other attempt follows.
    case failed
    /// The worker was told to stop; the attempt does not count.
    case released
    /// Somebody cancelled the job.
    case cancelled
    /// The lease ran out: the worker died, or froze.
    case lost
  }

  /// As many as a job's list has; older ones are forgotten.
  public static let keptCount = 100

  /// Counts from 1. The attempt after one that was released has its number again.
  public var number: Int
  /// The fencing token of its claim, which grows from attempt to attempt.
  public var token: Int
  public var worker: WorkerID
  public var startedAt: Date
  public var endedAt: Date?
  public var outcome: Outcome
  public var failure: JobFailure?
  /// The image that was being worked on, where the worker has named it.
  public var fileInHand: FileID?

  public init(
    number: Int, token: Int, worker: WorkerID, startedAt: Date, endedAt: Date? = nil,
    outcome: Outcome = .running, failure: JobFailure? = nil, fileInHand: FileID? = nil
  ) {
    self.number = number
    self.token = token
    self.worker = worker
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.outcome = outcome
    self.failure = failure
    self.fileInHand = fileInHand
  }
}

/// A part of an unfinished image's work that need not be done again.
public struct Checkpoint: Sendable, Hashable {
  public var fileID: FileID
  /// Key of its document in the blob store; it names the fencing token that wrote it.
  public var key: String

  public init(fileID: FileID, key: String) {
    self.fileID = fileID
    self.key = key
  }
}

extension AttemptOutcome {
  /// How the list of attempts calls it.
  public var attempt: (outcome: Attempt.Outcome, failure: JobFailure?) {
    switch self {
    case .completed: (.completed, nil)
    case .retry(_, let failure): (.retried, failure)
    case .failed(let failure): (.failed, failure)
    case .released: (.released, nil)
    }
  }
}
