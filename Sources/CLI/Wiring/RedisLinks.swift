import App
import Backends
import Foundation
import Jobs
import Logging
import NIOCore

/// What Redis does for a process: hints, shared counts, and documents for polls. Whatever fails in it is done without.
struct RedisLinks: Sendable {
  /// Told of and not yet published: more are forgotten, since each is a hint.
  private static let publishedAtOnce = 1000

  let client: RedisClient
  private let changes = AsyncStream<JobID>.makeStream(
    bufferingPolicy: .bufferingNewest(publishedAtOnce))

  /// - Throws: `RedisError` for a URL that cannot be read.
  init(url: String, logger: Logger) throws {
    client = try RedisClient(RedisOptions(url: try RedisURL(url)), logger: logger)
  }

  var dispatch: any JobDispatch { RedisDispatch(client: client) }
  var rateLimit: any SharedRateLimit { RedisLimits(limit: RedisRateLimit(client: client)) }
  var status: any SharedStatusCache { RedisDocuments(cache: RedisStatusCache(client: client)) }

  /// Tells the API processes that a job has changed. Never blocks.
  func tell(_ job: JobID) { changes.continuation.yield(job) }

  /// Of a worker: keeps the connections and publishes what it is told, until the task is cancelled.
  func publish() async {
    let progress = RedisProgress(client: client)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await client.run() }
      group.addTask {
        for await job in changes.stream { await progress.publish(ByteBuffer(), of: job) }
      }
      await group.waitForAll()
    }
  }

  /// Of an API process: keeps the connections and listens to the workers, until the task is cancelled.
  func listen(_ changed: WakeSignal) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await client.run() }
      group.addTask { await RedisProgress(client: client).run { _ in changed.wake() } }
      await group.waitForAll()
    }
  }
}

private struct RedisLimits: SharedRateLimit {
  let limit: RedisRateLimit

  func take(
    _ name: String, requestsPerMinute: Int
  ) async throws -> (isAdmitted: Bool, tokens: Double) {
    let decision = try await limit.take(name, requestsPerMinute: requestsPerMinute)
    return (decision.isAdmitted, decision.tokens)
  }
}

private struct RedisDocuments: SharedStatusCache {
  let cache: RedisStatusCache

  func text(of job: JobID) async -> (version: Int, text: String)? {
    await cache.entry(of: job).map { ($0.version, String(buffer: $0.body)) }
  }

  func keep(_ text: String, version: Int, of job: JobID) async {
    await cache.keep(
      RedisStatusCache.Entry(version: version, body: ByteBuffer(string: text)), of: job)
  }

  func remove(_ job: JobID) async { await cache.remove(job) }
}
