import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

/// Runs `body` on tensors that are given by name, shape and numbers.
func withOutputs<Result>(
  _ tensors: [(name: String, shape: [Int], values: [Float])],
  _ body: (OutputTensors) throws -> Result
) rethrows -> Result {
  func add(_ index: Int, _ made: [OutputTensor]) throws -> Result {
    guard tensors.indices.contains(index) else { return try body(OutputTensors(made)) }
    let tensor = tensors[index]
    return try tensor.values.withUnsafeBufferPointer {
      try add(index + 1, made + [OutputTensor(name: tensor.name, values: $0, shape: tensor.shape)])
    }
  }
  return try add(0, [])
}

@Suite("YOLOXHead")
struct YOLOXHeadTests {
  /// 64 x 32 pixels have 8 x 4, 4 x 2 and 2 x 1 cells.
  private let size = PixelSize(width: 64, height: 32)

  private func decode(
    _ layout: OutputLayout, _ cells: [Int: [Float]], rows: Int = 42, threshold: Float = 0.25,
    classes: Set<Int>? = nil
  ) throws -> [[Float]] {
    var values = [Float](repeating: 0, count: rows * 7)
    for (row, numbers) in cells {
      values.replaceSubrange(row * 7..<row * 7 + 7, with: numbers)
    }
    let head = DetectionHead(layout: layout, classCount: 2, inputSize: size)
    return try withOutputs([("output", [1, rows, 7], values)]) {
      try head.decode($0, threshold: threshold, classes: classes).map(\.row)
    }
  }

  @Test("cells: offsets and logarithms, in strides of 8, 16 and 32 pixels")
  func raw() throws {
    let two = Float(log(2.0))
    let found = try decode(
      .yolox,
      [
        // Stride 8, cell (2, 1): centre (20, 12), 16 x 8.
        10: [0.5, 0.5, two, 0, 1, 0.5, 0.25],
        // Stride 16, cell (3, 1): centre (44, 24), 16 x 32.
        32 + 7: [-0.25, 0.5, 0, two, 0.5, 0.25, 0.75],
        // Stride 32, cell (1, 0): centre (48, 16), 32 x 32.
        32 + 8 + 1: [0.5, 0.5, 0, 0, 1, 0.75, 0.875],
      ])
    let expected: [[Float]] = [
      [12, 8, 28, 16, 0.5, 0], [36, 8, 52, 40, 0.375, 1], [32, 0, 64, 32, 0.875, 1],
    ]
    #expect(agree(found, expected, within: 1e-4))
  }

  @Test("decoded rows are centre and size in pixels")
  func decoded() throws {
    let found = try decode(.yoloxDecoded, [5: [20, 12, 16, 8, 1, 0.25, 0.5]])
    #expect(found == [[12, 8, 28, 16, 0.5, 1]])
  }

  @Test("confidence is objectness times the best class score, strictly above the threshold")
  func threshold() throws {
    let found = try decode(
      .yoloxDecoded,
      [
        0: [20, 12, 16, 8, 0.5, 0.5, 0],  // 0.25, not above
        1: [20, 12, 16, 8, 0.5, 0.75, 0],  // 0.375
        2: [20, 12, 16, 8, 0.25, 1, 1],  // objectness at the threshold
      ])
    #expect(found.map { $0[4] } == [0.375])
  }

  @Test("only the wanted classes stay, and numbers that are none are no boxes")
  func filters() throws {
    let rows: [Int: [Float]] = [
      0: [20, 12, 16, 8, 1, 0.5, 0], 1: [20, 12, 16, 8, 1, 0, 0.5],
      2: [.nan, 12, 16, 8, 1, 0, 0.5], 3: [20, 12, -1, 8, 1, 0, 0.5],
      4: [20, 12, .infinity, 8, 1, 0, 0.5],
    ]
    #expect(try decode(.yoloxDecoded, rows, classes: [1]).map { $0[5] } == [1])
    // An exponential that overflows.
    #expect(try decode(.yolox, [0: [0, 0, 200, 0, 1, 1, 0]]).isEmpty)
  }

  @Test("a tensor without a row a cell is an inference error that names it")
  func wrongShape() throws {
    let error = #expect(throws: DetectionError.self) { try decode(.yolox, [:], rows: 41) }
    #expect(error?.code == .inferenceError)
    #expect(error?.message.contains("[1, 41, 7]") == true)
    #expect(error?.message.contains("yolox") == true)
  }
}
