import Foundation
import Jobs
import Synchronization

/// A store in memory whose calls fail while a test says so.
final class UnreliableStore: JobStore {
  let memory = MemoryStore()
  private let failing = Mutex<Set<WorkerEvent.StoreCall>>([])
  private let written = Mutex<[JobProgress]>([])

  /// Calls that fail from now on.
  func fail(_ calls: Set<WorkerEvent.StoreCall>) { failing.withLock { $0 = calls } }

  /// The progress that was written, in its order.
  var reports: [JobProgress] { written.withLock { $0 } }

  private func check(_ call: WorkerEvent.StoreCall) throws {
    if failing.withLock({ $0.contains(call) }) {
      throw JobsError(.unavailable, "The metadata store does not answer")
    }
  }

  func insert(
    _ job: Job, idempotency: IdempotencyKey?, limits: QueueLimits, continuing: JobID?
  ) async throws -> JobInsertion {
    try await memory.insert(
      job, idempotency: idempotency, limits: limits, continuing: continuing)
  }
  func attempts(of id: JobID) async throws -> [Attempt] { try await memory.attempts(of: id) }
  func newestPicture(of file: FileID) async throws -> ImageRecord? {
    try await memory.newestPicture(of: file)
  }
  func job(startedBy key: IdempotencyKey, now: Date) async throws -> Job? {
    try await memory.job(startedBy: key, now: now)
  }
  func job(_ id: JobID) async throws -> Job? { try await memory.job(id) }
  func jobs(_ query: JobQuery) async throws -> [Job] { try await memory.jobs(query) }
  func records(of id: JobID) async throws -> [ImageRecord] { try await memory.records(of: id) }
  func counts() async throws -> QueueCounts { try await memory.counts() }
  func counts(of owner: String) async throws -> OwnerCounts {
    try await memory.counts(of: owner)
  }
  func changes(after version: Int, limit: Int) async throws -> JobChanges {
    try await memory.changes(after: version, limit: limit)
  }
  func latestVersion() async throws -> Int { try await memory.latestVersion() }
  func load(ahead priority: JobPriority) async throws -> QueueLoad {
    try await memory.load(ahead: priority)
  }
  func workerCount(since time: Date) async throws -> Int {
    try await memory.workerCount(since: time)
  }
  func cancel(_ id: JobID, now: Date) async throws -> CancelOutcome {
    try await memory.cancel(id, now: now)
  }

  func beat(_ worker: WorkerID, progressedAt: Date, now: Date) async throws {
    try check(.beat)
    try await memory.beat(worker, progressedAt: progressedAt, now: now)
  }
  func oldestProgress(ofWorkersSince time: Date) async throws -> Date? {
    try await memory.oldestProgress(ofWorkersSince: time)
  }
  func leave(_ worker: WorkerID) async throws {
    try check(.leave)
    try await memory.leave(worker)
  }
  func holds(_ claim: Claim) async throws -> Bool {
    try check(.check)
    return try await memory.holds(claim)
  }
  func claim(
    for worker: WorkerID, lease: Duration, maxDeaths: Int, now: Date
  ) async throws -> ClaimedJob? {
    try check(.claim)
    return try await memory.claim(for: worker, lease: lease, maxDeaths: maxDeaths, now: now)
  }
  func renew(_ claim: Claim, lease: Duration, now: Date) async throws {
    try check(.renew)
    try await memory.renew(claim, lease: lease, now: now)
  }
  func report(_ progress: JobProgress, by claim: Claim, now: Date) async throws {
    try check(.report)
    try await memory.report(progress, by: claim, now: now)
    written.withLock { $0.append(progress) }
  }
  func begin(_ file: FileID, by claim: Claim, now: Date) async throws {
    try check(.begin)
    try await memory.begin(file, by: claim, now: now)
  }
  func keep(_ checkpoint: Checkpoint, by claim: Claim, now: Date) async throws {
    try await memory.keep(checkpoint, by: claim, now: now)
  }
  func record(_ record: ImageRecord, by claim: Claim, now: Date) async throws {
    try check(.record)
    try await memory.record(record, by: claim, now: now)
  }
  func finish(_ claim: Claim, _ outcome: AttemptOutcome, now: Date) async throws {
    try check(.finish)
    try await memory.finish(claim, outcome, now: now)
  }
}
