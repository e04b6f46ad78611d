import Foundation
import Jobs
import Logging
import Metrics
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("WorkerService")
struct WorkerServiceTests {
  private let store = MemoryStore()
  private let parent = Pipe()
  private let output = Pipe()

  /// No lease runs out while a busy machine holds a test up.
  private let settings: WorkerSettings = {
    var settings = WorkerSettings()
    settings.lease = .seconds(600)
    return settings
  }()

  private func service(
    supervised: Bool = true, orphanSeconds: Double = 60,
    exit: @escaping @Sendable () -> Void = {},
    takeDelta: @escaping @Sendable () -> String? = { nil },
    _ work: @escaping @Sendable () async throws -> String
  ) -> WorkerService {
    WorkerService(
      store: store, executor: ClosureExecutor(work: work), settings: settings,
      isSupervised: supervised, metrics: ServiceMetrics(factory: NOOPMetricsHandler.instance),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      input: parent.fileHandleForReading.fileDescriptor,
      output: output.fileHandleForWriting.fileDescriptor, orphanSeconds: orphanSeconds, exit: exit,
      takeDelta: takeDelta)
  }

  private func addJob() async throws -> JobID {
    let upload = sampleUpload()
    try await store.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await store.insert(job, idempotency: nil)
    return job.id
  }

  @Test("when the parent is gone the job in hand is given back and the worker ends")
  func orphan() async throws {
    let id = try await addJob()
    let run = Task { [service = service(endless)] in await service.run() }
    try await eventually { try await store.job(id)?.state == .processing }
    try parent.fileHandleForWriting.close()
    await run.value
    #expect(try await store.job(id)?.state == .queued)
    #expect(try await store.job(id)?.attempt == 0)
    #expect(try await store.workerCount(since: .distantPast) == 0)
  }

  @Test("a worker that cannot stop when its parent is gone ends by force")
  func force() async throws {
    let id = try await addJob()
    let (forced, continuation) = AsyncStream.makeStream(of: Void.self)
    let release = WakeSignal()
    let service = service(orphanSeconds: 0.01, exit: { continuation.yield() }) {
      // Deaf to cancellation: a signal in a task of its own.
      await Task { await release.wait(upTo: .seconds(600)) }.value
      return "{}"
    }
    let run = Task { await service.run() }
    try await eventually { try await store.job(id)?.state == .processing }
    try parent.fileHandleForWriting.close()
    for await _ in forced { break }
    release.wake()
    await run.value
  }

  @Test("a line from the parent wakes an idle worker; metrics go out after the job")
  func lineAndMetrics() async throws {
    let deltas = Mutex(["{\"first\":1}"])
    let service = service(takeDelta: { deltas.withLock { $0.popLast() } }) { "{}" }
    let run = Task { await service.run() }
    let id = try await addJob()
    try parent.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
    try await eventually { try await store.job(id)?.state == .completed }
    deltas.withLock { $0 = ["{\"last\":2}"] }
    run.cancel()
    await run.value
    try output.fileHandleForWriting.close()
    let text = try output.fileHandleForReading.readToEnd().map {
      String(decoding: $0, as: UTF8.self)
    }
    #expect(text == "{\"first\":1}\n{\"last\":2}\n")
  }

  @Test("a worker that nobody supervises does not look at its standard input")
  func unsupervised() async throws {
    try parent.fileHandleForWriting.close()
    let id = try await addJob()
    let run = Task { [service = service(supervised: false) { "{}" }] in await service.run() }
    try await eventually { try await store.job(id)?.state == .completed }
    #expect(try await store.workerCount(since: .distantPast) == 1)
    run.cancel()
    await run.value
  }

  /// Ends only when it is cancelled.
  private let endless: @Sendable () async throws -> String = {
    for await _ in AsyncStream<Never>.makeStream().stream {}
    throw CancellationError()
  }
}

private struct ClosureExecutor: JobExecutor {
  let work: @Sendable () async throws -> String

  func execute(_ job: ClaimedJob, reporting: AttemptReporter) async throws -> String {
    try await work()
  }
}
