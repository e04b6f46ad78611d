import Foundation
import TestSupport
import Testing

/// Real checkpoints of PyTorch, made by the generator of Tests/ConversionTests, through the whole command.
@Suite("harrier models import", .serialized)
struct ImportCommandTests {
  private struct Document: Decodable {
    struct Provenance: Decodable {
      struct Source: Decodable { var file: String, sha256: String, kind: String }
      struct Parity: Decodable {
        var verdict: String
        var original_boxes: Int?
        var matched: Int?
        var missing: Int?
        var extra: Int?
        var max_box_error_pixels: Double?
        var max_score_error: Double?
      }
      struct Precision: Decodable {
        struct Tried: Decodable { var precision: String, agreement: Double?, milliseconds: Double? }
        var chosen: String
        var tried: [Tried]
      }
      var name: String
      var version: Int
      var source: Source
      var parity: Parity
      var precision: Precision?
      var classes: [String]
    }
    var provenance: Provenance
    var precision: String?
  }

  private static let cache = Checkout.path(".deps/import")
  private let folder: TemporaryFolder
  private var models: String { folder.path("models") }

  init() throws { folder = try TemporaryFolder() }

  /// Makes `FOLDER/KIND.pt`.
  private func checkpoint(_ kind: String, _ more: [String] = []) async throws -> String {
    let environment = try FileManager.default.contentsOfDirectory(atPath: Self.cache)
      .first { $0.hasPrefix("python-") }
    let python = try #require(
      environment.map { "\(Self.cache)/\($0)/bin/python" }, "run: harrier models setup --int8")
    let output = try await HarrierProcess(
      program: python,
      [Checkout.path("Tests/ConversionTests/make_checkpoints.py"), folder.path, kind] + more
    ).run()
    try #require(output.status == 0, "\(output.standardError)")
    return folder.path("\(kind).pt")
  }

  private func importing(_ arguments: [String]) async throws -> HarrierProcess.Output {
    try await HarrierProcess(
      ["models", "import"] + arguments + ["--models-dir", models],
      environment: ["HARRIER_CACHE_DIR": Self.cache]
    ).run()
  }

  private func document(_ name: String) throws -> Document {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(models)/\(name).json"))
    return try JSONDecoder().decode(Document.self, from: data)
  }

  private static let samples = ["scene-2.jpg", "yell-541000.jpg"].flatMap {
    ["--samples", Checkout.path("Samples/\($0)")]
  }

  @Test(
    "a checkpoint of each family is installed, and finds the boxes that PyTorch finds",
    arguments: ["yolov8n", "yolo11n", "yolo11n-obb", "yolo11n-seg", "yolo26n"])
  func families(_ kind: String) async throws {
    let source = try await checkpoint(kind)
    let output = try await importing([source] + Self.samples)
    #expect(output.status == 0, "\(output.standardError)")
    #expect(output.text.contains("the same boxes as the original"))
    let provenance = try document(kind).provenance
    #expect(provenance.parity.verdict == "same")
    #expect(try #require(provenance.parity.matched) >= 20)
    #expect(provenance.parity.missing == 0 && provenance.parity.extra == 0)
    #expect(try #require(provenance.parity.max_box_error_pixels) < 0.5)
    #expect(try #require(provenance.parity.max_score_error) < 0.01)
    #expect(provenance.version == 1 && provenance.name == kind)
    #expect(provenance.classes.count == (kind.hasSuffix("obb") ? 15 : 80))
    // As anybody can compute it.
    let sum = try await HarrierProcess(program: "sha256sum", [source]).run().text
    #expect(sum.hasPrefix(provenance.source.sha256))
    let detect = try await HarrierProcess([
      "detect", Checkout.path("Samples/scene-2.jpg"), "--model", kind, "--models-dir", models,
      "--confidence", "0.05", "--quiet",
    ]).run()
    #expect(detect.status == 0, "\(detect.standardError)")
  }

  @Test(
    "a model with 1,000 classes, and one of 1280 pixels",
    arguments: [
      ("thin-1000-classes", 1000, 320), ("thin-1280", nil, 1280),
    ])
  func unusual(_ kind: String, classes: Int?, size: Int) async throws {
    let output = try await importing([try await checkpoint(kind)] + Self.samples)
    #expect(output.status == 0, "\(output.standardError)")
    let provenance = try document(kind).provenance
    if let classes { #expect(provenance.classes.count == classes) }
    let listed = try await HarrierProcess(["models", "--models-dir", models]).run().text
    #expect(listed.contains("input    \(size)x\(size)"))
  }

  @Test(
    "what is no detector, or no checkpoint, is refused with its reason, and nothing is installed",
    arguments: [
      ("classifier", "classif"), ("pose", "pose"), ("empty", "empty"),
      ("text", "no PyTorch checkpoint"),
      ("zip", "data.pkl"), ("truncated", "cut short"), ("state-dict", "state"),
      ("foreign", "neither PyTorch"),
    ])
  func refused(_ kind: String, reason: String) async throws {
    let output = try await importing([try await checkpoint(kind)] + Self.samples)
    #expect(output.status == 1, "\(output.text)")
    #expect(output.standardError.contains(reason), "\(output.standardError)")
    #expect(!FileManager.default.fileExists(atPath: models))
  }

  @Test(
    "a pickle that runs code reaches nothing, and ends",
    arguments: [
      "hostile-socket", "hostile-write", "hostile-system", "hostile-fork", "hostile-memory",
    ])
  func hostile(_ kind: String) async throws {
    let victim = folder.path("victim")
    let source = try await checkpoint(kind, ["--target", victim, "--port", "9"])
    let output = try await importing([source, "--timeout", "120"] + Self.samples)
    #expect(output.status == 1)
    #expect(output.standardError.contains("was not run"), "\(output.standardError)")
    #expect(!FileManager.default.fileExists(atPath: victim))
    #expect(!FileManager.default.fileExists(atPath: models))
  }

  @Test("a conversion that never ends is ended")
  func endless() async throws {
    let output = try await importing(
      [try await checkpoint("thin"), "--timeout", "1"] + Self.samples)
    #expect(output.status == 1)
    #expect(output.standardError.contains("longer than 1"), "\(output.standardError)")
  }

  @Test("a name is taken once; --replace counts the version up and keeps what its owner wrote")
  func versions() async throws {
    let source = try await checkpoint("one-class")
    let name = ["--name", "mine"]
    #expect(try await importing([source] + name + Self.samples).status == 0)
    let again = try await importing([source] + name + Self.samples)
    #expect(again.status == 2)
    #expect(again.standardError.contains("--replace"))
    let path = "\(models)/mine.json"
    var document = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
        as? [String: Any])
    document["confidence_threshold"] = 0.4
    // Said about the file that is replaced.
    document["names"] = ["somebody"]
    try JSONSerialization.data(withJSONObject: document).write(to: URL(fileURLWithPath: path))
    #expect(try await importing([source, "--replace"] + name + Self.samples).status == 0)
    let replaced = try String(contentsOfFile: path, encoding: .utf8)
    #expect(replaced.contains("\"confidence_threshold\" : 0.4"))
    #expect(!replaced.contains("somebody"))
    #expect(try self.document("mine").provenance.version == 2)
  }

  @Test("an ONNX file is compared with ONNX Runtime, and each precision with f32")
  func precision() async throws {
    let source = try folder.copy(Checkout.path("Models/tree-crowns.onnx"), to: "crowns.onnx")
    let output = try await importing(
      [source, "--precision", "auto", "--agreement", "0.5", "--labels", Checkout.path("Samples")]
        + Self.samples)
    #expect(output.status == 0, "\(output.standardError)")
    let folder = "\(models)/crowns_openvino_model/crowns.json"
    let path = FileManager.default.fileExists(atPath: folder) ? folder : "\(models)/crowns.json"
    let document = try JSONDecoder().decode(
      Document.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(document.provenance.parity.verdict == "same")
    let precision = try #require(document.provenance.precision)
    #expect(precision.tried.map(\.precision) == ["f32", "bf16", "int8"])
    #expect(document.precision == precision.chosen)
    // The fastest of those that agree enough.
    let usable = precision.tried.filter { ($0.agreement ?? 0) >= 0.5 }
    let fastest = try #require(
      usable.min { $0.milliseconds ?? .infinity < $1.milliseconds ?? .infinity })
    #expect(fastest.precision == precision.chosen)
    let int8 = try #require(precision.tried.last)
    #expect(int8.agreement ?? 0 > 0.5, "int8 must have been made and run")
  }

  @Test("without a terminal nothing is installed unasked")
  func unasked() async throws {
    let output = try await HarrierProcess(
      ["models", "setup"], environment: ["HARRIER_CACHE_DIR": folder.path("cache")]
    ).run()
    #expect(output.status == 2)
    #expect(output.standardError.contains("to fetch"))
    #expect(output.standardError.contains("--yes"))
  }
}
