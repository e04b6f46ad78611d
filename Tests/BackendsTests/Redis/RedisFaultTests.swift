import Backends
import Jobs
import Logging
import NIOCore
import TestSupport
import Testing

@Suite(
  "Redis faults", .enabled(if: RedisServer.isInstalled), .serialized, .timeLimit(.minutes(15)))
struct RedisFaultTests {
  @Test("a killed server fails every pending call; it is back by itself, with one warning")
  func kill() async throws {
    try await RedisServer.running { server in
      var options = try patientOptions(server.url)
      options.connections = 1
      options.checkInterval = .milliseconds(10)
      try await withRedisClient(options) { client, log in
        try await eventually { client.isAvailable }
        // It may have been there before the server.
        try await eventually { log.count(.notice) == log.count(.warning) }
        let before = log.count(.warning)
        for round in 1...3 {
          try await withThrowingTaskGroup(of: Bool.self) { group in
            // They can only end by the connection's end.
            for _ in 0..<100 {
              group.addTask {
                do {
                  try await client.send("BLPOP", "nothing", "0")
                  return false
                } catch let error as RedisError {
                  return [.connectionLost, .unavailable].contains(error.code)
                }
              }
            }
            // The killer waits until calls hang.
            group.addTask {
              try await withRedisClient(patientOptions(server.url)) { other, _ in
                try await eventually { other.isAvailable }
                try await eventually {
                  let text = try await other.send("INFO", "clients").text ?? ""
                  return text.contains("blocked_clients:1")
                }
              }
              server.kill()
              return true
            }
            for try await isLost in group { #expect(isLost) }
          }
          try await eventually { !client.isAvailable }
          let error = await #expect(throws: RedisError.self) { try await client.send("PING") }
          #expect(error?.code == .unavailable)
          server.start()
          try await eventually { client.isAvailable }
          #expect(try await client.send("PING").text == "PONG")
          try await eventually { log.count(.notice) == log.count(.warning) }
          #expect(log.count(.warning) == before + round)
        }
      }
    }
  }

  @Test(
    "a frozen server costs the calls on their way 200 ms and later ones nothing, over TLS too",
    arguments: [false, true])
  func freeze(isEncrypted: Bool) async throws {
    try await RedisServer.running(.init(encryption: isEncrypted)) { server in
      let scheme = isEncrypted ? "rediss" : "redis"
      var options = try patientOptions("\(scheme)://127.0.0.1:\(server.port)")
      if isEncrypted { options.trustedCertificates = server.certificate }
      try await withRedisClient(options) { client, _ in
        // It listens, so that the impatient client below meets nothing else.
        try await eventually { client.isAvailable }
      }
      options.callTimeout = .milliseconds(200)
      options.connectTimeout = .seconds(1)
      try await withRedisClient(options) { client, log in
        try await eventually { client.isAvailable }
        try await eventually { (try? await client.send("SET", "kept", "value")) != nil }
        server.freeze()
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<1000 {
            group.addTask {
              await #expect(throws: RedisError.self) { try await client.send("GET", "kept") }
            }
          }
        }
        // Far more than 200 ms on a machine that is busy with other tests; one after the other they need 200 s.
        #expect(clock.now - start < .seconds(100))
        try await eventually { !client.isAvailable }
        let later = clock.now
        for _ in 0..<1000 {
          await #expect(throws: RedisError.self) { try await client.send("GET", "kept") }
        }
        // With a time-out each they would need 200 s.
        #expect(clock.now - later < .seconds(100))
        #expect(log.count(.warning) > 0 && log.warnsOnceAnOutage)
        server.thaw()
        try await eventually { client.isAvailable }
        try await eventually { (try? await client.send("GET", "kept").text) == "value" }
        try await eventually { log.text.contains("Redis is back") }
      }
    }
  }

  @Test("a frozen server is noticed without a call")
  func check() async throws {
    try await RedisServer.running { server in
      var options = try patientOptions(server.url)
      options.checkInterval = .milliseconds(10)
      options.callTimeout = .milliseconds(200)
      try await withRedisClient(options) { client, _ in
        try await eventually { client.isAvailable }
        server.freeze()
        try await eventually { !client.isAvailable }
        server.thaw()
        try await eventually { client.isAvailable }
      }
    }
  }

