public import Foundation

/// A job as the store keeps it: what to do, how far it is, how it ended.
public struct Job: Sendable, Equatable {
  public var id: JobID
  public var uploadID: UploadID
  public var fileIDs: [FileID]
  /// The validated configuration, a JSON document that only the application reads.
  public var configuration: String
  public var priority: JobPriority
  /// Pixels of all its images, for estimates.
  public var megapixels: Double
  /// Raised by each change that a client can see, in the order in which changes become visible.
  public var version: Int
  public var state: JobState
  /// How often a worker has claimed it; attempts that were released do not count.
  public var attempt: Int
  public var createdAt: Date
  public var updatedAt: Date
  public var startedAt: Date?
  /// When it completed, failed or was cancelled.
  public var endedAt: Date?
  /// Not claimed before.
  public var dueAt: Date
  /// When it was expected to be done when it was queued; nil when nothing had been measured.
  public var estimatedAt: Date?
  public var progress: JobProgress
  /// A JSON document of the application, once the job has completed.
  public var summary: String?
  public var failure: JobFailure?
  /// Who is told of the job's end; nil for nobody.
  public var callbackURL: String?
  /// Of the HTTP request that started it; joins what the API and the workers say about the job.
  public var requestID: String?
  /// Whose it is: that of its upload. nil where nobody had to say who they are.
  public var owner: String?
  /// Not claimed while so many of its owner's jobs are being processed; nil for any number.
  public var runningLimit: Int?
  /// The W3C `traceparent` of that request's span (w3.org/TR/trace-context); nil when it is not traced.
  public var traceParent: String?
  /// The version of a registered model that it runs, whatever becomes of aliases; nil for a model of the operator's
  /// folder.
  public var model: ModelPin?
  /// Set for a job that was made to be compared with another one; never changes.
  public var comparison: JobComparison?

  /// A job that waits for its first worker.
  public init(
    id: JobID, uploadID: UploadID, fileIDs: [FileID], configuration: String,
    priority: JobPriority = .normal, megapixels: Double = 0, createdAt: Date,
    requestID: String? = nil, traceParent: String? = nil
  ) {
    self.id = id
    self.uploadID = uploadID
    self.fileIDs = fileIDs
    self.configuration = configuration
    self.priority = priority
    self.megapixels = megapixels
    version = 0
    state = .queued
    attempt = 0
    self.createdAt = createdAt
    updatedAt = createdAt
    dueAt = createdAt
    progress = JobProgress(totalImages: fileIDs.count)
    self.requestID = requestID
    self.traceParent = traceParent
  }
}

/// What a job's results are compared with.
public struct JobComparison: Sendable, Hashable {
  /// The job whose results they are compared with: over the same upload.
  public var base: JobID
  /// Whether nobody waits for it: it tries a candidate beside a client's job.
  public var isShadow: Bool

  public init(base: JobID, isShadow: Bool) {
    self.base = base
    self.isShadow = isShadow
  }
}

/// How far a job is.
public struct JobProgress: Sendable, Equatable {
  public var totalImages: Int
  public var processedImages: Int
  public var failedImages: Int
  /// 0...100; counts finished slices; never goes back.
  public var percentage: Int
  /// What is being done, for people.
  public var stage: String?

  public init(
    totalImages: Int, processedImages: Int = 0, failedImages: Int = 0, percentage: Int = 0,
    stage: String? = nil
  ) {
    self.totalImages = totalImages
    self.processedImages = processedImages
    self.failedImages = failedImages
    self.percentage = percentage
    self.stage = stage
  }
}

/// Why a job, or one of its images, failed: a code of the contract and words without secrets.
public struct JobFailure: Sendable, Equatable {
  public var code: String
  public var message: String
  public var details: String?

  public init(code: String, message: String, details: String? = nil) {
    self.code = code
    self.message = message
    self.details = details
  }

  /// The lease of an attempt ran out.
  public static let workerLost = JobFailure(
    code: "WORKER_CRASHED", message: "The worker process died, or gave no sign of life")

  /// A worker died on the job too often, the last time with `file` in hand.
  public static func workerCrashed(
    deaths: Int, on file: (id: FileID, filename: String)?
  ) -> JobFailure {
    JobFailure(
      code: "WORKER_CRASHED", message: "The worker process died \(deaths) times on this job",
      details: file.map { "The image in hand was \($0.filename) (\($0.id))" })
  }
}

/// What was made of one image. Readers see all of it or nothing.
public struct ImageRecord: Sendable, Equatable {
  public var fileID: FileID
  /// Key of the result document in the blob store; it names the fencing token that wrote it.
  public var resultKey: String?
  public var annotatedKey: String?
  public var thumbnailKey: String?
  public var detectionCount: Int
  /// Instead of a result.
  public var failure: JobFailure?

  public init(
    fileID: FileID, resultKey: String? = nil, annotatedKey: String? = nil,
    thumbnailKey: String? = nil, detectionCount: Int = 0, failure: JobFailure? = nil
  ) {
    self.fileID = fileID
    self.resultKey = resultKey
    self.annotatedKey = annotatedKey
    self.thumbnailKey = thumbnailKey
    self.detectionCount = detectionCount
    self.failure = failure
  }
}
