import Jobs
import Synchronization
import TestSupport
import Testing

@testable import Backends

@Suite(
  "Redis dispatch", .enabled(if: RedisServer.isInstalled), .serialized, .timeLimit(.minutes(15)))
struct RedisDispatchTests {
  private static let streams = ["high", "normal", "low"].map { "harrier:dispatch:\($0)" }

  @Test(
    "a waiting worker is woken by an announcement, in the old protocol too",
    arguments: [false, true])
  func wakes(isOld: Bool) async throws {
    try await RedisServer.withClient(.init(isOld: isOld)) { _, client in
      let signal = RedisJobSignal(client: client, worker: "w1")
      let clock = ContinuousClock()
      let start = clock.now
      async let wait: Void = signal.wait(upTo: .seconds(600))
      // It listens when its group is there.
      try await eventually { try await blockedClients(client) == 1 }
      await RedisDispatch(client: client).announce(newJobID(), priority: .normal)
      await wait
      #expect(clock.now - start < .seconds(300))
      await signal.close()
    }
  }

  @Test("an announcement wakes one worker, and is acknowledged when that comes again")
  func acknowledged() async throws {
    try await RedisServer.withClient { _, client in
      let signal = RedisJobSignal(client: client, worker: "w1")
      let dispatch = RedisDispatch(client: client)
      await dispatch.announce(newJobID(), priority: .low)
      await dispatch.announce(newJobID(), priority: .high)
      await signal.wait(upTo: .seconds(600))
      try await expectPending([1, 0, 0], client)
      await signal.wait(upTo: .milliseconds(1))
      try await expectPending([0, 0, 0], client)
    }
  }

  @Test("what was announced before a look that found nothing wakes nobody any more")
  func stale() async throws {
    try await RedisServer.withClient { _, client in
      let signal = RedisJobSignal(client: client, worker: "w1")
      // What the first one was woken for is not taken over while a busy machine holds the test up.
      let other = RedisJobSignal(client: client, worker: "w2", takeOverAfter: .seconds(600))
      let dispatch = RedisDispatch(client: client)
      for _ in 0..<50 { await dispatch.announce(newJobID(), priority: .normal) }
      let last = try await serverTimeMs(client)
      try await eventually { try await serverTimeMs(client) > last }
      await signal.wait(upTo: .seconds(600))
      #expect(try await client.send("XLEN", .text(Self.streams[1])).integer == 50)
      // Here the worker has looked into the store and found nothing.
      await dispatch.announce(newJobID(), priority: .normal)
      await signal.wait(upTo: .seconds(600))
      #expect(try await client.send("XLEN", .text(Self.streams[1])).integer == 1)
      try await expectPending([0, 1, 0], client)
      let clock = ContinuousClock()
      let start = clock.now
      await other.wait(upTo: .milliseconds(50))
      #expect(clock.now - start >= .milliseconds(49))
    }
  }

  @Test("without an announcement the wait ends with its time")
  func timeOut() async throws {
    try await RedisServer.withClient { _, client in
      let signal = RedisJobSignal(client: client, worker: "w1")
      let clock = ContinuousClock()
      let start = clock.now
      await signal.wait(upTo: .milliseconds(50))
      #expect(clock.now - start >= .milliseconds(49))
      await signal.wait(upTo: .milliseconds(50))
      #expect(clock.now - start >= .milliseconds(99))
    }
  }

