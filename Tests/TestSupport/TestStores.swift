import Foundation
import Synchronization

/// Where the servers that tests start keep what they are told: in their data folder, or, when
/// `HARRIER_TEST_CLUSTER` is 1, in a real PostgreSQL and a real S3 server, with a database and a prefix for each data
/// folder, and beside a real Redis.
public enum TestStores {
  public static let areShared = ProcessInfo.processInfo.environment["HARRIER_TEST_CLUSTER"] == "1"

  private static let known = Mutex<[String: Task<[String: String], any Error>]>([:])

  /// What a server on this data folder is started with.
  public static func environment(of dataDirectory: String) async throws -> [String: String] {
    guard areShared else { return [:] }
    return try await clusterEnvironment(of: dataDirectory)
  }

  /// The same for whoever asks for the same folder: a second server finds what the first one left.
  public static func clusterEnvironment(of dataDirectory: String) async throws -> [String: String] {
    let task = known.withLock { known in
      let task = known[dataDirectory] ?? Task { try await makeStores() }
      known[dataDirectory] = task
      return task
    }
    return try await task.value
  }

  private static func makeStores() async throws -> [String: String] {
    var environment = [
      "HARRIER_DATABASE_URL": try await PostgresServer.shared().makeDatabase("sslmode=disable")
    ]
    if S3Server.isInstalled {
      environment.merge(try await bucket.value.settings(prefix: UUID().uuidString)) { $1 }
    }
    if RedisServer.isInstalled {
      // A database of its own: hints of others would wake its workers for nothing.
      let number = redisDatabases.wrappingAdd(1, ordering: .relaxed).oldValue % 16
      environment["HARRIER_REDIS_URL"] = "redis://127.0.0.1:\(try await redis.value.port)/\(number)"
    }
    return environment
  }

  private static let redisDatabases = Atomic<Int>(0)

  /// Runs as long as the tests.
  private static let redis = Task {
    let (servers, started) = AsyncStream.makeStream(of: RedisServer.self)
    let running = Task {
      try await RedisServer.running { server in
        started.yield(server)
        for await _ in AsyncStream<Void>.makeStream().stream {}
      }
    }
    for await server in servers { return server }
    try await running.value
    throw TestToolError("Redis does not start")
  }

  private static let bucket = Task {
    let server = try await S3Server.shared()
    try await server.makeBucket()
    return server
  }
}
