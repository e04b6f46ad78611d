import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

@Suite("ModelFile: damaged files")
struct DamagedModelTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func code(_ bytes: Data, as name: String = "m.onnx") throws -> DetectionError.Code? {
    let path = try folder.write(bytes, to: name)
    do {
      _ = try ModelFile(path: path).interpretation()
      return nil
    } catch let error as DetectionError {
      #expect(error.message.contains(folder.path))
      return error.code
    }
  }

  @Test(
    "what is no ONNX model is refused",
    arguments: ["", "This is not a model.\n", "{}", "\u{8}", "<?xml version=\"1.0\"?><net/>"])
  func notONNX(_ text: String) throws {
    #expect(try code(Data(text.utf8)) == .modelLoadError)
  }

  @Test("random bytes are refused", arguments: 0..<50)
  func randomBytes(_ round: Int) throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...4096, using: &generator)
    let bytes = Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    #expect(try code(bytes) == .modelLoadError, "seed \(seed)")
  }

  @Test("a model that was cut short is refused, or it ends between two of its fields")
  func truncated() throws {
    let whole = try Checkout.data(Checkout.modelFixture("v8-detect.onnx"))
    let ends = try fieldEnds(whole)
    for count in stride(from: 0, to: whole.count, by: 7) {
      let found = try code(whole.prefix(count))
      if found == nil {
        // Protocol Buffers cannot tell: OpenVINO or the metadata have the last word.
        #expect(ends.contains(count), "\(count) bytes were accepted")
      } else {
        #expect(found == .modelLoadError, "\(count) bytes")
      }
    }
  }

  @Test("a model without operator versions, cut between two fields, is refused when it is loaded")
  func truncatedBetweenFields() async throws {
    let whole = try Checkout.data(Checkout.modelFixture("v8-detect.onnx"))
    for end in try fieldEnds(whole) where end < whole.count {
      let path = try folder.write(whole.prefix(end), to: "m.onnx")
      do {
        _ = try await EngineFixture.detector(path)
      } catch {
        #expect((error as? DetectionError)?.code == .modelLoadError, "\(end) bytes: \(error)")
      }
    }
  }

  @Test("a model with a changed byte loads or is refused, and never crashes", arguments: 0..<60)
  func changedByte(_ round: Int) throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    var bytes = try Checkout.data(Checkout.modelFixture("v8-one-class.onnx"))
    for _ in 0..<4 {
      bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
        in: 0...255, using: &generator)
    }
    let found = try code(bytes)
    #expect(found == nil || found == .modelLoadError, "seed \(seed)")
  }

  @Test("an OpenVINO model without its weights, or cut short, is refused")
  func damagedIR() throws {
    let source = Checkout.modelFixture("v8-detect_openvino_model/v8-detect")
    let xml = try Checkout.data(source + ".xml")
    #expect(try code(xml, as: "m.xml") == .modelLoadError)
    try folder.copy(source + ".bin", to: "m.bin")
    for share in [0, 0.1, 0.5, 0.9] {
      let count = Int(Double(xml.count) * share)
      #expect(try code(xml.prefix(count), as: "m.xml") == .modelLoadError, "\(count) bytes")
    }
    #expect(try code(Data("<html></html>".utf8), as: "m.xml") == .modelLoadError)
    #expect(try code(xml, as: "m.xml") == nil)
  }

  @Test(
    "class names in metadata.yaml are taken as they are written",
    arguments: [
      ("{0: plane, 1: ship, 2: tank}", ["plane", "ship", "tank"]),
      ("[plane, ship, tank]", ["plane", "ship", "tank"]),
      ("\n  2: 007\n  1: no\n  0: driver's cab", ["driver's cab", "no", "007"]),
    ])
  func names(_ yaml: String, _ expected: [String]) throws {
    let source = Checkout.modelFixture("v8-detect_openvino_model/v8-detect")
    let path = try folder.copy(source + ".xml", to: "m.xml")
    try folder.copy(source + ".bin", to: "m.bin")
    try folder.write("task: detect\nimgsz:\n- 64\n- 64\nnames: \(yaml)\n", to: "metadata.yaml")
    let file = try ModelFile(path: path)
    #expect(file.metadata.classNames == expected)
    #expect(file.metadata.inputSize == PixelSize(width: 64, height: 64))
  }

  @Test("metadata.yaml that is no YAML is refused, naming it")
  func damagedYAML() throws {
    let source = Checkout.modelFixture("v8-detect_openvino_model/v8-detect")
    let path = try folder.copy(source + ".xml", to: "m.xml")
    try folder.copy(source + ".bin", to: "m.bin")
    try folder.write("names: [plane, {", to: "metadata.yaml")
    let error = try #require(throws: DetectionError.self) { try ModelFile(path: path) }
    #expect(error.code == .modelLoadError)
    #expect(error.message.contains("metadata.yaml"))
  }

  /// Where the top-level fields of a Protocol Buffers message end (protobuf.dev, "Encoding"); ModelProto
  /// holds numbers and length-delimited fields only.
  private func fieldEnds(_ message: Data) throws -> Set<Int> {
    var ends: Set<Int> = []
    var position = 0
    func varint() throws -> Int {
      var value = 0
      for shift in stride(from: 0, to: 63, by: 7) {
        let byte = Int(message[position])
        position += 1
        value |= (byte & 0x7f) << shift
        if byte < 0x80 { break }
      }
      return value
    }
    while position < message.count {
      let kind = try varint() & 7
      let value = try varint()
      try #require(kind == 0 || kind == 2)
      if kind == 2 { position += value }
      ends.insert(position)
    }
    return ends
  }
}
