import Foundation
import TestSupport

/// A server that asks who calls, and keys of several callers.
struct AccessBench: Sendable {
  let server: ServerProcess
  let folder: TemporaryFolder
  let anonymous: ServiceClient

  static let settings = ["HARRIER_AUTH": "on", "HARRIER_RATE_LIMIT": "0"]

  static func start(_ environment: [String: String] = [:], workers: Int = 1) async throws
    -> AccessBench
  {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "\(workers)"],
      environment: settings.merging(environment) { $1 })
    return AccessBench(
      server: server, folder: folder, anonymous: ServiceClient(baseURL: server.baseURL))
  }

  /// A new key, as `harrier keys create` prints it.
  func key(_ scopes: String, _ more: [String] = []) async throws -> String {
    let output = try await keys(["create", "--name", "test", "--scopes", scopes] + more)
    guard output.status == 0 else { throw UnexpectedAnswer(text: output.standardError) }
    return output.text.trimmingCharacters(in: .newlines)
  }

  func keys(_ arguments: [String]) async throws -> HarrierProcess.Output {
    try await HarrierProcess(["keys"] + arguments + ["--data-dir", server.dataDirectory]).run()
  }

  func client(_ scopes: String, _ more: [String] = []) async throws -> ServiceClient {
    anonymous.with(key: try await key(scopes, more))
  }

  static func picture() throws -> (name: String, data: Data) {
    ("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))
  }

  /// The audit log's entries.
  func audit() throws -> [[String: Any]] {
    let text = try String(contentsOfFile: folder.path("data/audit.log"), encoding: .utf8)
    return text.split(separator: "\n").compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
    }
  }
}
