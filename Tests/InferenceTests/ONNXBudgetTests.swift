import Foundation
import ObjectDetection
import TestSupport
import Testing

@testable import Inference

@Suite("ONNXFile: how much of a file is kept")
struct ONNXBudgetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A length-delimited field of Protocol Buffers.
  private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    var length = content.count
    var bytes = [number << 3 | 2]
    while length >= 0x80 {
      bytes.append(UInt8(length & 0x7f) | 0x80)
      length >>= 7
    }
    return bytes + [UInt8(length)] + content
  }

  /// A model with one output, and this before it in its graph.
  private func model(_ graph: [UInt8], metadata: [UInt8] = []) throws -> String {
    let output = field(12, field(1, Array("y".utf8)))
    return try folder.write(Data(field(7, graph + output) + metadata), to: "m.onnx")
  }

  private func refusal(_ path: String, _ budget: ONNXBudget) throws -> String {
    let error = try #require(throws: DetectionError.self) {
      try ONNXFile(path: path, budget: budget)
    }
    #expect(error.code == .modelLoadError)
    #expect(error.message.hasPrefix(path))
    return error.message
  }

  private static func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    Array(repeatElement(bytes, count: count).joined())
  }

  @Test(
    "every kind of entry counts, and the last one that is allowed is read",
    arguments: [
      repeated([1 << 3 | 2, 0], 20), repeated([5 << 3 | 2, 0], 20), repeated([11 << 3 | 2, 0], 20),
      repeated([12 << 3 | 2, 0], 20),
      // One operator that makes nineteen things.
      [1 << 3 | 2, 38] + repeated([2 << 3 | 2, 0], 19),
    ])
  func entries(graph: [UInt8]) throws {
    let path = try model(graph)
    // The output is the last one.
    _ = try ONNXFile(path: path, budget: ONNXBudget(maxEntries: 21))
    let words = try refusal(path, ONNXBudget(maxEntries: 20))
    #expect(words.contains("more than 20 operators"))
  }

  @Test("metadata counts with the graph")
  func metadata() throws {
    let path = try model([], metadata: Self.repeated([14 << 3 | 2, 0], 20))
    _ = try ONNXFile(path: path, budget: ONNXBudget(maxEntries: 21))
    _ = try refusal(path, ONNXBudget(maxEntries: 20))
  }

  @Test("names and values have a limit of their own")
  func text() throws {
    let name = field(8, [UInt8](repeating: 0x61, count: 1000))
    let path = try model(field(5, name))
    _ = try ONNXFile(path: path, budget: ONNXBudget(maxTextBytes: 1001))
    let words = try refusal(path, ONNXBudget(maxTextBytes: 1000))
    #expect(words.contains("more than 1000 bytes"))
  }

  @Test("a file of a million tiny weights is refused by itself")
  func standard() throws {
    let path = try model(Self.repeated([5 << 3 | 2, 0], 1_000_000))
    let error = try #require(throws: DetectionError.self) { try ONNXFile(path: path) }
    #expect(error.message.contains("more than 1000000"))
  }
}
