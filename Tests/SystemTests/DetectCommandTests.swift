import Foundation
import FoundationXML
import TestSupport
import Testing

@Suite("harrier detect")
struct DetectCommandTests {
  private let yell = Checkout.sample("yell-541000.jpg")

  @Test("the sample's trees are printed as JSON, a summary goes to standard error")
  func trees() async throws {
    let output = try await harrier("detect", yell)
    #expect(output.status == 0)
    let document = try output.document()
    // Ultralytics with SAHI finds 194: Benchmarks/reference/expected/trees-yell-541000-sliced.json.
    #expect((190...200).contains(document.total_detections))
    #expect(document.results.map(\.filename) == ["yell-541000.jpg"])
    #expect(document.results.first?.width == 1249)
    #expect(output.errorLines.count == 1)
    #expect(output.standardError.contains("1 image, \(document.total_detections) detections"))
  }

  @Test("it works from any directory, with relative paths")
  func elsewhere() async throws {
    let folder = try TemporaryFolder()
    try folder.copy(Checkout.sample("scene-1.jpg"), to: "pictures/scene.jpg")
    let output = try await harrier(
      "detect", "-q", "pictures/scene.jpg", "--model", "aerial15-obb", "--slice", "off",
      in: folder.path)
    #expect(output.status == 0)
    // obb-scene-1-whole.json
    #expect((15...17).contains(try output.document().total_detections))
    #expect(try folder.files() == ["pictures/scene.jpg"])
  }

  @Test("--quiet says nothing on standard error")
  func quiet() async throws {
    let output = try await harrier("detect", "--quiet", yell, "--slice", "off")
    #expect(output.status == 0)
    #expect(output.standardError.isEmpty)
  }

  @Test("a picture may be named twice, and a name may hold anything")
  func oddNames() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.copy(Checkout.imageFixture("png-rgb8.png"), to: "día [1]\t\"q\" \\.png")
    let output = try await harrier("detect", "-q", path, path)
    #expect(output.status == 0)
    #expect(
      try output.document().results.map(\.filename)
        == Array(repeating: "día [1]\t\"q\" \\.png", count: 2))
  }

  @Test("the settings reach the engine")
  func settings() async throws {
    let few = try await harrier("detect", "-q", yell, "--max-detections", "5").document()
    #expect(few.total_detections == 5)
    let sure = try await harrier("detect", "-q", yell, "--confidence", "0.6").document()
    let confidences = sure.results.flatMap { $0.detections ?? [] }.map(\.confidence)
    #expect(!confidences.isEmpty && confidences.allSatisfy { $0 > 0.6 })
    let ships = try await harrier(
      "detect", "-q", Checkout.sample("scene-1.jpg"), "--model", "aerial15-obb", "--classes",
      "storage_tank,9"
    ).document()
    let names = Set(ships.results.flatMap { $0.detections ?? [] }.map(\.class_name))
    #expect(names == ["storage_tank", "large_vehicle"])
  }

  @Test(
    "a model is taken by its path too",
    arguments: ["v8-detect.onnx", "v8-detect_openvino_model/v8-detect.xml"])
  func modelPath(_ model: String) async throws {
    let output = try await harrier(
      "detect", "-q", Checkout.imageFixture("png-rgb8.png"), "--model",
      Checkout.modelFixture(model), "--slice", "off")
    #expect(output.status == 0)
    let document = try output.document()
    #expect(document.model.name == "v8-detect")
    let names = Set(document.results.flatMap { $0.detections ?? [] }.map(\.class_name))
    #expect(names == ["plane", "ship", "storage tank"])
  }

  @Test("every format is well-formed", arguments: ["json", "coco", "geojson"])
  func jsonFormats(_ format: String) async throws {
    let output = try await harrier("detect", "-q", yell, "--format", format)
    #expect(output.status == 0)
    let document = try #require(
      try JSONSerialization.jsonObject(with: output.standardOutput) as? [String: Any])
    let key = ["json": "results", "coco": "annotations", "geojson": "features"]
    let count = try #require((document[key[format] ?? ""] as? [Any])?.count)
    #expect(format == "json" ? count == 1 : (190...200).contains(count))
  }

  @Test("yolo is a line of a class and four shares a detection")
  func yolo() async throws {
    let output = try await harrier("detect", "-q", yell, "--format", "yolo")
    let lines = output.text.split(separator: "\n")
    #expect((190...200).contains(lines.count))
    for line in lines {
      let numbers = line.split(separator: " ").compactMap { Double($0) }
      try #require(numbers.count >= 5)
      #expect(numbers[0] == 0)
      #expect(numbers[1...4].allSatisfy { (0...1).contains($0) })
    }
  }

  @Test("csv is a header and a row of as many cells a detection")
  func csv() async throws {
    let output = try await harrier("detect", "-q", yell, "--format", "csv")
    let rows = output.text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).count
    }
    #expect((191...201).contains(rows.count))
    #expect(Set(rows).count == 1)
  }

  @Test("voc is XML with an object a detection")
  func voc() async throws {
    let output = try await harrier("detect", "-q", yell, "--format", "voc")
    let parser = XMLParser(data: output.standardOutput)
    let elements = ElementCounter()
    parser.delegate = elements
    #expect(parser.parse())
    #expect(elements.root == "annotation")
    #expect((190...200).contains(elements.counts["object", default: 0]))
  }
}

private final class ElementCounter: NSObject, XMLParserDelegate {
  private(set) var root: String?
  private(set) var counts: [String: Int] = [:]

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    root = root ?? name
    counts[name, default: 0] += 1
  }
}
