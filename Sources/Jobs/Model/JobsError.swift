/// Why a store refused, or a request failed. The raw value is what the HTTP contract calls the code, where it has one.
public struct JobsError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    case uploadNotFound = "UPLOAD_NOT_FOUND"
    /// The same idempotency key with another body.
    case idempotencyConflict = "IDEMPOTENCY_CONFLICT"
    /// As many jobs wait as may.
    case queueFull = "QUEUE_FULL"
    /// As many jobs of the owner wait as may.
    case ownerQueueFull = "OWNER_QUEUE_FULL"
    /// A job that has not ended uses the upload.
    case uploadInUse = "UPLOAD_IN_USE"
    /// Another worker has the job, or it has ended: this worker's attempt is over.
    case leaseLost = "LEASE_LOST"
    /// No such model, version or alias is registered.
    case modelNotFound = "MODEL_NOT_FOUND"
    /// An alias points at the version, or a job that has not ended runs it.
    case modelInUse = "MODEL_IN_USE"
    /// What is registered is not as the request expects it.
    case modelConflict = "MODEL_CONFLICT"
    /// The metadata store failed.
    case databaseError = "DATABASE_ERROR"
    /// The metadata store does not answer.
    case unavailable = "SERVICE_UNAVAILABLE"
    /// A blob that should be there is not.
    case blobNotFound = "FILE_NOT_FOUND"
    /// The blob store failed.
    case storageError = "STORAGE_ERROR"
    /// A receiver of webhooks could not be reached, or may not be.
    case webhookFailed = "WEBHOOK_FAILED"
  }

  public var code: Code
  /// For people: no paths, no SQL.
  public var message: String
  /// For the log.
  public var cause: String?

  public init(_ code: Code, _ message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { cause.map { "\(message) (\($0))" } ?? message }

  /// The claim no longer holds its job.
  public static let leaseLost = JobsError(
    .leaseLost, "Another worker has this job, or it has ended")

  /// The same idempotency key with another body.
  public static let keyOfAnotherBody = JobsError(
    .idempotencyConflict, "This Idempotency-Key was used with another body")

  /// As many jobs wait as may.
  public static let queueFull = JobsError(.queueFull, "Too many jobs wait already")

  /// As many jobs of the owner wait as may.
  public static let ownerQueueFull = JobsError(
    .ownerQueueFull, "Too many of your jobs wait already")

  /// A key that no blob store takes.
  public static func invalidBlobKey(_ key: String) -> JobsError {
    JobsError(.storageError, "The file store was given an invalid name", cause: key)
  }
}