  @Test(
    "a server that pauses, or takes no writes, is gone and comes back", arguments: ["ALL", "WRITE"])
  func pause(kind: String) async throws {
    try await RedisServer.running { server in
      try await withImpatientClient(server) { patient, client, log in
        var isRefused = false
        // The pause may be over when a busy machine gets as far as the call: the next one is longer.
        for milliseconds in [3000, 12_000, 48_000] where !isRefused {
          try await patient.send("CLIENT", "PAUSE", "\(milliseconds)", .text(kind))
          do {
            try await client.send("SET", "key", "value")
          } catch is RedisError {
            isRefused = true
          }
        }
        #expect(isRefused)
        try await eventually { log.count(.warning) > 0 }
        try await eventually { client.isAvailable }
        try await eventually { log.count(.notice) == log.count(.warning) }
        #expect(log.warnsOnceAnOutage)
      }
    }
  }

  @Test("calls that are late again and again on connections that are not are one warning")
  func lateCalls() async throws {
    try await RedisServer.running { server in
      try await withImpatientClient(server) { _, client, log in
        let clock = ContinuousClock()
        var (longest, last) = (Duration.zero, clock.now)
        for _ in 0..<6 {
          try await eventually { client.isAvailable }
          await #expect(throws: RedisError.self) { try await client.send("BLPOP", "nothing", "1") }
          longest = max(longest, clock.now - last)
          last = clock.now
        }
        // Two connections pass ten checks in a second: on a busy machine all was well between two calls.
        if longest < .milliseconds(900) { #expect(log.count(.notice) == 0) }
        try await eventually { log.count(.notice) > 0 && log.count(.notice) == log.count(.warning) }
        #expect(log.warnsOnceAnOutage)
      }
    }
  }

  @Test(
    "a server that sends what is no reply is left, with one warning",
    arguments: [
      "$99999999999\r\n", "*99999999\r\n", String(repeating: "*1\r\n", count: 1000),
      "+" + String(repeating: "x", count: 100_000), "HTTP/1.1 400 Bad Request\r\n\r\n",
      "+OK\r\n+OK\r\n+OK\r\n", "",
    ])
  func strange(answer: String) async throws {
    try await FakeServer.answering(answer) { port in
      var options = try patientOptions("redis://127.0.0.1:\(port)")
      options.connectTimeout = .milliseconds(500)
      try await withRedisClient(options) { client, log in
        try await eventually { log.count(.warning) == 1 }
        let error = await #expect(throws: RedisError.self) { try await client.send("PING") }
        #expect(
          error.map { [.unavailable, .connectionLost, .protocolViolation].contains($0.code) }
            == true)
        #expect(log.count(.warning) == 1)
      }
    }
  }

  @Test("commands that a frozen server does not take are limited in bytes")
  func bytesInFlight() async throws {
    try await RedisServer.running { server in
      var options = try patientOptions(server.url)
      options.connections = 1
      try await withRedisClient(options) { client, _ in
        try await eventually { client.isAvailable }
        server.freeze()
        let value = ByteBuffer(repeating: 0, count: 24 << 20)
        let codes = await withTaskGroup(of: RedisError.Code?.self) { group in
          for _ in 0..<4 {
            group.addTask {
              do {
                try await client.send("SET", "large", .bytes(value))
                return nil
              } catch {
                return (error as? RedisError)?.code
              }
            }
          }
          // Two of 24 MB have room in 64 MB; they are answered when the server goes on.
          var codes: [RedisError.Code?] = []
          for await code in group {
            codes.append(code)
            if codes.count == 2 { server.thaw() }
          }
          return codes
        }
        #expect(codes == [.overloaded, .overloaded, nil, nil])
      }
    }
  }

  @Test("what is no Redis is not believed, and calls do not wait for it")
  func stranger() async throws {
    try await RedisServer.running(.init(encryption: true)) { server in
      // A TLS server answers plain text with an alert.
      try await withRedisClient(patientOptions(server.url)) { client, log in
        try await eventually { log.count(.warning) == 1 }
        let error = await #expect(throws: RedisError.self) { try await client.send("PING") }
        #expect(error?.code == .unavailable)
      }
    }
  }

  /// A patient client, and one with the times that the service has, and checks that come faster.
  private func withImpatientClient(
    _ server: RedisServer,
    _ body: @Sendable @escaping (RedisClient, RedisClient, RedisLog) async throws -> Void
  ) async throws {
    try await withRedisClient(patientOptions(server.url)) { patient, _ in
      // It listens, so that the impatient client meets nothing else.
      try await eventually { patient.isAvailable }
      var options = try patientOptions(server.url)
      options.callTimeout = .milliseconds(200)
      options.connectTimeout = .seconds(1)
      options.checkInterval = .milliseconds(200)
      try await withRedisClient(options) { client, log in
        try await eventually { client.isAvailable }
        try await body(patient, client, log)
      }
    }
  }
}
