import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

@Suite("TransformerHead")
struct TransformerHeadTests {
  private typealias Tensor = (name: String, shape: [Int], values: [Float])

  /// Input of 200 x 100 pixels.
  private func decode(
    _ layout: OutputLayout, classCount: Int = 2, _ tensors: [Tensor], threshold: Float = 0.25,
    classes: Set<Int>? = nil
  ) throws -> [[Float]] {
    let head = DetectionHead(
      layout: layout, classCount: classCount, inputSize: PixelSize(width: 200, height: 100))
    return try withOutputs(tensors) {
      try head.decode($0, threshold: threshold, classes: classes).map(\.row)
    }
  }

  /// Three queries: cx, cy, w, h in parts of the input.
  private let boxes: [Float] = [0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.5, 0.75, 0.5, 0.5, 1]
  private let first: [Float] = [50, 25, 150, 75]
  private let second: [Float] = [25, 0, 75, 50]
  private let third: [Float] = [100, 0, 200, 100]

  /// The logit of a probability.
  private func logit(_ probability: Float) -> Float { log(probability / (1 - probability)) }

  @Test("rtdetr: rows of box, confidence and class")
  func rows() throws {
    let values =
      Array(boxes[0..<4]) + [0.5, 1] + Array(boxes[4..<8]) + [0.25, 0] + Array(boxes[8..<12])
      + [0.875, 0]
    let tensor: Tensor = ("output0", [1, 3, 6], values)
    let expected: [[Float]] = [first + [0.5, 1], third + [0.875, 0]]
    #expect(try decode(.rtdetr, [tensor]) == expected)
    // As end-to-end YOLO it says how many classes it has only by their names.
    #expect(try decode(.rtdetr, classCount: 0, [tensor]).count == 2)
    #expect(try decode(.rtdetr, [tensor], classes: [0]) == Array(expected.suffix(1)))
  }

  @Test("rtdetr_scores: a query gives its best class only")
  func scores() throws {
    let values =
      Array(boxes[0..<4]) + [0.5, 0.75] + Array(boxes[4..<8]) + [0.25, 0.125]
      + Array(boxes[8..<12]) + [0.375, 0]
    let expected: [[Float]] = [first + [0.75, 1], third + [0.375, 0]]
    #expect(try decode(.rtdetrScores, [("output0", [1, 3, 6], values)]) == expected)
  }

  private func logits(_ scores: [Float], boxes name: String, scores other: String) -> [Tensor] {
    [
      (name, [1, 3, 4], boxes), (other, [1, 3, scores.count / 3], scores.map(logit)),
    ]
  }

  @Test(
    "logits: the best pairs of query and class, as many as queries, so that a query may give two",
    arguments: [
      (OutputLayout.rfdetr, "dets", "labels"), (.rtdetrLogits, "pred_boxes", "logits"),
    ])
  func pairs(layout: OutputLayout, boxes: String, scores: String) throws {
    // Four are above the threshold, of which the best three stay.
    let tensors = logits([0.75, 0.625, 0.5, 0.125, 0.125, 0.375], boxes: boxes, scores: scores)
    let expected: [[Float]] = [first + [0.75, 0], first + [0.625, 1], second + [0.5, 0]]
    #expect(agree(try decode(layout, tensors), expected, within: 1e-5))
    // The order of the file's outputs does not matter.
    #expect(agree(try decode(layout, tensors.reversed()), expected, within: 1e-5))
    // Classes are chosen after the best pairs were, as the packages' users do.
    #expect(
      agree(try decode(layout, tensors, classes: [1]), [first + [0.625, 1]], within: 1e-5))
  }

  @Test("of equal scores the first query, and of it the first class, comes first")
  func ties() throws {
    let tensors = logits([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], boxes: "dets", scores: "labels")
    let expected: [[Float]] = [first + [0.5, 0], first + [0.5, 1], second + [0.5, 0]]
    #expect(agree(try decode(.rfdetr, tensors), expected, within: 1e-6))
  }

  @Test("rtdetr_postprocessed: labels, corners and scores, found by their names")
  func postprocessed() throws {
    let tensors: [Tensor] = [
      ("scores", [1, 2], [0.5, 0.25]), ("labels", [1, 2], [7, 3]),
      ("boxes", [1, 2, 4], [1, 2, 3, 5, 0, 0, 9, 9]),
    ]
    let expected: [[Float]] = [[1, 2, 3, 5, 0.5, 7]]
    #expect(try decode(.rtdetrPostprocessed, classCount: 0, tensors) == expected)
  }

  @Test("numbers that are none are no boxes")
  func broken() throws {
    let rows: [[Float]] = [
      [.nan, 0.5, 0.5, 0.5, 0.5, 0], [0.5, 0.5, 0, 0.5, 0.5, 0], [0.5, 0.5, 0.5, 0.5, .nan, 0],
      [0.5, 0.5, 0.5, 0.5, 0.5, -1], [0.5, 0.5, 0.5, 0.5, 0.5, .infinity],
    ]
    #expect(try decode(.rtdetr, [("output0", [1, 5, 6], rows.flatMap(\.self))]).isEmpty)
    let scores = [Float](repeating: .nan, count: 6)
    #expect(
      try decode(.rfdetr, [("dets", [1, 3, 4], boxes), ("labels", [1, 3, 2], scores)]).isEmpty)
  }

  @Test(
    "outputs of other shapes, names or numbers of them are an inference error that names the layout"
  )
  func mismatches() {
    let good: [Float] = [0, 0, 0, 0, 0, 0]
    let wrong: [(OutputLayout, [Tensor])] = [
      (.rtdetr, [("output0", [1, 3, 5], [Float](repeating: 0, count: 15))]),
      (.rtdetrScores, [("output0", [1, 3, 7], [Float](repeating: 0, count: 21))]),
      (.rfdetr, [("dets", [1, 3, 4], boxes), ("labels", [1, 2, 3], good)]),
      (.rfdetr, [("boxes", [1, 3, 4], boxes), ("labels", [1, 3, 2], good)]),
      (.rfdetr, [("dets", [1, 3, 4], boxes)]),
      (.rtdetrLogits, [("logits", [1, 3, 2], good), ("pred_boxes", [1, 4, 3], boxes)]),
      (
        .rtdetrPostprocessed,
        [("labels", [1, 2], [0, 0]), ("boxes", [1, 3, 4], boxes), ("scores", [1, 2], [0, 0])]
      ),
    ]
    for (layout, tensors) in wrong {
      let error = #expect(throws: DetectionError.self) { try decode(layout, tensors) }
      #expect(error?.code == .inferenceError)
      #expect(error?.message.contains(layout.rawValue) == true)
    }
  }
}
