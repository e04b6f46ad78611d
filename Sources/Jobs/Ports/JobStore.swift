public import Foundation

/// The name under which a worker process claims jobs.
public struct WorkerID: Sendable, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ name: String) { description = name }
}

/// A worker's right to write about one attempt at one job.
public struct Claim: Sendable, Hashable {
  public var jobID: JobID
  public var worker: WorkerID
  /// The fencing token: raised by every claim, named by every later write. A worker that was frozen and
  /// comes back names an old one and is refused.
  public var token: Int

  public init(jobID: JobID, worker: WorkerID, token: Int) {
    self.jobID = jobID
    self.worker = worker
    self.token = token
  }
}

/// A job that a worker has just claimed.
public struct ClaimedJob: Sendable, Equatable {
  public var job: Job
  public var claim: Claim
  /// What earlier attempts have finished; only the rest is to be done.
  public var records: [ImageRecord]
  /// Of images that have no record.
  public var checkpoints: [Checkpoint]
  /// Workers that have died on the job.
  public var deaths: Int
  /// Whether the claim took the job from a worker whose lease had run out.
  public var isTakenOver: Bool

  public init(
    job: Job, claim: Claim, records: [ImageRecord], checkpoints: [Checkpoint] = [],
    deaths: Int = 0, isTakenOver: Bool = false
  ) {
    self.job = job
    self.claim = claim
    self.records = records
    self.checkpoints = checkpoints
    self.deaths = deaths
    self.isTakenOver = isTakenOver
  }
}

/// Makes a request that is sent twice start one job. Kept for 24 hours.
public struct IdempotencyKey: Sendable, Hashable {
  /// Seconds.
  public static let lifetime: TimeInterval = 24 * 3600

  /// Whose key it is: another caller's equal key is another key.
  public var caller: String
  public var key: String
  /// Hash of the request body.
  public var bodyHash: String

  public init(caller: String, key: String, bodyHash: String) {
    self.caller = caller
    self.key = key
    self.bodyHash = bodyHash
  }
}

/// How an attempt ended.
public enum AttemptOutcome: Sendable, Equatable {
  /// All images have a record. The summary is a JSON document of the application.
  case completed(summary: String)
  /// Queued again, not before `at`.
  case retry(at: Date, JobFailure)
  case failed(JobFailure)
  /// The worker is shutting down: queued again at once, the attempt does not count.
  case released
}

/// What became of a request to cancel.
public enum CancelOutcome: Sendable, Equatable {
  case cancelled(Job)
  case alreadyEnded(Job)
  case notFound
}

/// What became of a new job.
public enum JobInsertion: Sendable, Equatable {
  case inserted
  /// The idempotency key has started this job before.
  case repeated(Job)
}

/// What a list of jobs shows: newest first.
public struct JobQuery: Sendable, Equatable {
  public var state: JobState?
  /// 1...100.
  public var limit: Int
  /// Only jobs before this one in the list.
  public var after: JobID?
  /// Only this owner's; nil for everybody's.
  public var owner: String?

  public init(
    state: JobState? = nil, limit: Int = 20, after: JobID? = nil, owner: String? = nil
  ) {
    self.owner = owner
    self.state = state
    self.limit = limit
    self.after = after
  }
}

/// How many jobs may be queued when a new one has joined them; nil for any number.
public struct QueueLimits: Sendable, Equatable {
  /// Everybody's. Shadows take no place from others, and count among themselves.
  public var total: Int?
  /// The owner's.
  public var ofOwner: Int?

  public init(total: Int? = nil, ofOwner: Int? = nil) {
    self.total = total
    self.ofOwner = ofOwner
  }
}

/// What an owner has in hand at one moment.
public struct OwnerCounts: Sendable, Equatable {
  public var queued: Int
  public var processing: Int

  public init(queued: Int, processing: Int) {
    self.queued = queued
    self.processing = processing
  }
}

/// The queue at one moment: jobs that have not ended.
public struct QueueCounts: Sendable, Equatable {
  /// Without shadows, for which nobody waits.
  public var queued: Int
  /// Also those whose lease has run out and that nobody has taken over yet.
  public var processing: Int
  /// When the queued job that is due first, of those that are counted, is due: ahead of now when all of them wait for
  /// their next try. nil when none is queued.
  public var oldestDueAt: Date?

  public init(queued: Int, processing: Int, oldestDueAt: Date?) {
    self.queued = queued
    self.processing = processing
    self.oldestDueAt = oldestDueAt
  }
}

/// What changed since a version.
public struct JobChanges: Sendable, Equatable {
  /// In the order of their versions.
  public var jobs: [Job]
  /// Where to go on.
  public var version: Int

  public init(jobs: [Job], version: Int) {
    self.jobs = jobs
    self.version = version
  }
}

/// What an estimate is made of.
public struct QueueLoad: Sendable, Equatable {
  /// Enough to even out single pictures, few enough to follow a change of model.
  public static let measuredJobs = 20

  /// Of the jobs that are claimed before a new one of the priority asked for, what is left to do.
  public var megapixelsAhead: Double
  /// Measured on the last jobs that completed at their first attempt and were no shadows; nil while there are none.
  public var secondsPerMegapixel: Double?

  public init(megapixelsAhead: Double, secondsPerMegapixel: Double?) {
    self.megapixelsAhead = megapixelsAhead
    self.secondsPerMegapixel = secondsPerMegapixel
  }
}

