import Backends
import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

/// Workers on a store that has the truth, woken through Redis.
@Suite(
  "Workers with Redis", .enabled(if: RedisServer.isInstalled), .serialized, .timeLimit(.minutes(15))
)
struct RedisWorkerTests {
  @Test("with Redis a job is begun when it is announced, whatever the polls' interval")
  func announced() async throws {
    try await RedisServer.withClient { _, client in
      try await withWorkers(client, idlePoll: .seconds(600)) { store, executor in
        for count in 1...20 {
          let job = try await addJob(to: store)
          await RedisDispatch(client: client).announce(job, priority: .normal)
          try await eventually { executor.count == count }
        }
      }
    }
  }

  @Test("Redis is killed and wiped again and again: every job is done once")
  func nothingLost() async throws {
    try await RedisServer.withClient { server, client in
      try await withWorkers(client, idlePoll: .milliseconds(500)) { store, executor in
        for round in 1...4 {
          for index in 0..<25 {
            let job = try await addJob(to: store)
            await RedisDispatch(client: client).announce(job, priority: .normal)
            // In the middle of a burst: some hints are heard, some wait, some are never kept.
            if index == 12 { server.kill() }
          }
          try await eventually { executor.count == round * 25 }
          server.start()
          try await eventually { client.isAvailable }
        }
        #expect(Set(executor.jobs).count == 100)
        try await eventually {
          try await store.jobs(JobQuery(state: .completed, limit: 100)).count == 100
        }
      }
    }
  }

  /// Three workers, until `body` ends.
  private func withWorkers(
    _ client: RedisClient, idlePoll: Duration,
    _ body: @Sendable @escaping (MemoryStore, CountingExecutor) async throws -> Void
  ) async throws {
    let store = MemoryStore()
    let executor = CountingExecutor()
    var settings = WorkerSettings()
    settings.idlePoll = idlePoll
    // On a busy machine, too, no lease runs out in the middle of a job.
    settings.lease = .seconds(600)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...3 {
        let signal = RedisJobSignal(client: client, worker: "w\(number)")
        let worker = JobWorker(
          id: WorkerID("w\(number)"), store: store, signal: signal, executor: executor,
          settings: settings, onEvent: { _ in })
        group.addTask {
          await worker.run()
          await signal.close()
        }
      }
      group.addTask { try await body(store, executor) }
      try await group.next()
      group.cancelAll()
    }
  }

  private func addJob(to store: MemoryStore) async throws -> JobID {
    let upload = sampleUpload(at: Date())
    try await store.insert(upload)
    let job = sampleJob(over: upload, at: upload.createdAt)
    #expect(try await store.insert(job, idempotency: nil) == .inserted)
    return job.id
  }
}

/// Does nothing, and knows what it was asked to do.
private final class CountingExecutor: JobExecutor {
  private let done = Mutex<[JobID]>([])

  var jobs: [JobID] { done.withLock { $0 } }
  var count: Int { jobs.count }

  func execute(_ job: ClaimedJob, reporting: AttemptReporter) async throws -> String {
    done.withLock { $0.append(job.job.id) }
    return "{}"
  }
}
