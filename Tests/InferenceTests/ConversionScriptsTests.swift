import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite("Conversion scripts")
struct ConversionScriptsTests {
  @Test("the binary has the files of the folder Conversion, byte by byte")
  func files() throws {
    let folder = Checkout.path("Conversion")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".py") || $0.hasSuffix(".txt") }
    #expect(Set(ConversionScripts.files.map(\.name)) == Set(names))
    for file in ConversionScripts.files {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file.name)"))
      #expect(file.bytes == bytes, "\(file.name)")
    }
  }

  @Test("the environment's folder is named after what is installed into it")
  func hash() throws {
    let folder = Checkout.path("Conversion")
    let lists = try ["requirements-int8.txt", "requirements.txt"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))
    }
    let files = try TemporaryFolder()
    let hash = try FileDigest.sha256(of: [files.write(lists.reduce(Data(), +), to: "lists")])
    #expect(PythonEnvironment(cache: "/cache").folder == "/cache/python-\(hash.prefix(12))")
  }
}