/// The truth about jobs. Every method is one transaction; readers see all of it or nothing.
///
/// The end of a job that has a callback URL makes its `Delivery`, in the same transaction.
///
/// Times come from the caller, so that a test need not wait. Every implementation passes the conformance suite
/// in Tests/TestSupport.
public protocol JobStore: Sendable {
  /// Queues a job, and its idempotency key with it; forgets keys whose time is over.
  /// - Parameters:
  ///   - continuing: an ended job over the same upload. Its results and checkpoints of files that are in the new
  ///     job too are the new job's from the start; images that failed are done again.
  /// - Throws: `JobsError(.uploadNotFound)`, `.idempotencyConflict` for a known key with another body,
  ///   `.queueFull`, `.ownerQueueFull`, `.modelNotFound` when its model's version is gone. A known key with its body is
  ///   answered from a full queue too.
  func insert(
    _ job: Job, idempotency: IdempotencyKey?, limits: QueueLimits, continuing: JobID?
  ) async throws -> JobInsertion

  /// The job that a key has started, if it is still remembered.
  /// - Throws: `JobsError(.idempotencyConflict)` for a known key with another body.
  func job(startedBy key: IdempotencyKey, now: Date) async throws -> Job?

  func job(_ id: JobID) async throws -> Job?
  func jobs(_ query: JobQuery) async throws -> [Job]
  func records(of id: JobID) async throws -> [ImageRecord]
  /// The newest `Attempt.keptCount` attempts, oldest first.
  func attempts(of id: JobID) async throws -> [Attempt]
  /// A file's record from the newest completed job that drew a picture of it, not counting those that were made to
  /// be compared; nil when none did.
  func newestPicture(of file: FileID) async throws -> ImageRecord?
  /// Costs what the live jobs cost, however many ended ones are kept.
  func counts() async throws -> QueueCounts
  /// The same of one owner.
  func counts(of owner: String) async throws -> OwnerCounts

  /// Jobs that a client would see changed after a version, at most `limit`. Renewed leases, records and reports
  /// of what is known are no change.
  ///
  /// Versions grow in the order in which changes become visible: who has seen one will never find a change with
  /// a lower one later.
  func changes(after version: Int, limit: Int) async throws -> JobChanges
  /// The version of the newest change; 0 when there was none.
  func latestVersion() async throws -> Int

  /// What an estimate of a new job's end is made of.
  func load(ahead priority: JobPriority) async throws -> QueueLoad

  /// Says that a worker lives, and when it last got on with its work; it is forgotten when it says nothing for a
  /// day.
  func beat(_ worker: WorkerID, progressedAt: Date, now: Date) async throws
  /// How many workers have said that they live at or after a time.
  func workerCount(since time: Date) async throws -> Int
  /// Of the workers that have said that they live at or after a time, when the one got on that has stood still
  /// longest; nil when there are none.
  func oldestProgress(ofWorkersSince time: Date) async throws -> Date?
  /// Forgets a worker that ends.
  func leave(_ worker: WorkerID) async throws

  /// Whether the claim still holds the job: false when another worker has it, or it has ended.
  func holds(_ claim: Claim) async throws -> Bool

  /// Hands the next due job to a worker: highest priority first, then the oldest. A job whose lease has run
  /// out is due again whatever its owner has in hand; a queued one is passed over while as many of its owner's jobs
  /// are being processed as its `runningLimit` says, however many workers ask at once. When `maxDeaths` workers have died on it, or one on a shadow, it fails with `WORKER_CRASHED` instead.
  /// - Returns: nil when nothing is due.
  func claim(
    for worker: WorkerID, lease: Duration, maxDeaths: Int, now: Date
  ) async throws -> ClaimedJob?

  /// Extends the lease; the other writes do not.
  /// - Throws: `JobsError(.leaseLost)` when another worker has claimed the job, or it has ended.
  func renew(_ claim: Claim, lease: Duration, now: Date) async throws

  /// - Throws: `JobsError(.leaseLost)`. A lower percentage than before is raised to it.
  func report(_ progress: JobProgress, by claim: Claim, now: Date) async throws

  /// Names the image that is being worked on, for the case that the worker dies of it.
  /// - Throws: `JobsError(.leaseLost)`.
  func begin(_ file: FileID, by claim: Claim, now: Date) async throws

  /// Adds a part of an image's work, unless the image has a record.
  /// - Throws: `JobsError(.leaseLost)`.
  func keep(_ checkpoint: Checkpoint, by claim: Claim, now: Date) async throws

  /// Adds what was made of one image, and forgets its checkpoints; an image that has a record already keeps it.
  /// Clients see it by the report that follows.
  /// - Throws: `JobsError(.leaseLost)`.
  func record(_ record: ImageRecord, by claim: Claim, now: Date) async throws

  /// Ends the attempt.
  /// - Throws: `JobsError(.leaseLost)`.
  func finish(_ claim: Claim, _ outcome: AttemptOutcome, now: Date) async throws

  /// Ends the job at once, whatever a worker is doing: its next write is refused.
  func cancel(_ id: JobID, now: Date) async throws -> CancelOutcome
}

extension JobStore {
  /// Queues a job that begins from nothing.
  public func insert(
    _ job: Job, idempotency: IdempotencyKey?, queuedLimit: Int? = nil
  ) async throws -> JobInsertion {
    try await insert(
      job, idempotency: idempotency, limits: QueueLimits(total: queuedLimit), continuing: nil)
  }
}
