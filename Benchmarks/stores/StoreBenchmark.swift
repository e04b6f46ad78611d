import ArgumentParser
import Backends
import Foundation
import Jobs
import Logging

/// Empty jobs through a store: queued, claimed, finished, and what clients would see of it meanwhile. Prints one JSON
/// object. `Benchmarks/stores/run` calls it.
@main
struct StoreBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "store-benchmark")

  @Option(help: "Path of a new SQLite database.")
  var sqlite: String?
  @Option(help: "URL of an empty PostgreSQL database.")
  var postgres: String?
  @Option(help: "URL of an empty Redis, beside PostgreSQL.")
  var redis: String?
  @Option var jobs = 2000
  /// Clients that queue at once.
  @Option var clients = 4
  @Option var workers = 4

  func run() async throws {
    let store: any JobStore & UploadStore
    if let postgres {
      store = try await PostgresStore(
        try PostgresSettings(url: postgres, connections: clients + workers))
    } else if let sqlite {
      store = try SQLiteStore(path: sqlite)
    } else {
      throw ValidationError("--sqlite or --postgres")
    }
    let client = try redis.map { url in
      try RedisClient(RedisOptions(url: try RedisURL(url)), logger: Logger(label: "benchmark"))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      if let client {
        group.addTask { await client.run() }
        while !client.isAvailable { try await Task.sleep(for: .milliseconds(10)) }
      }
      try await measure(store, client)
      group.cancelAll()
    }
  }

  private func measure(_ store: any JobStore & UploadStore, _ client: RedisClient?) async throws {
    let upload = Self.upload()
    try await store.insert(upload)
    let dispatch = client.map { RedisDispatch(client: $0, maxLength: 2 * jobs) }
    let queueing = try await seconds {
      try await queue(jobs, over: upload, in: store, dispatch)
    }
    let working = try await seconds { try await work(jobs, in: store, client) }
    // Both at once, as in a service under load.
    let both = try await seconds {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await queue(jobs, over: upload, in: store, dispatch) }
        group.addTask { try await work(jobs, in: store, client) }
        try await group.waitForAll()
      }
    }
    let count = Double(jobs)
    print(
      "{\"queued_a_second\":\(count / queueing),\"claimed_and_finished_a_second\":\(count / working),"
        + "\"jobs_a_second\":\(count / both)}")
  }

  private func queue(
    _ count: Int, over upload: Upload, in store: any JobStore, _ dispatch: RedisDispatch?
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clients {
        group.addTask {
          for _ in stride(from: client, to: count, by: clients) {
            let job = Job(
              id: JobID(at: Date()), uploadID: upload.id, fileIDs: upload.files.map(\.id),
              configuration: "{}", priority: .normal, createdAt: wholeMilliseconds())
            _ = try await store.insert(job, idempotency: nil, queuedLimit: 1_000_000)
            await dispatch?.announce(job.id, priority: job.priority)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Workers share so many jobs; one that finds none waits for an announcement, or asks again after a moment.
  private func work(_ count: Int, in store: any JobStore, _ client: RedisClient?) async throws {
    let left = Countdown(count)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<workers {
        group.addTask {
          let worker = WorkerID("worker-\(number)")
          let signal = client.map { RedisJobSignal(client: $0, worker: "\(worker)") }
          while left.isAboveZero {
            let claimed = try await store.claim(
              for: worker, lease: .seconds(60), maxDeaths: 3, now: Date())
            guard let claimed else {
              if let signal {
                await signal.wait(upTo: .milliseconds(100))
              } else {
                try await Task.sleep(for: .milliseconds(1))
              }
              continue
            }
            try await store.finish(claimed.claim, .completed(summary: "{}"), now: Date())
            left.down()
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private static func upload() -> Upload {
    let now = wholeMilliseconds()
    let id = UploadID(at: now)
    let file = UploadedFile(
      id: FileID(at: now), uploadID: id, filename: "a.jpg", format: "JPEG", width: 64, height: 64,
      sizeBytes: 1000, sha256: String(repeating: "ab", count: 32), blobKey: "uploads/a")
    return Upload(id: id, createdAt: now, expiresAt: now + 86_400, files: [file])
  }
}

/// The present time, as stores keep times.
private func wholeMilliseconds() -> Date {
  Date(timeIntervalSince1970: (Date().timeIntervalSince1970 * 1000).rounded() / 1000)
}
