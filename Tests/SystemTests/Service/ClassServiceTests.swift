import Foundation
import TestSupport
import Testing

/// Expected confidences: Ultralytics 8.4.190 on scene-1.jpg, confidence 0.05, IoU 0.45, with the scores of
/// large_vehicle and small_vehicle replaced by the larger of both before its suppression.
enum MergedVehicles {
  static let confidences = [
    0.8799, 0.8326, 0.7085, 0.6741, 0.4469, 0.3729, 0.3624, 0.2602, 0.2581, 0.1747, 0.0688,
  ]
  /// Of the classes that were not merged.
  static let others = ["storage_tank": 6, "ship": 1, "roundabout": 1]
  /// Without a map: 9 large ones and 5 small ones, of which 3 are the same things.
  static let unmerged = 14

  static let map = #"{"small_vehicle":"vehicle","large_vehicle":"vehicle"}"#

  static func agree(_ found: [Double], with expected: ArraySlice<Double>) -> Bool {
    found.count == expected.count
      && zip(found.sorted(by: >), expected).allSatisfy { abs($0 - $1) < 0.005 }
  }
}

@Suite("Service: maps and thresholds of classes")
struct ClassServiceTests {
  private static let weak = #""confidence_threshold":0.05,"sahi":{"enabled":false}"#

  private func scene() throws -> [(name: String, data: Data)] {
    [("scene-1.jpg", try Checkout.data(Checkout.sample("scene-1.jpg")))]
  }

  /// Confidences by class name.
  private func found(
    in job: String, _ client: ServiceClient, _ query: String = ""
  ) async throws -> [String: [Double]] {
    let images = try await client.get("/api/v1/jobs/\(job)/results\(query)").data["results"]
    let detections = (images as? [[String: Any]])?.first?["detections"] as? [[String: Any]] ?? []
    return Dictionary(grouping: detections) { $0["class_name"] as? String ?? "" }
      .mapValues { $0.map { $0["confidence"] as? Double ?? -1 } }
  }

