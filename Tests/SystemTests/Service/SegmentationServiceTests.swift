import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Service: segmentation")
struct SegmentationServiceTests {
  private func fixture(_ name: String) -> String {
    Checkout.path("Tests/Fixtures/segmentation/\(name)")
  }

  /// Calls `body` with a server that has the model of shapes, and the id of a job over a picture of them.
  private func withJob(
    _ body: (ServiceClient, String) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    try folder.copy(fixture("shapes-seg.onnx"), to: "models/shapes-seg.onnx")
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--models-dir", folder.path("models")],
      environment: ["HARRIER_RATE_LIMIT": "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let job = try await client.runJob(
      [("square.jpg", try Checkout.data(fixture("square.jpg")))],
      config: #"{"model":"shapes-seg","sahi":{"enabled":false}}"#)
    try await body(client, job)
    await server.stop()
  }

  /// What Ultralytics finds in the picture.
  private func reference() throws -> [[String: Any]] {
    let document = try JSONSerialization.jsonObject(with: Checkout.data(fixture("square.json")))
    return (document as? [String: Any])?["detections"] as? [[String: Any]] ?? []
  }

  /// The pixels of their masks, by falling confidence: runs are rows, first columns and those behind the last.
  private func areas() throws -> [Int] {
    try reference().map { detection in
      let runs = detection["runs"] as? [Int] ?? []
      return stride(from: 0, to: runs.count, by: 3).reduce(0) { $0 + runs[$1 + 2] - runs[$1 + 1] }
    }
  }

  private func isNear(_ area: Double?, _ wanted: Int) -> Bool {
    abs((area ?? 0) - Double(wanted)) <= 0.02 * Double(wanted) + 2
  }

  @Test("every format of a job's results has its masks, and the annotated picture is drawn")
  func formats() async throws {
    let wanted = try areas()
    #expect(wanted.count == 10)
    try await withJob { client, job in
      let model = try await client.get("/api/v1/models/shapes-seg").data
      #expect(model["task"] as? String == "segment")
      let results = "/api/v1/jobs/\(job)/results"
      try await json(client, results, wanted)
      try await coco(client, results, wanted)
      try await labels(client, results, wanted.count)
      try await tables(client, results, wanted)
      let fileID = try await file(client, results)
      let drawn = try await client.get("/api/v1/files/\(fileID)/annotated?job_id=\(job)")
      let plain = try await client.get("/api/v1/files/\(fileID)/original")
      #expect(drawn.status == 200 && drawn.headers["content-type"] == "image/jpeg")
      #expect(drawn.body != plain.body)
    }
  }

  private func file(_ client: ServiceClient, _ path: String) async throws -> String {
    let images = try await client.get(path).data["results"] as? [[String: Any]]
    return images?.first?["file_id"] as? String ?? ""
  }

  private func json(_ client: ServiceClient, _ path: String, _ areas: [Int]) async throws {
    let answer = try await client.get(path).data
    #expect((answer["model"] as? [String: Any])?["task"] as? String == "segment")
    let images = answer["results"] as? [[String: Any]]
    let detections = images?.first?["detections"] as? [[String: Any]] ?? []
    #expect(detections.count == areas.count)
    for (detection, area) in zip(detections, areas) {
      let mask = detection["segmentation"] as? [String: Any] ?? [:]
      #expect(isNear((mask["area"] as? Int).map(Double.init), area))
      let polygons = mask["polygons"] as? [[[Double]]] ?? []
      let holes = mask["holes"] as? [[[Double]]] ?? []
      #expect(!polygons.isEmpty)
      let enclosed = (polygons + holes).reduce(0) { $0 + signedArea($1) }
      #expect(abs(enclosed - Double(area)) <= 0.03 * Double(area) + 4)
      #expect(polygons.joined().allSatisfy { $0.allSatisfy { (0...320).contains($0) } })
    }
    let few = try await client.get("\(path)?class=tank&min_confidence=0.9").data
    let kept = (few["results"] as? [[String: Any]])?.first?["detections"] as? [[String: Any]]
    #expect(kept?.count == 3)
    #expect(kept?.allSatisfy { $0["segmentation"] != nil } == true)
  }

  private func coco(_ client: ServiceClient, _ path: String, _ areas: [Int]) async throws {
    let document = try await client.get("\(path)?format=coco").json
    let annotations = document["annotations"] as? [[String: Any]] ?? []
    #expect(annotations.count == areas.count)
    for (annotation, area) in zip(annotations, areas) {
      #expect(isNear(annotation["area"] as? Double, area))
      let rings = annotation["segmentation"] as? [[Double]] ?? []
      #expect(!rings.isEmpty && rings.allSatisfy { $0.count >= 6 && $0.count.isMultiple(of: 2) })
    }
  }

  private func labels(_ client: ServiceClient, _ path: String, _ count: Int) async throws {
    let yolo = try await client.get("\(path)?format=yolo").data["files"] as? [[String: Any]]
    let lines = (yolo?.first?["label_content"] as? String ?? "").split(separator: "\n")
    #expect(lines.count == count)
    for line in lines {
      let numbers = line.split(separator: " ").compactMap { Double($0) }
      // A class, at least three points, the confidence.
      #expect(numbers.count >= 8 && numbers.count.isMultiple(of: 2), "\(line)")
      #expect(numbers.dropFirst().allSatisfy { (0...1).contains($0) })
    }
    let voc = try await client.get("\(path)?format=voc").data["files"] as? [[String: Any]]
    let xml = try XMLDocument(xmlString: voc?.first?["xml"] as? String ?? "")
    #expect(try xml.nodes(forXPath: "/annotation/object[polygon/pt/x]").count == count)
  }

  private func tables(_ client: ServiceClient, _ path: String, _ areas: [Int]) async throws {
    let csv = try await client.get("\(path)?format=csv").text.split(separator: "\n")
    #expect(csv.first?.hasSuffix("mask_area_pixels,mask_polygons,file_id") == true)
    #expect(csv.count == areas.count + 1)
    #expect(csv.dropFirst().allSatisfy { $0.contains("\"MULTIPOLYGON (((") })
    let features = try await client.get("\(path)?format=geojson").json["features"]
    let geometries = (features as? [[String: Any]] ?? []).compactMap {
      $0["geometry"] as? [String: Any]
    }
    #expect(geometries.count == areas.count)
    for (geometry, area) in zip(geometries, areas) {
      #expect(geometry["type"] as? String == "MultiPolygon")
      let polygons = geometry["coordinates"] as? [[[[Double]]]] ?? []
      // Counterclockwise as numbers, holes clockwise.
      let enclosed = polygons.joined().reduce(0) { $0 + signedArea($1) }
      #expect(abs(enclosed - Double(area)) <= 0.03 * Double(area) + 4)
    }
  }

  /// Positive for rings that are clockwise on the screen, which is counterclockwise for numbers.
  private func signedArea(_ ring: [[Double]]) -> Double {
    zip(ring, ring.dropFirst() + ring.prefix(1)).reduce(0) { sum, side in
      sum + (side.0[0] * side.1[1] - side.1[0] * side.0[1]) / 2
    }
  }
}