  @Test("a cancelled wait returns at once")
  func cancelled() async throws {
    try await RedisServer.withClient { _, client in
      let signal = RedisJobSignal(client: client, worker: "w1")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await signal.wait(upTo: .seconds(600)) }
        try await eventually { try await blockedClients(client) == 1 }
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  @Test("what a dead worker was woken for wakes another")
  func deadWorker() async throws {
    try await RedisServer.withClient { _, client in
      let dead = RedisJobSignal(client: client, worker: "dead", takeOverAfter: .seconds(600))
      await RedisDispatch(client: client).announce(newJobID(), priority: .normal)
      await dead.wait(upTo: .seconds(600))
      let patient = RedisJobSignal(client: client, worker: "patient", takeOverAfter: .seconds(600))
      await patient.wait(upTo: .milliseconds(1))
      try await expectPending([0, 1, 0], client)
      let heir = RedisJobSignal(client: client, worker: "heir", takeOverAfter: .zero)
      await heir.wait(upTo: .seconds(600))
      let owners = try await client.send(
        "XPENDING", .text(Self.streams[1]), "workers", "-", "+", "10")
      #expect(owners.elements?.first?.elements?[1].text == "heir")
      await heir.close()
      try await expectPending([0, 0, 0], client)
    }
  }

  @Test("a stream is trimmed, and trimmed announcements wake nobody for ever")
  func trimmed() async throws {
    try await RedisServer.withClient { _, client in
      let dispatch = RedisDispatch(client: client, maxLength: 100)
      for _ in 0..<1000 { await dispatch.announce(newJobID(), priority: .normal) }
      let length = try #require(try await client.send("XLEN", .text(Self.streams[1])).integer)
      // Blocks of 100 go as a whole.
      #expect((100...200).contains(length))
      let signal = RedisJobSignal(client: client, worker: "w1", takeOverAfter: .zero)
      await signal.wait(upTo: .seconds(600))
      try await client.send("XTRIM", .text(Self.streams[1]), "MAXLEN", "0")
      let other = RedisJobSignal(client: client, worker: "w2", takeOverAfter: .zero)
      await other.wait(upTo: .milliseconds(1))
      try await expectPending([0, 0, 0], client)
    }
  }

  @Test("a wipe while workers wait is survived")
  func wipe() async throws {
    try await RedisServer.withClient { _, client in
      let signal = RedisJobSignal(client: client, worker: "w1")
      let dispatch = RedisDispatch(client: client)
      for _ in 0..<3 {
        async let wait: Void = signal.wait(upTo: .seconds(600))
        try await eventually { try await blockedClients(client) == 1 }
        try await client.send("FLUSHALL")
        // The wait goes on, in groups that are made again.
        try await eventually {
          let exists = try await client.send("EXISTS", .text(Self.streams[2])).integer
          let blocked = try await blockedClients(client)
          return exists == 1 && blocked == 1
        }
        await dispatch.announce(newJobID(), priority: .high)
        await wait
      }
      // Between two waits, with one to acknowledge.
      try await client.send("FLUSHALL")
      await dispatch.announce(newJobID(), priority: .low)
      await signal.wait(upTo: .seconds(600))
      try await expectPending([0, 0, 1], client)
    }
  }

  @Test("without Redis an announcement is nothing and a wait is a sleep; both work when it is back")
  func gone() async throws {
    try await RedisServer.withClient { server, client in
      let signal = RedisJobSignal(client: client, worker: "w1")
      let dispatch = RedisDispatch(client: client)
      let clock = ContinuousClock()
      var isKilled = false
      // A busy machine may not look before the wait is over: the next one is longer.
      for seconds in [1, 8, 64] where !isKilled {
        let start = clock.now
        async let wait: Void = signal.wait(upTo: .seconds(seconds))
        while !isKilled, clock.now - start < .seconds(seconds) {
          isKilled = try await blockedClients(client) == 1
        }
        if isKilled { server.kill() }
        await wait
        #expect(clock.now - start >= .seconds(seconds) - .milliseconds(10))
      }
      #expect(isKilled)
      try await eventually { !client.isAvailable }
      await dispatch.announce(newJobID(), priority: .normal)
      await signal.wait(upTo: .milliseconds(10))
      server.start()
      try await eventually { client.isAvailable }
      await dispatch.announce(newJobID(), priority: .normal)
      await signal.wait(upTo: .seconds(600))
      try await expectPending([0, 1, 0], client)
    }
  }

  @Test("of eight workers that wait, each announcement wakes one")
  func shared() async throws {
    try await RedisServer.withClient { _, client in
      let wakes = Wakes()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<8 {
          group.addTask {
            // Nobody takes over what another one was woken for while a busy machine holds the test up.
            await RedisJobSignal(
              client: client, worker: "w\(worker)", takeOverAfter: .seconds(600)
            ).wait(upTo: .seconds(600))
            wakes.add()
          }
        }
        try await eventually { try await blockedClients(client) == 8 }
        let priorities: [JobPriority] = [.low, .high, .normal, .low, .high]
        for (count, priority) in priorities.enumerated() {
          await RedisDispatch(client: client).announce(newJobID(), priority: priority)
          try await eventually { wakes.count == count + 1 }
        }
        try await eventually { try await blockedClients(client) == 3 }
        #expect(wakes.count == 5)
        try await expectPending([2, 1, 2], client)
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  @Test("the consumers of workers that left, or were quiet for long, are forgotten")
  func consumers() async throws {
    try await RedisServer.withClient { _, client in
      let dispatch = RedisDispatch(client: client)
      // One leaves in order; one dies, and what it had is taken over.
      for name in ["left", "dead", "heir"] {
        let signal = RedisJobSignal(client: client, worker: name, takeOverAfter: .seconds(600))
        await dispatch.announce(newJobID(), priority: .high)
        await signal.wait(upTo: .seconds(600))
        if name == "left" { await signal.close() }
      }
      try await expectConsumers(["dead", "heir"], client)
      let late = RedisJobSignal(
        client: client, worker: "late", takeOverAfter: .zero, forgetAfter: .milliseconds(-1))
      await late.wait(upTo: .seconds(600))
      // What else was announced before its look is trimmed, and nobody's any more.
      await late.wait(upTo: .milliseconds(1))
      await late.close()
      try await expectConsumers(["dead", "heir"], client)
      let last = RedisJobSignal(
        client: client, worker: "last", takeOverAfter: .zero, forgetAfter: .milliseconds(-1))
      await last.wait(upTo: .milliseconds(1))
      await last.close()
      try await expectConsumers([], client)
    }
  }

  @Test("a wake-up of this process and one from outside both end the wait")
  func either() async throws {
    try await RedisServer.withClient { _, client in
      let local = WakeSignal()
      let signal = EitherSignal(local, or: RedisJobSignal(client: client, worker: "w1"))
      async let first: Void = signal.wait(upTo: .seconds(600))
      try await eventually { try await blockedClients(client) == 1 }
      local.wake()
      await first
      async let second: Void = signal.wait(upTo: .seconds(600))
      try await eventually { try await blockedClients(client) == 1 }
      await RedisDispatch(client: client).announce(newJobID(), priority: .normal)
      await second
      await signal.wait(upTo: .milliseconds(1))
    }
  }

  private final class Wakes: Sendable {
    private let number = Mutex(0)

    func add() { number.withLock { $0 += 1 } }
    var count: Int { number.withLock { $0 } }
  }

  private func expectConsumers(
    _ expected: [String], _ client: RedisClient, at location: SourceLocation = #_sourceLocation
  ) async throws {
    let reply = try await client.send("XINFO", "CONSUMERS", .text(Self.streams[0]), "workers")
    let names = (reply.elements ?? []).compactMap { $0["name"]?.text }
    #expect(names.sorted() == expected, sourceLocation: location)
  }

  private func serverTimeMs(_ client: RedisClient) async throws -> Int64 {
    let parts = try await client.send("TIME").elements?.compactMap(\.integer) ?? []
    return try #require(parts.first) * 1000 + #require(parts.last) / 1000
  }

  /// Announcements of each stream that were read and not acknowledged.
  private func expectPending(
    _ expected: [Int64], _ client: RedisClient, at location: SourceLocation = #_sourceLocation
  ) async throws {
    let counts = try await pending(client)
    #expect(counts == expected, sourceLocation: location)
  }

  private func pending(_ client: RedisClient) async throws -> [Int64] {
    var counts: [Int64] = []
    for stream in Self.streams {
      let reply = try await client.send("XPENDING", .text(stream), "workers")
      counts.append(try #require(reply.elements?.first?.integer))
    }
    return counts
  }

  private func blockedClients(_ client: RedisClient) async throws -> Int {
    let text = try await client.send("INFO", "clients").text ?? ""
    let line = text.split(separator: "\r\n").first { $0.hasPrefix("blocked_clients:") }
    return try #require(line.flatMap { Int($0.dropFirst("blocked_clients:".count)) })
  }
}