  private func predict(
    _ config: String, _ client: ServiceClient
  ) async throws -> ServiceClient.Answer {
    let upload = try await client.upload(try scene()).data["upload_id"] as? String ?? ""
    return try await client.post(
      "/api/v1/inference/predict", json: #"{"upload_id":"\#(upload)","config":\#(config)}"#)
  }

  @Test(
    "merged classes are one class in every answer, as Ultralytics finds it; each has its threshold")
  func merged() async throws {
    let client = try await SharedServer.client()
    let plain = try await found(
      in: try await client.runJob(
        try scene(), config: #"{"model":"aerial15-obb",\#(Self.weak)}"#), client)
    #expect(
      (plain["small_vehicle"] ?? []).count + (plain["large_vehicle"] ?? []).count
        == MergedVehicles.unmerged)
    let job = try await client.runJob(
      try scene(),
      config: #"{"model":"aerial15-obb",\#(Self.weak),"class_map":\#(MergedVehicles.map)}"#)
    let merged = try await found(in: job, client)
    #expect(MergedVehicles.agree(merged["vehicle"] ?? [], with: MergedVehicles.confidences[...]))
    #expect(
      merged.filter { $0.key != "vehicle" }.mapValues(\.count) == MergedVehicles.others)
    #expect(try await found(in: job, client, "?class=vehicle").keys.sorted() == ["vehicle"])
    for format in ["coco", "voc", "csv", "geojson"] {
      let text = try await client.get("/api/v1/jobs/\(job)/results?format=\(format)").text
      #expect(text.contains("vehicle") && !text.contains("small_vehicle"), "\(format)")
    }
    let status = try await client.get("/api/v1/jobs/\(job)/status").data
    let summary = status["summary"] as? [String: Any]
    #expect(
      (summary?["detections_by_class"] as? [String: Int])?["vehicle"]
        == MergedVehicles.confidences.count)
    let thresholds = try await client.runJob(
      try scene(),
      config:
        #"{"model":"aerial15-obb",\#(Self.weak),"class_map":\#(MergedVehicles.map),"class_thresholds":{"vehicle":0.4},"classes":["vehicle","ship"]}"#
    )
    let sure = try await found(in: thresholds, client)
    #expect(MergedVehicles.agree(sure["vehicle"] ?? [], with: MergedVehicles.confidences[..<5]))
    #expect(sure.keys.sorted() == ["ship", "vehicle"])
  }

  @Test("classes that the model does not have are refused all at once, by their fields")
  func refused() async throws {
    let client = try await SharedServer.client()
    let answer = try await predict(
      #"""
      {"model":"aerial15-obb","class_map":{"small_vehcle":"vehicle"},
       "class_thresholds":{"plain":0.4},"classes":["shipp"]}
      """#, client)
    #expect(answer.status == 400)
    #expect(answer.errorCode == "INVALID_CONFIG")
    #expect(
      answer.errors.map { $0["field"] as? String } == [
        "config.classes[0]", "config.class_map.small_vehcle", "config.class_thresholds.plain",
      ])
    #expect(answer.text.contains("did you mean \\\"small_vehicle\\\"?"), "\(answer.text)")
  }

  @Test("a model's document counts for jobs that say nothing, at once, and for accepted jobs never")
  func document() async throws {
    let folder = try TemporaryFolder()
    try folder.copy(Checkout.model("aerial15-obb.onnx"), to: "models/aerial15-obb.onnx")
    let document = #"{"class_map":\#(MergedVehicles.map),"confidence_threshold":0.05}"#
    try folder.write(document, to: "models/aerial15-obb.json")
    try folder.write("confidence_modifier(vehicle,ship,1.5).", to: "rules/mine.pl")
    func start(workers: Int) async throws -> (ServerProcess, ServiceClient) {
      let server = try await ServerProcess.start(
        dataDirectory: folder.path("data"),
        arguments: ["--models-dir", folder.path("models"), "--rules-dir", folder.path("rules")],
        environment: [
          "HARRIER_RATE_LIMIT": "0", "HARRIER_DEFAULT_MODEL": "aerial15-obb",
          "HARRIER_WORKERS": "\(workers)",
        ])
      return (server, ServiceClient(baseURL: server.baseURL))
    }
    let (server, client) = try await start(workers: 0)
    let model = try await client.get("/api/v1/models/aerial15-obb").data
    #expect((model["classes"] as? [String])?.contains("vehicle") == true)
    #expect((model["classes"] as? [String])?.count == 14)
    #expect((model["defaults"] as? [String: Any])?["confidence_threshold"] as? Double == 0.05)
    let config = #"{"sahi":{"enabled":false},"symbolic_reasoning":{"rules":"mine"}}"#
    let first = try await client.startJob(try scene(), config: config)
    try folder.write(#"{"class_map":{"ship":"vessel"}}"#, to: "models/aerial15-obb.json")
    let second = try await client.startJob(try scene(), config: #"{"sahi":{"enabled":false}}"#)
    try folder.write(#"{"class_map":{"cow":"animal"}}"#, to: "models/aerial15-obb.json")
    let broken = try await predict("{}", client)
    #expect(broken.status >= 400, "\(broken.text)")
    try folder.write(#"{"class_thresholds":{"ship":0.99}}"#, to: "models/aerial15-obb.json")
    #expect(await server.stop() == 0)

    let (next, nextClient) = try await start(workers: 1)
    for job in [first, second] { try await nextClient.waitForEnd(of: job) }
    let merged = try await found(in: first, nextClient)
    #expect(
      merged.filter { $0.key != "vehicle" }.mapValues(\.count) == MergedVehicles.others)
    #expect(merged["vehicle"]?.count == MergedVehicles.confidences.count)
    let report = try await nextClient.get("/api/v1/jobs/\(first)/reasoning").data
    #expect(report["rules_sha256"] as? String != nil)
    let renamed = try await found(in: second, nextClient)
    // The reference finds one ship at 0.334: above the standard threshold, 0.25.
    #expect(renamed["vessel"]?.count == 1)
    #expect(renamed["ship"] == nil && renamed["vehicle"] == nil)
    #expect(await next.stop() == 0)
  }
}
