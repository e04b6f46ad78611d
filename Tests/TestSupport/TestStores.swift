import Foundation
import Synchronization

/// Where the servers that tests start keep what they are told: in their data folder, or, when
/// `HARRIER_TEST_CLUSTER` is 1, in a real PostgreSQL and a real S3 server, with a database and a prefix for each data
/// folder.
public enum TestStores {
  public static let areShared = ProcessInfo.processInfo.environment["HARRIER_TEST_CLUSTER"] == "1"

  private static let known = Mutex<[String: Task<[String: String], any Error>]>([:])

  /// What a server on this data folder is started with.
  static func environment(of dataDirectory: String) async throws -> [String: String] {
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
    return environment
  }

  private static let bucket = Task {
    let server = try await S3Server.shared()
    try await server.makeBucket()
    return server
  }
}
