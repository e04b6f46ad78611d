import Foundation
import TestSupport
import Testing

/// Registered models where machines share a database and an S3 server, and no folder.
@Suite(
  "Service: registered models of a cluster",
  .enabled(if: PostgresServer.isInstalled && S3Server.isInstalled))
struct ClusterModelTests {
  private static let picture = "yell-541000.jpg"

  private func version(of job: String, _ client: ServiceClient) async throws -> Int? {
    let status = try await client.waitForEnd(of: job).data["status"] as? String
    guard status == "completed" else { return nil }
    let model = try await client.get("/api/v1/jobs/\(job)/results").data["model"]
    return (model as? [String: Any])?["version"] as? Int
  }

  @Test("what one API process registers and promotes, another one's jobs run on any machine")
  func anywhere() async throws {
    let folder = try TemporaryFolder()
    let cluster = try await TestCluster.start(dataDirectory: folder.path("api"), workers: 0)
    let stores = try await TestStores.clusterEnvironment(of: folder.path("api"))
    // No folder of models: all that this machine knows comes from the stores.
    let empty = try TemporaryFolder()
    let worker = try await ServerProcess.startWorker(
      dataDirectory: folder.path("worker"),
      environment: stores.merging(["HARRIER_MODELS_DIR": empty.path]) { $1 })
    let (here, there) = (cluster.clients[0], cluster.clients[1])
    let model = try Checkout.data(Checkout.model("tree-crowns.onnx"))
    for document in ["{}", #"{"confidence_threshold": 0.6}"#] {
      let form = MultipartForm(parts: [
        ("model", "m.onnx", model), ("document", nil, Data(document.utf8)),
      ])
      let answer = try await here.send(
        "POST", "/api/v1/models/trees/versions", headers: ["Content-Type": form.contentType],
        body: form.body)
      #expect(answer.status == 201, "\(answer.text)")
    }
    let picture = [(name: Self.picture, data: try Checkout.data(Checkout.sample(Self.picture)))]
    let first = try await there.startJob(picture, config: #"{"model":"trees"}"#)
    // Accepted before the move, whenever it runs.
    let moved = try await here.send(
      "PUT", "/api/v1/models/trees/aliases/production",
      headers: ["Content-Type": "application/json"], body: Data(#"{"version":2}"#.utf8))
    #expect(moved.status == 200, "\(moved.text)")
    let second = try await there.startJob(picture, config: #"{"model":"trees"}"#)
    #expect(try await version(of: first, here) == 1)
    #expect(try await version(of: second, here) == 2)
    // The worker's disk is a cache: it is filled again.
    try FileManager.default.removeItem(atPath: folder.path("worker/models"))
    #expect(await worker.stop() == 0)
    let next = try await ServerProcess.startWorker(
      dataDirectory: folder.path("worker"),
      environment: stores.merging(["HARRIER_MODELS_DIR": empty.path]) { $1 })
    let third = try await there.startJob(picture, config: #"{"model":"trees@1"}"#)
    #expect(try await version(of: third, there) == 1)
    let compared = try await there.post(
      "/api/v1/jobs/\(third)/compare", json: #"{"model":"trees@2"}"#)
    let comparison = try #require(compared.data["job_id"] as? String)
    #expect(try await version(of: comparison, here) == 2)
    let figures = try await here.get("/api/v1/jobs/\(comparison)/comparison").data["figures"]
    let agreement = try #require((figures as? [String: Any])?["agreement"] as? Double)
    // The weaker boxes are in one of them only.
    #expect(agreement > 0 && agreement < 1)
    #expect(await next.stop() == 0)
    #expect(await cluster.stop() == [0, 0])
  }
}
