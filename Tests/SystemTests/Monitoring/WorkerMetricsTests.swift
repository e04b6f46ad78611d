import Foundation
import TestSupport
import Testing

@Suite("A worker's own metrics")
struct WorkerMetricsTests {
  @Test("are for who has the token; another credential, also what is none, is answered with 401")
  func token() async throws {
    let folder = try TemporaryFolder()
    let token = String(repeating: "t0", count: 20)
    let worker = try await ServerProcess.startWorker(
      dataDirectory: folder.path("data"),
      environment: [
        "HARRIER_AUTH": "on", "HARRIER_METRICS_PORT": "0", "HARRIER_METRICS_TOKEN": token,
      ])
    await worker.waitForLog("The worker shows its metrics")
    let port = try #require(
      worker.log.firstMatch(of: /"metrics_port":(\d+)/).flatMap { Int($0.1) })
    let client = ServiceClient(baseURL: "http://127.0.0.1:\(port)")
    let shown = try await client.with(key: token).get("/metrics")
    #expect(shown.status == 200 && shown.text.contains("app_info{"))
    #expect(try await client.get("/health/live").status == 200)
    let strangers: [[String: String]] = [
      [:], ["Authorization": "Bearer \(token)x"], ["Authorization": "Basic \(token)"],
      ["Authorization": "Bearer"], ["X-API-Key": "a b\"c"],
      ["Authorization": "Bearer \(token)", "X-API-Key": "other"],
    ]
    for headers in strangers {
      let answer = try await client.get("/metrics", headers: headers)
      #expect(answer.status == 401, "\(headers)")
      #expect(!answer.text.contains("app_info"))
    }
    #expect(await worker.stop() == 0)
  }
}
