import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

@Suite("ModelFile")
struct ModelFileTests {
  @Test(
    "layout, task, names and input size are read without loading the model",
    arguments: try ModelManifest.accepted().filter { $0.file != "v8-dynamic.onnx" })
  func interprets(_ entry: ModelManifest.Entry) throws {
    let found = try ModelFile(path: Checkout.modelFixture(entry.file)).interpretation()
    #expect(found.layout.rawValue == entry.layout)
    #expect(found.task.rawValue == entry.task ?? "detect")
    #expect(found.classNames == entry.names ?? ["class0", "class1", "class2"])
    #expect([found.inputSize.height, found.inputSize.width] == entry.input)
  }

  @Test(
    "an output whose dimensions are all open is known only after loading; the input size before")
  func openOutput() throws {
    let file = try ModelFile(path: Checkout.modelFixture("v8-dynamic.onnx"))
    #expect(file.signature.inputs == [[nil, 3, nil, nil]])
    #expect(file.metadata.inputSize == PixelSize(width: 64, height: 64))
    let error = #expect(throws: DetectionError.self) { try file.interpretation() }
    #expect(error?.message.contains("[?, ?, ?]") == true)
  }

  @Test("the manifest holds the models that these tests are about")
  func manifestIsComplete() throws {
    let models = try ModelManifest.load().models
    #expect(models.count(where: { $0.rows != nil }) == 17)
    #expect(
      Set(models.filter { $0.rows == nil }.map(\.file)) == Set(Self.unsupported.map(\.file)))
  }

  struct Unsupported: Sendable, CustomTestStringConvertible {
    var file: String
    /// What the message must say was found.
    var found: String
    var testDescription: String { file }
  }

  static let unsupported = [
    Unsupported(file: "segmentation.onnx", found: "[1, 40, 84], [1, 32, 16, 16] for 3 class names"),
    Unsupported(file: "classify.onnx", found: "task is \"classify\""),
    Unsupported(file: "pose.onnx", found: "task is \"pose\""),
    Unsupported(file: "batch4.onnx", found: "batches of exactly 4"),
    Unsupported(file: "one-channel.onnx", found: "[1, 1, 64, 64]"),
    Unsupported(file: "names-mismatch.onnx", found: "5 class names"),
    Unsupported(file: "output-rank2.onnx", found: "output has the shape ["),
    Unsupported(file: "output-nonsense.onnx", found: "[1, 3, 3]"),
  ]

  @Test("a model that cannot be used is refused with what was found", arguments: unsupported)
  func refuses(_ model: Unsupported) throws {
    let error = try #require(throws: DetectionError.self) {
      try ModelFile(path: Checkout.modelFixture(model.file)).interpretation()
    }
    #expect(error.code == .modelLoadError)
    #expect(error.message.contains(model.file))
    #expect(error.message.contains(model.found), "\(error.message)")
  }

  @Test("only a model with quantized operators counts as quantized")
  func quantized() throws {
    for entry in try ModelManifest.accepted() {
      let file = try ModelFile(path: Checkout.modelFixture(entry.file))
      #expect(file.isQuantized == (entry.file == "quantized-qdq.onnx"), "\(entry.file)")
    }
  }

  @Test("the checksum is that of sha256sum")
  func checksum() throws {
    let folder = try TemporaryFolder()
    // sha256sum Models/tree-crowns.onnx Models/aerial15-obb.onnx
    #expect(
      try ModelFile(path: Checkout.model("tree-crowns.onnx")).sha256()
        == "ae909a7013556b49139a0190c9001e153b164c060e867c5840b381af17acb0ce")
    #expect(
      try ModelFile(path: Checkout.model("aerial15-obb.onnx")).sha256()
        == "6d8cc6ee2edaa42ddeee1480315e2e3abd3d6901fcf0da731e244541558f7895")
    // cat v8-detect.xml v8-detect.bin | sha256sum
    let xml = "v8-detect_openvino_model/v8-detect.xml"
    #expect(
      try ModelFile(path: Checkout.modelFixture(xml)).sha256()
        == "1136d1001e7fbd9b44ea4b2f486c2cdd4d4a3d957bbafc06dafdf9ba806b0d9b")
    // The ending's case is no part of the format.
    let upper = try folder.copy(Checkout.modelFixture("v8-detect.onnx"), to: "UPPER.ONNX")
    #expect(
      try ModelFile(path: upper).sha256()
        == "a177bb375d9fe699062fb36d74f783ac3f24847f0ce7084fd91abd5d05d4cdf3")
  }

  @Test("a file of another kind is refused, naming the kinds that are known")
  func otherKind() throws {
    let error = try #require(throws: DetectionError.self) {
      try ModelFile(path: Checkout.path("Package.swift"))
    }
    #expect(error.code == .modelLoadError)
    #expect(error.message.contains("Package.swift"))
    #expect(error.message.contains("NAME.onnx"))
  }

  @Test("a file that is not there is not found", arguments: ["/nowhere/a.onnx", "/nowhere/a.xml"])
  func missing(_ path: String) throws {
    let error = try #require(throws: DetectionError.self) { try ModelFile(path: path) }
    #expect(error.code == .modelNotFound)
    #expect(error.message.contains(path))
  }
}

@Suite("ModelFile: the JSON file beside it")
struct ModelFileDocumentTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.copy(Checkout.modelFixture("v8-no-metadata.onnx"), to: "m.onnx")
  }

  @Test("names, input size and task that the model does not know come from it")
  func fills() throws {
    try folder.write(
      #"{"names": ["plane", "driver's cab", "back\\slash"], "task": "detect"}"#, to: "m.json")
    let found = try ModelFile(path: model).interpretation()
    #expect(found.classNames == ["plane", "driver's cab", "back\\slash"])
    #expect(found.task == .detect)
  }

  @Test("it gives open dimensions their size, height first")
  func inputSize() throws {
    try folder.copy(Checkout.modelFixture("v8-dynamic.onnx"), to: "m.onnx")
    try folder.write(#"{"input_size": [96, 128]}"#, to: "m.json")
    let file = try ModelFile(path: model)
    #expect(
      try ModelInterpretation.inputSize(of: file.signature, file.metadata)
        == PixelSize(width: 128, height: 96))
  }

  @Test("a task that is not supported is refused from there too")
  func task() throws {
    try folder.write(#"{"task": "pose"}"#, to: "m.json")
    let error = try #require(throws: DetectionError.self) {
      try ModelFile(path: model).interpretation()
    }
    #expect(error.message.contains("pose"))
  }

  @Test(
    "what is no such object is refused, naming the file",
    arguments: [
      "", "[]", "{", #"{"names": "plane"}"#, #"{"input_size": 640.5}"#, #"{"names": [1]}"#,
      "\u{0}\u{1}", #"{"task": 3}"#,
    ])
  func malformed(_ text: String) throws {
    try folder.write(text, to: "m.json")
    let error = try #require(throws: DetectionError.self) { try ModelFile(path: model) }
    #expect(error.code == .modelLoadError)
    #expect(error.message.contains("m.json"))
  }
}
