import TestSupport
import Testing

@testable import ObjectDetection

@Suite("Detection")
struct DetectionTests {
  @Test("results run by confidence, then class, then position", arguments: UInt64(1)...3)
  func resultOrder(seed: UInt64) {
    let ordered: [[Float]] = [
      [9, 9, 10, 10, 0.9, 5], [5, 0, 9, 9, 0.5, 0], [0, 0, 1, 1, 0.5, 1], [0, 0, 1, 2, 0.5, 1],
      [0, 0, 2, 1, 0.5, 1], [0, 1, 1, 2, 0.5, 1], [1, 0, 2, 1, 0.5, 1], [0, 0, 1, 1, 0.25, 0],
    ]
    var random = SeededGenerator(seed: seed)
    let sorted = ordered.shuffled(using: &random).map { Detection(row: $0) }
      .sorted(by: Detection.inResultOrder)
    #expect(sorted.map(\.row) == ordered, "seed \(seed)")
  }

  @Test("oriented boxes that share their enclosing box run by angle")
  func orientedTies() {
    let angles: [Float] = [-0.7, 0.7]
    let detections = angles.map { angle in
      Detection(
        classID: 0, confidence: 0.5, box: BoundingBox(xMin: 0, yMin: 0, xMax: 9, yMax: 9),
        orientedBox: OrientedBox(row: [4, 4, 8, 2, angle]))
    }
    #expect(detections.reversed().sorted(by: Detection.inResultOrder) == detections)
  }

  @Test("an error reads as its message, with the cause for the log")
  func errorDescription() {
    #expect("\(DetectionError(.corruptedFile, "a.jpg is cut off"))" == "a.jpg is cut off")
    let error = DetectionError(.corruptedFile, "a.jpg is cut off", cause: "premature end")
    #expect("\(error)" == "a.jpg is cut off (premature end)")
    #expect(error.code.rawValue == "CORRUPTED_FILE")
  }
}
