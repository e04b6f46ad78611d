import TestSupport
import Testing

@testable import ObjectDetection

@Suite("Merging of oriented boxes")
struct OrientedMergingTests {
  private func oriented(
    _ row: [Float], confidence: Float = 0.5, classID: Int = 0
  ) -> Detection {
    Detection(classID: classID, confidence: confidence, orientedBox: OrientedBox(row: row))
  }

  /// Two bars of 60 x 6 that cross at right angles: their enclosing boxes are the same square, but
  /// they share only 6 x 6 of 684 pixels. Probabilistic IoU by hand: covariances [[151.5, 148.5], ...]
  /// and its mirror image, so 1 - sqrt(1 - exp(-ln(25.5) / 2)) = 0.104.
  private var crossing: [Detection] {
    [
      oriented([50, 50, 60, 6, .pi / 4], confidence: 0.75),
      oriented([50, 50, 60, 6, -.pi / 4]),
    ]
  }

  @Test(
    "crossing bars stay two though their enclosing boxes are one",
    arguments: [MergeMethod.greedyNMM, .nmm, .nms], OverlapMetric.allCases)
  func crossingBars(method: MergeMethod, metric: OverlapMetric) {
    let merging = Merging(method: method, metric: metric, threshold: 0.45)
    #expect(merging.merge(slicewise(crossing)) == crossing)
    // The same enclosing boxes alone are one object.
    let plain = crossing.map {
      Detection(classID: 0, confidence: $0.confidence, box: $0.box)
    }
    #expect(merging.merge(slicewise(plain)).count == 1)
  }

  @Test(
    "crossing bars match below their overlap",
    arguments: [(OverlapMetric.iou, 0.104, 0.105), (.ios, 0.0999, 0.1001)])
  func crossingBarsLimit(metric: OverlapMetric, below: Double, above: Double) {
    // Intersection over the smaller: 36 of 360 pixels.
    func count(_ threshold: Double) -> Int {
      Merging(method: .nms, metric: metric, threshold: threshold).merge(slicewise(crossing)).count
    }
    #expect(count(below) == 1)
    #expect(count(above) == 2)
  }

  @Test("two halves of a ship become one rectangle in its direction")
  func shiftedAlong() throws {
    // 10 pixels apart along 30 degrees: probabilistic IoU 1 - sqrt(1 - exp(-100 / 266.7 / 4)) = 0.70.
    let angle: Float = .pi / 6
    let step = OrientedBox(
      centerX: 50 + 10 * 0.8660254, centerY: 50 + 5, width: 40, height: 10, angle: angle)
    let merged = Merging(threshold: 0.69).merge(
      slicewise([
        oriented([50, 50, 40, 10, angle], confidence: 0.75, classID: 2),
        Detection(classID: 2, confidence: 0.5, orientedBox: step),
      ]))
    try #require(merged.count == 1)
    let box = try #require(merged[0].orientedBox)
    // 20 pixels behind the first centre to 30 before it: 50 long, its middle 5 along.
    let found = [box.centerX, box.centerY, box.width, box.height, box.angle]
    let expected: [Float] = [50 + 5 * 0.8660254, 50 + 2.5, 50, 10, angle]
    #expect(agree([found], [expected], within: 1e-3))
    #expect(merged[0].confidence == 0.75)
    #expect(merged[0].classID == 2)
  }

  @Test("the box of a merged detection encloses its rectangle")
  func enclosingBoxOfMerged() throws {
    // The corners of the joined rectangle reach further than the boxes around the two.
    let angle: Float = 40 * .pi / 180
    let merged = Merging(threshold: 0.3).merge(
      slicewise([
        oriented([100, 100, 60, 20, angle], confidence: 0.75),
        oriented([106, 106, 60, 20, angle + 10 * .pi / 180]),
      ]))
    try #require(merged.count == 1)
    let around = try #require(merged[0].orientedBox).enclosingBox
    let box = merged[0].box
    let found = [box.xMin, box.yMin, box.xMax, box.yMax]
    let expected = [around.xMin, around.yMin, around.xMax, around.yMax]
    #expect(agree([found], [expected], within: 1e-3))
  }

  @Test("a small box inside a large one matches by the smaller area only")
  func inside() {
    let boxes = [
      oriented([50, 50, 40, 40, 0.3], confidence: 0.75), oriented([50, 50, 8, 8, 0.3]),
    ]
    #expect(Merging(metric: .ios, threshold: 0.99).merge(slicewise(boxes)) == [boxes[0]])
    // IoU by hand: the Gaussians' sigmas differ fivefold, so 1 - sqrt(1 - 10 / 26) = 0.216.
    #expect(Merging(metric: .iou, threshold: 0.22).merge(slicewise(boxes)).count == 2)
    #expect(Merging(metric: .iou, threshold: 0.21).merge(slicewise(boxes)).count == 1)
  }

  @Test("the same rectangle written with sides exchanged is one object")
  func exchangedSides() {
    let boxes = [
      oriented([50, 50, 40, 10, 0.25], confidence: 0.75),
      oriented([50, 50, 10, 40, 0.25 + .pi / 2]),
    ]
    for metric in OverlapMetric.allCases {
      let merged = Merging(method: .nms, metric: metric, threshold: 0.99).merge(slicewise(boxes))
      #expect(merged == [boxes[0]], "\(metric)")
    }
  }

  @Test("classes keep apart unless told otherwise")
  func classes() {
    let boxes = [
      oriented([50, 50, 40, 10, 0.25], confidence: 0.75, classID: 1),
      oriented([50, 50, 40, 10, 0.25], classID: 0),
    ]
    #expect(Merging(method: .nms).merge(slicewise(boxes)) == boxes)
    #expect(Merging(method: .nms, isClassAgnostic: true).merge(slicewise(boxes)) == [boxes[0]])
  }

  @Test("the order in which slices end changes nothing", arguments: UInt64(1)...6)
  func orderIndependence(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let detections = (0..<200).map { index in
      SliceDetection(
        slice: index / 20,
        detection: Detection(
          classID: index % 2, confidence: Float(Int.random(in: 1...40, using: &random)) / 40,
          orientedBox: .random(extent: 120, using: &random)))
    }
    for method in MergeMethod.allCases {
      for metric in OverlapMetric.allCases {
        let merging = Merging(method: method, metric: metric, threshold: 0.3)
        #expect(
          merging.merge(detections.shuffled(using: &random)) == merging.merge(detections),
          "\(method) \(metric), seed \(seed)")
      }
    }
  }

  @Test("NMS keeps what an exhaustive search keeps", arguments: UInt64(1)...6)
  func exhaustive(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let detections = (0..<300).map { index in
      // Distinct confidences: ties are the order tests' business.
      Detection(
        confidence: Float(index + 1) / 512, orientedBox: .random(extent: 150, using: &random))
    }.sorted(by: Detection.inResultOrder)
    for metric in OverlapMetric.allCases {
      for threshold: Float in [0.05, 0.3, 0.7] {
        var kept: [Detection] = []
        for detection in detections {
          let isClaimed = kept.contains { better in
            guard let one = better.orientedBox, let other = detection.orientedBox else {
              return false
            }
            return one.overlap(with: other, metric: metric) >= threshold
          }
          if !isClaimed { kept.append(detection) }
        }
        let merging = Merging(method: .nms, metric: metric, threshold: Double(threshold))
        #expect(
          merging.merge(slicewise(detections)) == kept, "\(metric) \(threshold), seed \(seed)")
      }
    }
  }
}
