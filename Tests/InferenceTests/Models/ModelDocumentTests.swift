import Foundation
import NIOPosix
import ObjectDetection
import TestSupport
import Testing

@testable import Inference

@Suite("ModelDocument")
struct ModelDocumentTests {
  private func document(_ text: String) throws -> ModelDocument {
    try ModelDocument(json: Array(text.utf8), path: "m.json")
  }

  /// Says something under every key.
  private let everything = """
    {"names": ["plane", "ship"], "input_size": [480, 640], "task": "obb", "head": "yolox",
     "confidence_threshold": 0.3, "class_map": {"ship": "vessel"}, "class_thresholds": {"vessel": 0.4, "plane": 1},
     "precision": "bf16", "provenance": {"source": {"sha256": "0a"}, "parity": [1, 0.5, true, null], "n": 3}}
    """

  @Test("every key is read")
  func keys() throws {
    let document = try document(everything)
    #expect(document.names == ["plane", "ship"])
    #expect(document.inputSize == PixelSize(width: 640, height: 480))
    #expect(document.task == "obb")
    #expect(document.head == "yolox")
    #expect(
      document.classSettings
        == ClassSettings(
          confidenceThreshold: 0.3, classMap: ["ship": "vessel"],
          classThresholds: ["vessel": 0.4, "plane": 1]))
    #expect(document.precision == .bf16)
    #expect(document.provenance?["n"] == .number(JSONNumber(double: 3, integer: 3)))
  }

  @Test("an empty document says nothing")
  func empty() throws {
    #expect(try document("{}") == ModelDocument())
  }

  @Test("what it writes reads as the same", arguments: [true, false])
  func roundTrip(isFull: Bool) throws {
    let document = try isFull ? document(everything) : ModelDocument()
    #expect(try self.document(document.json) == document)
  }

  /// A document, and what its error must name beside the file.
  static let faults: [(String, String)] = [
    ("", "line 1, column 1"), ("[]", "JSON object"), ("{\"names\": }", "line 1, column 11"),
    (#"{"class_map": {"a": "b", "a": "c"}}"#, "Duplicate key"),
    (#"{"confidense_threshold": 0.5}"#, "did you mean confidence_threshold?"),
    (#"{"colour": 1}"#, "names, input_size, task"),
    (#"{"names": "plane"}"#, "names"), (#"{"names": ["a", 1]}"#, "names"),
    (#"{"names": null}"#, "names"),
    (#"{"input_size": 640}"#, "input_size"), (#"{"input_size": [640]}"#, "input_size"),
    (#"{"input_size": [640, 640.5]}"#, "input_size"), (#"{"input_size": [0, 640]}"#, "input_size"),
    (#"{"input_size": [640, 8193]}"#, "input_size"),
    (#"{"input_size": [640, 640, 3]}"#, "input_size"), (#"{"task": 3}"#, "task"),
    (#"{"head": []}"#, "head"), (#"{"confidence_threshold": "0.5"}"#, "confidence_threshold"),
    (#"{"confidence_threshold": -0.01}"#, "confidence_threshold"),
    (#"{"confidence_threshold": 1.01}"#, "confidence_threshold"),
    (#"{"confidence_threshold": true}"#, "confidence_threshold"),
    (#"{"class_map": ["a"]}"#, "class_map"), (#"{"class_map": {"a": 1}}"#, "class_map.a"),
    (#"{"class_map": {"a": ""}}"#, "class_map.a"),
    (#"{"class_map": {"a": "b\n"}}"#, "class_map.a"),
    (#"{"class_thresholds": {"plane": 2}}"#, "class_thresholds.plane"),
    (#"{"class_thresholds": {"plane": null}}"#, "class_thresholds.plane"),
    (#"{"class_thresholds": 0.5}"#, "class_thresholds"),
    (#"{"precision": "f64"}"#, "f32, bf16, int8"),
    (#"{"precision": 16}"#, "precision"), (#"{"provenance": "me"}"#, "provenance"),
  ]

  @Test("what is not as it should be is named, with the file", arguments: faults.indices)
  func fault(index: Int) throws {
    let (text, named) = Self.faults[index]
    let error = try #require(throws: DetectionError.self) { try document(text) }
    #expect(error.code == .modelLoadError)
    #expect(error.message.contains("m.json"), "\(error.message)")
    #expect(error.message.contains(named), "\(error.message)")
  }

  @Test("a map or thresholds of more than 10,000 classes are refused, and files above 1 MiB")
  func limits() throws {
    func map(_ count: Int) -> String {
      "{\"class_map\": {" + (0..<count).map { "\"\($0)\": \"a\"" }.joined(separator: ",") + "}}"
    }
    #expect(try document(map(10_000)).classSettings.classMap?.count == 10_000)
    let many = try #require(throws: DetectionError.self) { try document(map(10_001)) }
    #expect(many.message.contains("10000"))
    let folder = try TemporaryFolder()
    let model = try folder.copy(Checkout.model("tree-crowns.onnx"), to: "m.onnx")
    try folder.write("{}" + String(repeating: " ", count: (1 << 20) - 2), to: "m.json")
    #expect(try ModelFile(path: model).document == ModelDocument())
    try folder.write("{}" + String(repeating: " ", count: (1 << 20) - 1), to: "m.json")
    let large = try #require(throws: DetectionError.self) { try ModelFile(path: model) }
    #expect(large.message.contains("m.json is larger than 1048576 bytes"))
  }

  @Test("a document that cannot be read is no document that says nothing")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let model = try folder.copy(Checkout.model("tree-crowns.onnx"), to: "m.onnx")
    try folder.write("", to: "m.json/file")
    let error = try #require(throws: DetectionError.self) { try ModelFile(path: model) }
    #expect(error.message.contains("m.json cannot be read"))
  }
}

@Suite("ModelDocument and its model")
struct DocumentedModelTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.copy(Checkout.model("aerial15-obb.onnx"), to: "m.onnx")
  }

  @Test("classes that the model does not have are refused, with the closest name")
  func unknownClasses() throws {
    for (text, named) in [
      (
        #"{"class_map": {"small_vehcle": "car"}}"#,
        "class_map: the model has no class \"small_vehcle\"; did you mean \"small_vehicle\"?"
      ),
      (
        #"{"class_thresholds": {"shop": 0.4}}"#,
        "class_thresholds: the model has no class \"shop\"; did you mean \"ship\"?"
      ),
      // By the names after the map.
      (
        #"{"class_map": {"ship": "vessel"}, "class_thresholds": {"ship": 0.4}}"#,
        "did you mean \"vessel\"?"
      ),
    ] {
      try folder.write(text, to: "m.json")
      let error = try #require(throws: DetectionError.self) {
        try ModelFile(path: model).interpretation()
      }
      #expect(error.code == .modelLoadError)
      #expect(
        error.message.contains("m.json: ") && error.message.contains(named), "\(error.message)")
    }
  }

  @Test(
    "the catalog knows the model's own names, its labels and its defaults, and reads a document that changes"
  )
  func catalog() async throws {
    let catalog = ModelFolderCatalog(folder: ModelFolder(path: folder.path), threads: .singleton)
    let plain = try await catalog.model(named: "m")
    #expect(plain.defaults == ClassSettings())
    #expect(plain.labels == plain.classNames)
    try folder.write(
      #"{"class_map": {"small_vehicle": "vehicle", "large_vehicle": "vehicle"}, "class_thresholds": {"vehicle": 0.4}}"#,
      to: "m.json")
    let mapped = try await catalog.model(named: "m")
    #expect(mapped.classNames == plain.classNames)
    // large_vehicle is the model's tenth class, small_vehicle its eleventh.
    #expect(mapped.labels == plain.classNames.prefix(9) + ["vehicle"] + plain.classNames.suffix(4))
    #expect(mapped.defaults.classThresholds == ["vehicle": 0.4])
    #expect(mapped.sha256 == plain.sha256)
    try folder.write(#"{"class_map": {"cow": "animal"}}"#, to: "m.json")
    await #expect { try await catalog.model(named: "m") } throws: {
      ($0 as? DetectionError)?.code == .modelLoadError
    }
    #expect(try await catalog.models().isEmpty)
  }

  @Test("a loaded model has the document's defaults, and still its own classes")
  func loaded() async throws {
    try folder.copy(Checkout.modelFixture("v8-detect.onnx"), to: "m.onnx")
    let names = try ModelFile(path: model).interpretation().classNames
    try folder.write(
      #"{"confidence_threshold": 0.4, "class_map": {"\#(names[0])": "\#(names[1])"}}"#, to: "m.json"
    )
    let detector = try await EngineFixture.detector(model)
    #expect(detector.model.classNames == names)
    #expect(detector.model.labels == Array(names.dropFirst()))
    #expect(detector.model.defaults.confidenceThreshold == 0.4)
  }
}

@Suite("PrecisionChoice")
struct PrecisionChoiceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What is chosen for a model with this document, on a device that can do `supported`.
  private func choice(
    asked: InferencePrecision? = nil, document: String = "{}", model: String = "v8-detect.onnx",
    supported: [InferencePrecision]? = InferencePrecision.allCases
  ) throws -> PrecisionChoice {
    let path = try folder.copy(Checkout.modelFixture(model), to: "m.onnx")
    try folder.write(document, to: "m.json")
    return try PrecisionChoice(asked: asked, of: try ModelFile(path: path), device: "CPU") {
      supported?.contains($0)
    }
  }

  @Test("the caller's goes before the document's, and where neither says one it is f32")
  func order() throws {
    #expect(try choice().precision == .f32)
    #expect(try choice(document: #"{"precision": "bf16"}"#).precision == .bf16)
    #expect(try choice(asked: .f32, document: #"{"precision": "bf16"}"#).precision == .f32)
    #expect(try choice(asked: .bf16).precision == .bf16)
    #expect(
      try choice(document: #"{"precision": "int8"}"#, model: "quantized-qdq.onnx").precision
        == .int8)
  }

  @Test("a document's precision that the processor does not have becomes f32, with a warning")
  func fallback() throws {
    let choice = try choice(document: #"{"precision": "bf16"}"#, supported: [.f32])
    #expect(choice.precision == .f32)
    #expect(choice.warning?.contains("bf16") == true && choice.warning?.contains("m") == true)
    #expect(try self.choice(document: #"{"precision": "bf16"}"#).warning == nil)
  }

  @Test(
    "one that was asked for and is not to be had is an error, also where the document says it too")
  func asked() throws {
    for document in ["{}", #"{"precision": "bf16"}"#] {
      let error = try #require(throws: DetectionError.self) {
        try choice(asked: .bf16, document: document, supported: [.f32])
      }
      #expect(error.code == .invalidConfig)
    }
    #expect(throws: DetectionError.self) { try choice(asked: .int8) }
  }

  @Test("a document that calls a model quantized which is not is refused, naming it")
  func notQuantized() throws {
    let error = try #require(throws: DetectionError.self) {
      try choice(document: #"{"precision": "int8"}"#)
    }
    #expect(error.code == .modelLoadError)
    #expect(error.message.contains("m.json") && error.message.contains("precision"))
  }

  @Test("where the device cannot say, the document is taken at its word")
  func unknown() throws {
    #expect(try choice(document: #"{"precision": "bf16"}"#, supported: nil).precision == .bf16)
  }

  @Test("a loaded model runs in its document's precision where the processor has it")
  func loaded() async throws {
    let path = try folder.copy(Checkout.modelFixture("v8-detect.onnx"), to: "m.onnx")
    try folder.write(#"{"precision": "bf16"}"#, to: "m.json")
    let detector = try await EngineFixture.detector(path)
    let hasIt = try EngineFixture.runtime().supports(.bf16, on: "CPU")
    #expect(detector.precision == (hasIt ? .bf16 : .f32))
    #expect((detector.warning == nil) == hasIt)
  }
}
