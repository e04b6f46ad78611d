import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

/// A worker over a store in memory, with a clock that the test moves.
final class WorkerBench: Sendable {
  /// Tasks that sleep while an executor runs: sign of life, heartbeat, cancel check, lease.
  static let sleepersWhileRunning = 4

  let store = UnreliableStore()
  let time: ManualTime
  let signal: WakeSignal
  private let seen = Mutex<[WorkerEvent]>([])

  init(random: Double = 0) {
    time = ManualTime(random: random)
    signal = WakeSignal(time: time.workerTime)
  }

  var events: [WorkerEvent] { seen.withLock { $0 } }

  /// What happened, in short.
  /// Without progress and renewals, which come as often as they are written.
  var story: [String] { events.map(\.name).filter { $0 != "reported" && $0 != "renewed" } }

  /// The jobs whose leases were renewed, as often as they were.
  var renewals: [JobID] {
    events.compactMap { if case .renewed(let job) = $0 { job } else { nil } }
  }

  /// An upload and a job over it.
  func addJob(files: Int = 2) async throws -> (upload: Upload, job: Job) {
    let upload = sampleUpload(files: files)
    try await store.memory.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await store.memory.insert(job, idempotency: nil)
    return (upload, job)
  }

  func job(_ id: JobID) async throws -> Job { try #require(try await store.memory.job(id)) }

  func makeWorker(_ work: @escaping ScriptedExecutor.Work) -> JobWorker {
    JobWorker(
      id: WorkerID("worker-1"), store: store, signal: signal,
      executor: ScriptedExecutor(work: work),
      time: time.workerTime, onEvent: { event in self.seen.withLock { $0.append(event) } })
  }

  /// Runs a worker while `body` runs, then stops it and waits for its end.
  func withWorker(
    _ work: @escaping ScriptedExecutor.Work, _ body: () async throws -> Void
  ) async throws {
    let worker = makeWorker(work)
    let task = Task { await worker.run() }
    do {
      try await body()
    } catch {
      task.cancel()
      await task.value
      throw error
    }
    task.cancel()
    await task.value
  }
}

/// An executor that is a closure.
struct ScriptedExecutor: JobExecutor {
  typealias Work = @Sendable (ClaimedJob, AttemptReporter) async throws -> String

  let work: Work

  func execute(_ job: ClaimedJob, reporting: AttemptReporter) async throws -> String {
    try await work(job, reporting)
  }

  /// Ends only when it is cancelled.
  static let endless: Work = { _, _ in
    for await _ in AsyncStream<Never>.makeStream().stream {}
    throw CancellationError()
  }
}

extension WorkerEvent {
  fileprivate var name: String {
    switch self {
    case .claimed: "claimed"
    case .ended(_, .completed, _): "completed"
    case .ended(_, .retry, _): "retry"
    case .ended(_, .failed, _): "failed"
    case .ended(_, .released, _): "released"
    case .renewed: "renewed"
    case .reported: "reported"
    case .leaseLost: "lease lost"
    case .leaseNotRenewed: "lease not renewed"
    case .stalled: "stalled"
    case .storeFailed(let call, _): "\(call) failed"
    case .outcomeLost: "outcome lost"
    }
  }
}
