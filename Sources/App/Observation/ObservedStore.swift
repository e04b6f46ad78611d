public import Foundation
public import Jobs

/// What the database keeps.
public typealias MetadataStore = JobStore & UploadStore & DeliveryStore & JobLogStore & APIKeyStore
  & UsageStore & ModelStore

/// A database that is measured.
public struct ObservedStore: MetadataStore {
  let store: any MetadataStore
  let observe: StoreObserver

  public init(_ store: any MetadataStore, observer: StoreObserver) {
    self.store = store
    observe = observer
  }

  // MARK: - Jobs

  public func insert(
    _ job: Job, idempotency: IdempotencyKey?, limits: QueueLimits, continuing: JobID?
  ) async throws -> JobInsertion {
    try await observe("insert_job") {
      try await store.insert(
        job, idempotency: idempotency, limits: limits, continuing: continuing)
    }
  }

  public func job(startedBy key: IdempotencyKey, now: Date) async throws -> Job? {
    try await observe("job_of_key") { try await store.job(startedBy: key, now: now) }
  }

  public func job(_ id: JobID) async throws -> Job? {
    try await observe("job") { try await store.job(id) }
  }

  public func jobs(_ query: JobQuery) async throws -> [Job] {
    try await observe("jobs") { try await store.jobs(query) }
  }

  public func records(of id: JobID) async throws -> [ImageRecord] {
    try await observe("records") { try await store.records(of: id) }
  }

  public func attempts(of id: JobID) async throws -> [Attempt] {
    try await observe("attempts") { try await store.attempts(of: id) }
  }

  public func newestPicture(of file: FileID) async throws -> ImageRecord? {
    try await observe("picture") { try await store.newestPicture(of: file) }
  }

  public func counts() async throws -> QueueCounts {
    try await observe("counts") { try await store.counts() }
  }

  public func counts(of owner: String) async throws -> OwnerCounts {
    try await observe("counts_of_owner") { try await store.counts(of: owner) }
  }

  public func changes(after version: Int, limit: Int) async throws -> JobChanges {
    try await observe("changes") { try await store.changes(after: version, limit: limit) }
  }

  public func latestVersion() async throws -> Int {
    try await observe("version") { try await store.latestVersion() }
  }

  public func load(ahead priority: JobPriority) async throws -> QueueLoad {
    try await observe("load") { try await store.load(ahead: priority) }
  }

  public func cancel(_ id: JobID, now: Date) async throws -> CancelOutcome {
    try await observe("cancel") { try await store.cancel(id, now: now) }
  }

  // MARK: - Workers

  public func beat(_ worker: WorkerID, progressedAt: Date, now: Date) async throws {
    try await observe("beat") {
      try await store.beat(worker, progressedAt: progressedAt, now: now)
    }
  }

  public func workerCount(since time: Date) async throws -> Int {
    try await observe("workers") { try await store.workerCount(since: time) }
  }

  public func oldestProgress(ofWorkersSince time: Date) async throws -> Date? {
    try await observe("workers") { try await store.oldestProgress(ofWorkersSince: time) }
  }

  public func leave(_ worker: WorkerID) async throws {
    try await observe("leave") { try await store.leave(worker) }
  }

  public func holds(_ claim: Claim) async throws -> Bool {
    try await observe("holds") { try await store.holds(claim) }
  }

  public func claim(
    for worker: WorkerID, lease: Duration, maxDeaths: Int, now: Date
  ) async throws -> ClaimedJob? {
    try await observe("claim") {
      try await store.claim(for: worker, lease: lease, maxDeaths: maxDeaths, now: now)
    }
  }

  public func renew(_ claim: Claim, lease: Duration, now: Date) async throws {
    try await observe("renew") { try await store.renew(claim, lease: lease, now: now) }
  }

  public func report(_ progress: JobProgress, by claim: Claim, now: Date) async throws {
    try await observe("report") { try await store.report(progress, by: claim, now: now) }
  }

  public func begin(_ file: FileID, by claim: Claim, now: Date) async throws {
    try await observe("begin") { try await store.begin(file, by: claim, now: now) }
  }

  public func keep(_ checkpoint: Checkpoint, by claim: Claim, now: Date) async throws {
    try await observe("checkpoint") { try await store.keep(checkpoint, by: claim, now: now) }
  }

  public func record(_ record: ImageRecord, by claim: Claim, now: Date) async throws {
    try await observe("record") { try await store.record(record, by: claim, now: now) }
  }

  public func finish(_ claim: Claim, _ outcome: AttemptOutcome, now: Date) async throws {
    try await observe("finish") { try await store.finish(claim, outcome, now: now) }
  }
}
