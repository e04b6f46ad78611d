import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

@Suite("ModelFolder")
struct ModelFolderTests {
  private let folder: TemporaryFolder
  private var models: ModelFolder { ModelFolder(path: folder.path) }

  init() throws {
    folder = try TemporaryFolder()
    try folder.copy(Checkout.modelFixture("v8-detect.onnx"), to: "planes.onnx")
    let exported = Checkout.modelFixture("v8-detect_openvino_model")
    for file in ["v8-detect.xml", "v8-detect.bin", "metadata.yaml"] {
      try folder.copy("\(exported)/\(file)", to: "ships_openvino_model/\(file)")
    }
    try folder.copy("\(exported)/v8-detect.xml", to: "tanks.xml")
    try folder.copy("\(exported)/v8-detect.bin", to: "tanks.bin")
    try folder.write("no model", to: "README.md")
    try folder.write("hidden", to: ".hidden.onnx")
  }

  @Test("names are those of ONNX files, IR files and exported folders, sorted")
  func names() throws {
    #expect(try models.names() == ["planes", "ships", "tanks"])
  }

  @Test("a model of each form is found by its name", arguments: ["planes", "ships"])
  func found(_ name: String) throws {
    let file = try models.model(named: name)
    #expect(file.name == name)
    #expect(try file.interpretation().classNames == ["plane", "ship", "storage tank"])
  }

  @Test("where an ONNX file and an IR file share a name, ONNX wins")
  func precedence() throws {
    try folder.copy(Checkout.modelFixture("v8-one-class.onnx"), to: "tanks.onnx")
    #expect(try models.model(named: "tanks").path.hasSuffix("tanks.onnx"))
    #expect(try models.names().count == 3)
  }

  @Test("an unknown name is refused with those that are installed")
  func unknown() throws {
    let error = try #require(throws: DetectionError.self) { try models.model(named: "cars") }
    #expect(error.code == .modelNotFound)
    #expect(error.message.contains("\"cars\""))
    #expect(error.message.contains("planes, ships, tanks"))
  }

  @Test("a name is no path", arguments: ["../Models/tree-crowns", "planes.onnx", "", "."])
  func noPath(_ name: String) throws {
    let error = try #require(throws: DetectionError.self) { try models.model(named: name) }
    #expect(error.code == .modelNotFound)
  }

  @Test("a folder that is not there, or empty, says so")
  func emptyFolders() throws {
    let missing = try #require(throws: DetectionError.self) {
      try ModelFolder(path: folder.path("nowhere")).names()
    }
    #expect(missing.code == .modelNotFound)
    let empty = try TemporaryFolder()
    #expect(try ModelFolder(path: empty.path).names() == [])
    let unknown = try #require(throws: DetectionError.self) {
      try ModelFolder(path: empty.path).model(named: "cars")
    }
    #expect(unknown.message.contains("empty"))
  }
}
