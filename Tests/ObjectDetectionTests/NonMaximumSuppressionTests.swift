import TestSupport
import Testing

@testable import ObjectDetection

/// What torchvision's `nms` (axis-aligned) or Ultralytics' `fast_nms` with `batch_probiou` (rotated) keeps.
private struct SuppressionCase: Decodable, Sendable, CustomTestStringConvertible {
  var kind: String
  var note: String
  var iouThreshold: Double
  var classAgnostic: Bool
  var boxes: [[Float]]
  var kept: [Int]

  var testDescription: String { "\(boxes.count) \(kind) at \(iouThreshold) \(note)" }

  var detections: [Detection] {
    boxes.map { kind == "rotated" ? Detection(orientedRow: $0) : Detection(row: $0) }
  }
}

@Suite("NonMaximumSuppression")
struct NonMaximumSuppressionTests {
  @Test(
    "boxes are suppressed as by Ultralytics",
    arguments: try Fixtures.cases(SuppressionCase.self, of: "nms.json"))
  private func fixture(expected: SuppressionCase) {
    let suppression = NonMaximumSuppression(
      iouThreshold: expected.iouThreshold, maxDetections: 1000,
      isClassAgnostic: expected.classAgnostic)
    let detections = expected.detections
    let (kept, reachedCap) = suppression(detections)
    #expect(
      kept == expected.kept.map { detections[$0] }.sorted(by: Detection.inResultOrder))
    #expect(!reachedCap)
  }

  private let three = [
    Detection(row: [0, 0, 10, 10, 0.5, 0]), Detection(row: [20, 0, 30, 10, 0.75, 1]),
    Detection(row: [40, 0, 50, 10, 0.25, 0]),
  ]

  @Test("the most confident boxes stay when there are too many", arguments: [1, 2, 3, 4])
  func cap(maxDetections: Int) {
    let (kept, reachedCap) = NonMaximumSuppression(maxDetections: maxDetections)(three)
    #expect(kept.map(\.confidence) == Array([0.75, 0.5, 0.25].prefix(maxDetections)))
    #expect(reachedCap == (maxDetections < 3))
  }

  @Test("the limit counts what is left, not what came in")
  func capAfterSuppression() {
    let copies =
      three
      + three.map { detection in
        var copy = detection
        copy.confidence /= 2
        return copy
      }
    let (kept, reachedCap) = NonMaximumSuppression(maxDetections: 3)(copies)
    #expect(kept == three.sorted(by: Detection.inResultOrder))
    #expect(!reachedCap)
  }

  @Test("boxes of different classes suppress each other only if asked to")
  func classes() {
    let boxes = [
      Detection(row: [0, 0, 10, 10, 0.75, 3]), Detection(row: [0, 0, 10, 9, 0.5, 1]),
    ]
    #expect(NonMaximumSuppression()(boxes).kept == boxes)
    #expect(NonMaximumSuppression(isClassAgnostic: true)(boxes).kept == [boxes[0]])
  }

  @Test("an IoU equal to the threshold suppresses nothing")
  func equality() {
    // The upper half of the first box: an IoU of 1/2, exact in every precision.
    let boxes = [
      Detection(row: [0, 0, 4, 2, 0.75, 0]), Detection(row: [0, 0, 4, 1, 0.5, 0]),
    ]
    #expect(NonMaximumSuppression(iouThreshold: 0.5)(boxes).kept == boxes)
    #expect(NonMaximumSuppression(iouThreshold: 0.4999)(boxes).kept == [boxes[0]])
  }

  @Test("at threshold 0 boxes go that overlap at all, at 1 none go")
  func extremeThresholds() {
    let boxes = [
      Detection(row: [0, 0, 10, 10, 0.75, 0]), Detection(row: [9, 9, 19, 19, 0.5, 0]),
      Detection(row: [10, 0, 20, 9, 0.25, 0]),
    ]
    // The second shares one pixel with the first; the third only an edge, with both.
    #expect(NonMaximumSuppression(iouThreshold: 0)(boxes).kept == [boxes[0], boxes[2]])
    let copies = [boxes[0], boxes[0]]
    #expect(NonMaximumSuppression(iouThreshold: 1)(copies).kept == copies)
  }

  @Test("a suppressed axis-aligned box suppresses nothing, a suppressed oriented one does")
  func chains() {
    // Neighbours overlap by 6/14 = 0.43, the ends by 2/18.
    let starts: [Float] = [0, 4, 8]
    let plain = starts.map { Detection(row: [$0, 0, $0 + 10, 10, 0.9 - $0 / 100, 0]) }
    let suppression = NonMaximumSuppression(iouThreshold: 0.4)
    #expect(suppression(plain).kept == [plain[0], plain[2]])
    let oriented = starts.map {
      Detection(
        confidence: 0.9 - $0 / 100,
        orientedBox: OrientedBox(row: [$0 + 5, 5, 10, 10, 0]))
    }
    // Probabilistic IoU by hand, variance 100/12: neighbours 1 - sqrt(1 - exp(-16 / 66.7)) = 0.54,
    // the ends 1 - sqrt(1 - exp(-64 / 66.7)) = 0.21.
    #expect(suppression(oriented).kept == [oriented[0]])
  }

  @Test("nothing in, nothing out")
  func empty() {
    let (kept, reachedCap) = NonMaximumSuppression()([])
    #expect(kept.isEmpty)
    #expect(!reachedCap)
  }
}
