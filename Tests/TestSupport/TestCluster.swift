import Foundation
import Synchronization

/// API processes and workers that share their stores and nothing else: two and three, unless said otherwise.
public final class TestCluster: Sendable {
  public let servers: [ServerProcess]
  public let workers: [ServerProcess]
  public let dataDirectory: String

  /// `environment` is that of all of them; `storeEnvironment` says where the stores are.
  public static func start(
    dataDirectory: String, servers: Int = 2, workers: Int = 3,
    environment: [String: String] = [:], stores: [String: String]? = nil
  ) async throws -> TestCluster {
    var stores = stores ?? [:]
    if stores.isEmpty { stores = try await TestStores.clusterEnvironment(of: dataDirectory) }
    let all = stores.merging(["HARRIER_RATE_LIMIT": "0"]) { $1 }.merging(environment) { $1 }
    return TestCluster(
      servers: try await (0..<servers).asyncMap { _ in
        try await ServerProcess.start(
          dataDirectory: dataDirectory, arguments: ["--workers", "0"], environment: all)
      },
      workers: try await (0..<workers).asyncMap { _ in
        try await ServerProcess.startWorker(dataDirectory: dataDirectory, environment: all)
      }, dataDirectory: dataDirectory)
  }

  init(servers: [ServerProcess], workers: [ServerProcess] = [], dataDirectory: String) {
    self.servers = servers
    self.workers = workers
    self.dataDirectory = dataDirectory
  }

  /// Calls one API process after the other.
  public var client: ServiceClient { ServiceClient(baseURLs: servers.map(\.baseURL)) }

  /// One client for each API process.
  public var clients: [ServiceClient] { servers.map { ServiceClient(baseURL: $0.baseURL) } }

  /// What all processes have written.
  public var log: String { (servers + workers).map(\.log).joined() }

  /// Asks all to end; their exit statuses.
  public func stop() async -> [Int32] {
    var statuses: [Int32] = []
    for process in workers + servers { statuses.append(await process.stop()) }
    return statuses
  }
}

extension Sequence {
  /// One after the other.
  fileprivate func asyncMap<Value>(
    _ transform: (Element) async throws -> Value
  ) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await transform(element)) }
    return values
  }
}
