import Jobs
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Backends

@Suite(
  "Redis status cache and progress", .enabled(if: RedisServer.isInstalled), .serialized,
  .timeLimit(.minutes(15)))
struct RedisStatusTests {
  @Test("a document is kept, replaced and removed, and others are not touched")
  func cache() async throws {
    try await RedisServer.withClient { _, client in
      let cache = RedisStatusCache(client: client, lifetime: .seconds(600))
      let (job, other) = (newJobID(), newJobID())
      #expect(await cache.entry(of: job) == nil)
      let first = RedisStatusCache.Entry(version: 1, body: ByteBuffer(string: "{}"))
      let second = RedisStatusCache.Entry(version: 2, body: ByteBuffer(bytes: [0, 13, 10, 255]))
      await cache.keep(first, of: job)
      await cache.keep(first, of: other)
      #expect(await cache.entry(of: job) == first)
      await cache.keep(second, of: job)
      #expect(await cache.entry(of: job) == second)
      await cache.remove(job)
      #expect(await cache.entry(of: job) == nil)
      #expect(await cache.entry(of: other) == first)
    }
  }

  @Test("a document is forgotten after its lifetime")
  func lifetime() async throws {
    try await RedisServer.withClient { _, client in
      let job = newJobID()
      let entry = RedisStatusCache.Entry(version: 1, body: ByteBuffer(string: "{}"))
      await RedisStatusCache(client: client).keep(entry, of: job)
      let left = try #require(try await client.send("PTTL", "harrier:status:\(job)").integer)
      #expect(left <= 2000)
      let cache = RedisStatusCache(client: client, lifetime: .milliseconds(20))
      await cache.keep(entry, of: job)
      try await eventually { await cache.entry(of: job) == nil }
    }
  }

  @Test("without Redis, or after a wipe, there is no document and no error")
  func gone() async throws {
    try await RedisServer.withClient { server, client in
      let cache = RedisStatusCache(client: client)
      let job = newJobID()
      let entry = RedisStatusCache.Entry(version: 1, body: ByteBuffer(string: "{}"))
      await cache.keep(entry, of: job)
      try await client.send("FLUSHALL")
      #expect(await cache.entry(of: job) == nil)
      // A value that is not ours.
      try await client.send("SET", "harrier:status:\(job)", "x")
      #expect(await cache.entry(of: job) == nil)
      server.kill()
      try await eventually { !client.isAvailable }
      await cache.keep(entry, of: job)
      #expect(await cache.entry(of: job) == nil)
      await cache.remove(job)
    }
  }

  @Test("an older version does not replace a newer one")
  func versions() async throws {
    try await RedisServer.withClient { _, client in
      let cache = RedisStatusCache(client: client, lifetime: .seconds(600))
      let job = newJobID()
      let entries = [9, 10, 11].map {
        RedisStatusCache.Entry(version: $0, body: ByteBuffer(string: "version \($0)"))
      }
      await cache.keep(entries[1], of: job)
      await cache.keep(entries[0], of: job)
      #expect(await cache.entry(of: job) == entries[1])
      await cache.keep(entries[2], of: job)
      #expect(await cache.entry(of: job) == entries[2])
      let known = try await client.send("SCRIPT", "EXISTS", .text(RedisStatusCache.script.digest))
      #expect(known.elements == [.integer(1)])
    }
  }

  @Test(
    "progress reaches all who listen, in order, and again after a restart; in the old protocol too",
    arguments: [false, true])
  func progress(isOld: Bool) async throws {
    try await RedisServer.withClient(.init(isOld: isOld)) { server, client in
      let progress = RedisProgress(client: client)
      let heard = Heard()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<2 {
          group.addTask { await progress.run { heard.add($0, by: index) } }
        }
        try await eventually { heard.counts == [1, 1] }
        let job = newJobID()
        for step in 0..<100 { await progress.publish(ByteBuffer(string: "step \(step)"), of: job) }
        try await eventually { heard.counts == [101, 101] }
        let steps = (0..<100).map {
          RedisProgress.Event.progress(job, ByteBuffer(string: "step \($0)"))
        }
        // Two of our connections publish in turn, but one call after the other.
        #expect(heard.events(of: 0) == [.listening] + steps)
        #expect(heard.events(of: 1) == [.listening] + steps)
        // What is no progress is not passed on.
        try await client.send("PUBLISH", "harrier:progress", "nonsense")
        server.kill()
        try await eventually { !client.isAvailable }
        await progress.publish(ByteBuffer(string: "lost"), of: job)
        server.start()
        try await eventually { heard.counts == [102, 102] }
        #expect(heard.events(of: 0).last == .listening)
        try await eventually { client.isAvailable }
        await progress.publish(ByteBuffer(string: "found"), of: job)
        try await eventually { heard.counts == [103, 103] }
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  private final class Heard: Sendable {
    private let state = Mutex<[[RedisProgress.Event]]>([[], []])

    func add(_ event: RedisProgress.Event, by listener: Int) {
      state.withLock { $0[listener].append(event) }
    }
    var counts: [Int] { state.withLock { $0.map(\.count) } }
    func events(of listener: Int) -> [RedisProgress.Event] { state.withLock { $0[listener] } }
  }
}
