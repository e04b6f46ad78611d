import Foundation
import Jobs
import Logging
import Metrics
import ObjectDetection
import Synchronization
import TestSupport

@testable import App

/// A service whose stores are in memory and whose time is the tests'.
struct MonitoredService {
  let service: Service
  let registry = MetricRegistry()
  let time: TestTime

  init(
    jobs: any JobStore = MemoryStore(), files: @escaping @Sendable () async throws -> Void = {},
    models: String = Checkout.path("Models"), settings: ServiceSettings = ServiceSettings(),
    rules: any RuleSource = MemoryRuleSource(), http: (any HTTPTransport)? = nil
  ) {
    var settings = settings
    settings.modelsDirectory = models
    let time = TestTime()
    self.time = time
    service = Service(
      settings: settings, jobs: jobs, uploads: MemoryStore(),
      deliveries: MemoryStore(), jobLogs: MemoryStore(), blobs: NoBlobs(check: files),
      models: NoModels(), modelStore: MemoryStore(),
      rules: rules, archives: NoArchives(), dispatch: NoDispatch(),
      http: http, metrics: ServiceMetrics(factory: registry),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { time.now })
  }

  func monitoring(clock: any Clock<Duration> = ContinuousClock()) -> Monitoring {
    Monitoring(service: service, registry: registry, version: "1.2.3", clock: clock)
  }
}

/// The present, as a test sets it.
final class TestTime: Sendable {
  private let state = Mutex(startOfTests)

  var now: Date { state.withLock { $0 } }
  func advance(_ seconds: TimeInterval) { state.withLock { $0 += seconds } }
}

/// A clock whose every sleep is over at once.
struct ImpatientClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }
  let now = Instant(offset: .zero)
  let minimumResolution = Duration.zero

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    await Task.yield()
    try Task.checkCancellation()
  }
}

/// A metadata store that is down.
struct BrokenStore: JobStore {
  private let error = JobsError(.databaseError, "The metadata store fails", cause: "disk I/O error")

  func insert(
    _ job: Job, idempotency: IdempotencyKey?, limits: QueueLimits, continuing: JobID?
  ) async throws -> JobInsertion { throw error }
  func attempts(of id: JobID) async throws -> [Attempt] { throw error }
  func newestPicture(of file: FileID) async throws -> ImageRecord? { throw error }
  func job(startedBy key: IdempotencyKey, now: Date) async throws -> Job? { throw error }
  func job(_ id: JobID) async throws -> Job? { throw error }
  func jobs(_ query: JobQuery) async throws -> [Job] { throw error }
  func records(of id: JobID) async throws -> [ImageRecord] { throw error }
  func counts() async throws -> QueueCounts { throw error }
  func counts(of owner: String) async throws -> OwnerCounts { throw error }
  func changes(after version: Int, limit: Int) async throws -> JobChanges { throw error }
  func latestVersion() async throws -> Int { throw error }
  func load(ahead priority: JobPriority) async throws -> QueueLoad { throw error }
  func beat(_ worker: WorkerID, progressedAt: Date, now: Date) async throws { throw error }
  func oldestProgress(ofWorkersSince time: Date) async throws -> Date? { throw error }
  func workerCount(since time: Date) async throws -> Int { throw error }
  func leave(_ worker: WorkerID) async throws { throw error }
  func holds(_ claim: Claim) async throws -> Bool { throw error }
  func claim(
    for worker: WorkerID, lease: Duration, maxDeaths: Int, now: Date
  ) async throws -> ClaimedJob? { throw error }
  func renew(_ claim: Claim, lease: Duration, now: Date) async throws { throw error }
  func report(_ progress: JobProgress, by claim: Claim, now: Date) async throws { throw error }
  func begin(_ file: FileID, by claim: Claim, now: Date) async throws { throw error }
  func keep(_ checkpoint: Checkpoint, by claim: Claim, now: Date) async throws { throw error }
  func record(_ record: ImageRecord, by claim: Claim, now: Date) async throws { throw error }
  func finish(_ claim: Claim, _ outcome: AttemptOutcome, now: Date) async throws { throw error }
  func cancel(_ id: JobID, now: Date) async throws -> CancelOutcome { throw error }
}

private struct NoBlobs: BlobStore {
  let check: @Sendable () async throws -> Void
  private let error = JobsError(.storageError, "There are no files")

  init(check: @escaping @Sendable () async throws -> Void) { self.check = check }

  func temporaryPath() async throws -> String { throw error }
  func keep(fileAt path: String, as key: String) async throws { throw error }
  func put(_ bytes: [UInt8], as key: String) async throws { throw error }
  func open(_ key: String) async throws -> (any BlobReader)? { nil }
  func withLocalFile<Result: Sendable>(
    _ key: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result { throw error }
  func delete(_ keys: [String]) async throws {}
  func names(under prefix: String, after name: String?, limit: Int) async throws -> [BlobName] {
    []
  }
  func deleteAll(under prefix: String) async throws {}
  func sweepTemporaryFiles(olderThan time: Date) async throws -> Int { 0 }
  func checkWritable() async throws { try await check() }
}

private struct NoModels: ModelCatalog {
  func models() async throws -> [InstalledModel] { [] }
  func model(named name: String) async throws -> InstalledModel {
    throw DetectionError(.modelNotFound, name)
  }
}

private struct NoArchives: ArchiveWriter {
  func writeZIP(
    _ next: @Sendable () async throws -> ArchiveEntry?,
    to write: @Sendable ([UInt8]) async throws -> Void
  ) async throws {}
}

private struct NoDispatch: JobDispatch {
  func announce(_ job: JobID, priority: JobPriority) async {}
}
