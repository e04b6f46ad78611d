import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite(
  "Redis rate limit", .enabled(if: RedisServer.isInstalled), .serialized, .timeLimit(.minutes(15)))
struct RedisRateLimitTests {
  @Test("a limit is shared by two clients: together they are admitted as often as it says")
  func shared() async throws {
    try await RedisServer.withClient { server, client in
      try await withRedisClient(patientOptions(server.url)) { other, _ in
        try await eventually { other.isAvailable }
        let limits = [RedisRateLimit(client: client), RedisRateLimit(client: other)]
        let clock = ContinuousClock()
        let start = clock.now
        let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
          for index in 0..<100 {
            group.addTask {
              try await limits[index % 2].take("10.0.0.1", requestsPerMinute: 20).isAdmitted
            }
          }
          return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        // A token comes back every 3 s, should the machine be that slow.
        #expect(admitted >= 20)
        #expect(Double(admitted) <= 20 + (clock.now - start) / .seconds(3))
        #expect(try await limits[0].take("10.0.0.2", requestsPerMinute: 20).isAdmitted)
      }
    }
  }

  @Test("a decision tells what is left, in parts of a token")
  func tokens() async throws {
    try await RedisServer.withClient { _, client in
      let limit = RedisRateLimit(client: client)
      let first = try await limit.take("a", requestsPerMinute: 2)
      #expect(first == .init(isAdmitted: true, tokens: 1))
      let time = try #require(try await client.send("TIME").elements?.first?.integer)
      // As a clock that is ahead has left it: nothing comes back meanwhile, however slow this machine is.
      for (tokens, isAdmitted) in [(1.25, true), (0.25, false)] {
        try await client.send("SET", "harrier:limit:a", "\(tokens) \((time + 3600) * 1_000_000)")
        let decision = try await limit.take("a", requestsPerMinute: 2)
        #expect(decision == .init(isAdmitted: isAdmitted, tokens: 0.25))
      }
    }
  }

  @Test("a bucket is refilled steadily, and never above its size")
  func refill() async throws {
    try await RedisServer.withClient { _, client in
      let limit = RedisRateLimit(client: client)
      let time = try #require(try await client.send("TIME").elements?.first?.integer)
      // As another process left it half a minute ago: empty. 30 s give half of 1000.
      try await client.send("SET", "harrier:limit:a", "0 \((time - 30) * 1_000_000)")
      let decision = try await limit.take("a", requestsPerMinute: 1000)
      let end = try #require(try await client.send("TIME").elements?.first?.integer)
      // 499 and what came while the test ran: 16.7 a second.
      #expect(decision.tokens >= 499)
      #expect(decision.tokens <= min(999, 499 + Double(end + 1 - time) * 1000 / 60))
      try await client.send("SET", "harrier:limit:a", "5 \((time - 3600) * 1_000_000)")
      #expect(try await limit.take("a", requestsPerMinute: 1000).tokens == 999)
      // A clock that went back takes nothing away.
      try await client.send("SET", "harrier:limit:a", "5 \((time + 3600) * 1_000_000)")
      #expect(try await limit.take("a", requestsPerMinute: 1000).tokens == 4)
    }
  }

  @Test("a bucket is forgotten when it would be full again")
  func expiry() async throws {
    try await RedisServer.withClient { _, client in
      let limit = RedisRateLimit(client: client)
      _ = try await limit.take("a", requestsPerMinute: 60)
      let left = try #require(try await client.send("PTTL", "harrier:limit:a").integer)
      #expect(left <= 1000)
    }
  }

  @Test("the script is known by its digest, and made known when it is not")
  func digest() async throws {
    try await RedisServer.withClient { _, client in
      let limit = RedisRateLimit(client: client)
      _ = try await limit.take("a", requestsPerMinute: 60)
      let known = try await client.send("SCRIPT", "EXISTS", .text(RedisRateLimit.script.digest))
      #expect(known.elements == [.integer(1)])
      #expect(
        try await client.send("SCRIPT", "LOAD", .text(RedisRateLimit.script.text)).text
          == RedisRateLimit.script.digest)
      try await client.send("SCRIPT", "FLUSH")
      #expect(try await limit.take("a", requestsPerMinute: 60).isAdmitted)
    }
  }

  @Test("limits go on after a wipe, with full buckets")
  func wipe() async throws {
    try await RedisServer.withClient { _, client in
      let limit = RedisRateLimit(client: client)
      #expect(try await limit.take("a", requestsPerMinute: 1).isAdmitted)
      #expect(try await !limit.take("a", requestsPerMinute: 1).isAdmitted)
      try await client.send("FLUSHALL")
      #expect(try await limit.take("a", requestsPerMinute: 1).isAdmitted)
    }
  }

  @Test("damaged buckets are full ones")
  func damage() async throws {
    try await RedisServer.withClient { _, client in
      try await client.send("SET", "harrier:limit:a", "what is this")
      let decision = try await RedisRateLimit(client: client).take("a", requestsPerMinute: 60)
      #expect(decision == .init(isAdmitted: true, tokens: 59))
    }
  }
}
