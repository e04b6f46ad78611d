import Backends
import Foundation
import Jobs
import Logging
import NIOCore
import TestSupport
import Testing

@Suite(
  "Redis rights", .enabled(if: RedisServer.isInstalled), .timeLimit(.minutes(15)))
struct RedisRightsTests {
  @Test("the rights that docs/installation.md names are enough for everything")
  func rights() async throws {
    let text = try String(
      contentsOf: packageRoot.appendingPathComponent("docs/installation.md"), encoding: .utf8)
    let start = "    ACL SETUSER harrier on >PASSWORD "
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(start) })
    let demands = RedisServer.Demands(
      user: (name: "harrier", password: "s3cret"), rights: String(line.dropFirst(start.count)))
    try await RedisServer.running(demands) { server in
      let url = "redis://harrier:s3cret@127.0.0.1:\(server.port)"
      try await withRedisClient(patientOptions(url)) { client, log in
        try await eventually { client.isAvailable }
        let before = log.count(.warning)
        let job = newJobID()
        let signal = RedisJobSignal(client: client, worker: "w1")
        await signal.wait(upTo: .milliseconds(1))
        await RedisDispatch(client: client).announce(job, priority: .normal)
        await signal.wait(upTo: .seconds(600))
        await signal.close()
        let limit = RedisRateLimit(client: client)
        #expect(try await limit.take("a", requestsPerMinute: 60).isAdmitted)
        let cache = RedisStatusCache(client: client, lifetime: .seconds(600))
        let entry = RedisStatusCache.Entry(version: 1, body: ByteBuffer(string: "{}"))
        await cache.keep(entry, of: job)
        #expect(await cache.entry(of: job) == entry)
        await cache.remove(job)
        #expect(await cache.entry(of: job) == nil)
        let (events, heard) = AsyncStream.makeStream(of: RedisProgress.Event.self)
        let progress = RedisProgress(client: client)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { await progress.run { heard.yield($0) } }
          var iterator = events.makeAsyncIterator()
          #expect(await iterator.next() == .listening)
          await progress.publish(entry.body, of: job)
          #expect(await iterator.next() == .progress(job, entry.body))
          group.cancelAll()
          try await group.waitForAll()
        }
        #expect(log.count(.warning) == before)
      }
    }
  }
}
