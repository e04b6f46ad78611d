public import Foundation

/// One message to a job's callback URL: that the job has ended.
///
/// The store writes it in the transaction that ends the job, so none is forgotten; a sender delivers it at least
/// once.
public struct Delivery: Sendable, Equatable {
  public var id: EventID
  public var jobID: JobID
  public var event: JobEvent
  /// As the client gave it; its query may hold secrets.
  public var url: String
  public var createdAt: Date
  public var state: DeliveryState
  /// Attempts that were begun, the one in hand included.
  public var attempts: Int
  /// Not sent before; nil once it is delivered or given up.
  public var dueAt: Date?
  public var lastAttemptAt: Date?
  /// What the last attempt that has ended was answered with; nil when it was not.
  public var responseStatus: Int?
  /// Why the last attempt failed: short words without secrets.
  public var error: String?

  /// A message that waits for its first attempt.
  public init(id: EventID, jobID: JobID, event: JobEvent, url: String, createdAt: Date) {
    self.id = id
    self.jobID = jobID
    self.event = event
    self.url = url
    self.createdAt = createdAt
    state = .pending
    attempts = 0
    dueAt = createdAt
  }

  /// The error of a delivery whose last attempt nobody has finished.
  public static let cutOff = "The server ended during the last attempt"
}

/// What is told about a job.
public enum JobEvent: String, Sendable, CaseIterable {
  case completed = "job.completed"
  case failed = "job.failed"
  case cancelled = "job.cancelled"

  /// nil for a state that is no end.
  public init?(_ state: JobState) {
    switch state {
    case .queued, .processing: return nil
    case .completed: self = .completed
    case .failed: self = .failed
    case .cancelled: self = .cancelled
    }
  }
}

/// Where a delivery is.
public enum DeliveryState: String, Sendable, CaseIterable {
  /// Is sent, or will be.
  case pending
  /// The receiver has taken it.
  case delivered
  /// Nobody tries any more.
  case failed
}
