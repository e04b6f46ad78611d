public import Foundation
import Synchronization

/// One running server, or with `HARRIER_TEST_CLUSTER` one cluster, for all tests that leave it as they found it.
public enum SharedServer {
  private static let start = Task {
    let folder = NSTemporaryDirectory() + "/harrier-tests-server-\(UUID().uuidString)"
    let cluster =
      TestStores.areShared
      ? try await TestCluster.start(dataDirectory: folder)
      : TestCluster(
        servers: [
          try await ServerProcess.start(
            dataDirectory: folder, environment: ["HARRIER_RATE_LIMIT": "0"])
        ], dataDirectory: folder)
    processes.withLock {
      $0 = (cluster.servers + cluster.workers).map(\.processID).filter { $0 > 0 }
    }
    // The runner ends by exit(): nothing else tells of it.
    atexit { for process in SharedServer.processes.withLock({ $0 }) { kill(process, SIGKILL) } }
    return cluster
  }

  private static let processes = Mutex<[pid_t]>([])

  public static func client() async throws -> ServiceClient { try await start.value.client }

  public static func port() async throws -> Int { try await start.value.servers[0].port }
}

extension ServiceClient {
  /// Uploads the files and starts a job over them; returns its id.
  public func startJob(
    _ files: [(name: String, data: Data)], config: String = "{}"
  ) async throws -> String {
    let upload = try await upload(files)
    let uploadID = upload.data["upload_id"] as? String ?? ""
    let job = try await post(
      "/api/v1/inference/predict", json: #"{"upload_id":"\#(uploadID)","config":\#(config)}"#)
    guard let id = job.data["job_id"] as? String else {
      throw UnexpectedAnswer(text: upload.text + job.text)
    }
    return id
  }

  /// Starts a job over the files; returns its id when it has ended.
  public func runJob(
    _ files: [(name: String, data: Data)], config: String = "{}"
  ) async throws -> String {
    let id = try await startJob(files, config: config)
    try await waitForEnd(of: id)
    return id
  }

  /// Returns when a worker has begun with the job.
  public func waitForBeginning(of jobID: String) async throws {
    let path = "/api/v1/jobs/\(jobID)/status?wait=5"
    while try await get(path).data["status"] as? String == "queued" {}
  }

  /// Returns the status document's data once the job has ended.
  @discardableResult
  public func waitForEnd(of jobID: String) async throws -> Answer {
    while true {
      let answer = try await get("/api/v1/jobs/\(jobID)/status?wait=30")
      let status = answer.data["status"] as? String
      guard status == "queued" || status == "processing" else { return answer }
    }
  }
}

/// The server answered something else than a test can go on with.
public struct UnexpectedAnswer: Error, CustomStringConvertible {
  public let text: String
  public var description: String { text }

  public init(text: String) { self.text = text }
}
