import Backends
import Logging
import NIOCore
import TestSupport
import Testing

@Suite(
  "Redis client", .enabled(if: RedisServer.isInstalled), .serialized, .timeLimit(.minutes(15)))
struct RedisClientTests {
  @Test("2,000 concurrent calls each get their own reply")
  func pipelining() async throws {
    try await RedisServer.withClient { _, client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<2000 {
          group.addTask {
            let reply = try await client.send("ECHO", "call \(index)")
            #expect(reply.text == "call \(index)")
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("a value of 5 MB comes back byte for byte")
  func largeValue() async throws {
    try await RedisServer.withClient { _, client in
      let value = ByteBuffer(bytes: (0..<5 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      try await client.send("SET", "large", .bytes(value))
      #expect(try await client.send("GET", "large").bytes == value)
    }
  }

  @Test("a refused command throws the server's words, and the calls around it go on")
  func refusal() async throws {
    try await RedisServer.withClient { _, client in
      async let before = client.send("ECHO", "before")
      let error = await #expect(throws: RedisError.self) { try await client.send("NONSENSE") }
      #expect(error?.code == .refused)
      #expect(error?.serverCode == "ERR")
      async let after = client.send("ECHO", "after")
      let texts = try await (before.text, after.text)
      #expect(texts == ("before", "after"))
    }
  }

  @Test("the database of the URL is the one that is used")
  func database() async throws {
    try await RedisServer.withClient { server, client in
      try await withRedisClient(patientOptions(server.url + "/3")) { third, _ in
        try await eventually { third.isAvailable }
        try await third.send("SET", "key", "three")
        #expect(try await client.send("GET", "key") == .null)
        #expect(try await third.send("GET", "key").text == "three")
      }
    }
  }

  @Test("the password of the default user is said")
  func password() async throws {
    try await RedisServer.running(.init(password: "s3cret")) { server in
      try await withRedisClient(
        patientOptions("redis://:s3cret@127.0.0.1:\(server.port)")
      ) { client, _ in
        try await eventually { client.isAvailable }
        #expect(try await client.send("PING").text == "PONG")
      }
    }
  }

  @Test("name and password of an ACL user are said, over TLS too", arguments: [false, true])
  func user(isEncrypted: Bool) async throws {
    let demands = RedisServer.Demands(
      encryption: isEncrypted, user: (name: "harrier", password: "s3cret"))
    try await RedisServer.running(demands) { server in
      let scheme = isEncrypted ? "rediss" : "redis"
      var options = try patientOptions("\(scheme)://harrier:s3cret@127.0.0.1:\(server.port)")
      if isEncrypted { options.trustedCertificates = server.certificate }
      try await withRedisClient(options) { client, _ in
        try await eventually { client.isAvailable }
        #expect(try await client.send("ACL", "WHOAMI").text == "harrier")
      }
    }
  }

  @Test("a certificate counts for the host's name as for its address")
  func hostName() async throws {
    try await RedisServer.running(.init(encryption: true)) { server in
      var options = try patientOptions("rediss://localhost:\(server.port)")
      options.trustedCertificates = server.certificate
      try await withRedisClient(options) { client, _ in
        try await eventually { client.isAvailable }
        #expect(try await client.send("PING").text == "PONG")
      }
    }
  }

  @Test("a wrong password and an unknown certificate are one warning, which shows no password")
  func refusedAtTheDoor() async throws {
    try await RedisServer.running(.init(password: "s3cret")) { server in
      try await withRedisClient(
        patientOptions("redis://:wr0ng@127.0.0.1:\(server.port)")
      ) { client, log in
        try await eventually { log.text.contains("WRONGPASS") || log.text.contains("reached") }
        #expect(log.count(.warning) == 1)
        #expect(!log.text.contains("wr0ng"))
        await #expect(throws: RedisError.self) { try await client.send("PING") }
      }
    }
    try await RedisServer.running(.init(encryption: true)) { server in
      try await withRedisClient(
        patientOptions("rediss://127.0.0.1:\(server.port)")
      ) { client, log in
        try await eventually { log.count(.warning) == 1 }
        #expect(!client.isAvailable)
      }
    }
  }

  @Test("trusted certificates that are not there are an error at the start")
  func missingCertificates() throws {
    var options = try patientOptions("rediss://localhost")
    options.trustedCertificates = "/nowhere.pem"
    let error = #expect(throws: RedisError.self) {
      try RedisClient(options, logger: Logger(label: "test") { _ in RedisLog() })
    }
    #expect(error?.code == .invalidSettings)
  }

  @Test("a server that is full refuses; a kind of refusal is one warning")
  func full() async throws {
    try await RedisServer.running { server in
      try await withRedisClient(patientOptions(server.url)) { client, log in
        try await eventually { client.isAvailable }
        let before = log.count(.warning)
        try await client.send("CONFIG", "SET", "maxmemory", "1")
        for _ in 0..<10 {
          let error = await #expect(throws: RedisError.self) {
            try await client.send("SET", "a", "b")
          }
          #expect(error?.serverCode == "OOM")
        }
        #expect(log.count(.warning) == before + 1)
      }
    }
  }

  @Test("a server without HELLO is spoken to in the old protocol, with its password")
  func oldProtocol() async throws {
    try await RedisServer.running(.init(password: "s3cret", isOld: true)) { server in
      try await withRedisClient(
        patientOptions("redis://:s3cret@127.0.0.1:\(server.port)")
      ) { client, _ in
        try await eventually { client.isAvailable }
        // What RESP3 would answer with a null of its own type and a map.
        #expect(try await client.send("GET", "nothing") == .null)
        let reply = try await client.send("CONFIG", "GET", "databases")
        #expect(reply == .array(["databases", "16"].map { .bulk(ByteBuffer(string: $0)) }))
        // An array that looks like a message is none where nobody has subscribed.
        try await client.send("RPUSH", "list", "message", "a", "b")
        #expect(try await client.send("LRANGE", "list", "0", "-1").elements?.count == 3)
      }
    }
  }
}
