import TestSupport
import Testing

@testable import ObjectDetection

/// One set of boxes and what SAHI 0.12.8 (numpy backend) merges them into, six ways.
struct MergingCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Run: Decodable, Sendable {
    var algorithm: String
    var metric: String
    var threshold: Double
    var classAgnostic: Bool
    var output: [[Float]]

    var merging: Merging {
      get throws {
        let methods: [String: MergeMethod] = ["NMS": .nms, "GREEDYNMM": .greedyNMM, "NMM": .nmm]
        return Merging(
          method: try #require(methods[algorithm]),
          metric: try #require(OverlapMetric(rawValue: metric.lowercased())),
          threshold: threshold, isClassAgnostic: classAgnostic)
      }
    }
  }

  var note: String
  var input: [[Float]]
  var runs: [Run]

  var testDescription: String { "\(input.count) \(note)" }

  /// A slice a row: SAHI's answer depends on the order of its input, ours on slice numbers.
  var detections: [SliceDetection] {
    input.enumerated().map { SliceDetection(slice: $0, detection: Detection(row: $1)) }
  }

  static func all() throws -> [MergingCase] { try Fixtures.cases(of: "merging.json") }
}

@Suite("Merging")
struct MergingTests {
  @Test("boxes are merged as by SAHI", arguments: try MergingCase.all())
  func fixture(expected: MergingCase) throws {
    for run in expected.runs {
      let merged = try run.merging.merge(expected.detections)
      let expected = run.output.map { Detection(row: $0) }.sorted(by: Detection.inResultOrder)
      #expect(
        agree(merged.map(\.row), expected.map(\.row), within: 1e-3),
        "\(run.algorithm) \(run.metric) \(run.threshold) agnostic: \(run.classAgnostic)")
    }
  }

  @Test(
    "the order in which slices end changes nothing", arguments: try MergingCase.all(),
    UInt64(1)...3)
  func orderIndependence(expected: MergingCase, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    // Several boxes a slice, so that the order inside one is shuffled too.
    let detections = expected.detections.map {
      SliceDetection(slice: $0.slice / 5, detection: $0.detection)
    }
    for run in expected.runs {
      let merging = try run.merging
      let shuffled = detections.shuffled(using: &random)
      #expect(merging.merge(shuffled) == merging.merge(detections), "seed \(seed)")
    }
  }

  @Test("nothing in, nothing out; one in, the same one out", arguments: MergeMethod.allCases)
  func trivialInput(method: MergeMethod) {
    let one = Detection(row: [1, 2, 30, 40, 0.5, 3])
    for threshold in [0, 0.45, 1] {
      let merging = Merging(method: method, threshold: threshold)
      #expect(merging.merge([]) == [])
      #expect(merging.merge([SliceDetection(slice: 4, detection: one)]) == [one])
    }
  }

  @Test("without merging every box stays, in result order")
  func none() {
    let rows: [[Float]] = [
      [0, 0, 10, 10, 0.5, 1], [0, 0, 10, 10, 0.5, 0], [0, 0, 10, 10, 0.9, 0],
      [0, 0, 10, 10, 0.9, 0],
    ]
    let merged = Merging(method: .none).merge(slicewise(rows.map { Detection(row: $0) }))
    #expect(merged.map(\.row) == [rows[2], rows[3], rows[1], rows[0]])
  }

  @Test(
    "boxes whose overlap equals the threshold merge",
    arguments: [(OverlapMetric.iou, 0.5), (.ios, 1)])
  func equality(metric: OverlapMetric, threshold: Double) {
    // The second box is the upper half of the first: IoU 1/2, IoS 1.
    let boxes = slicewise([
      Detection(row: [0, 0, 4, 2, 0.75, 0]), Detection(row: [0, 0, 4, 1, 0.5, 0]),
    ])
    let merging = Merging(method: .nms, metric: metric, threshold: threshold)
    #expect(merging.merge(boxes).map(\.row) == [[0, 0, 4, 2, 0.75, 0]])
  }

  @Test("a box that no longer matches the grown one is lost, as in SAHI")
  func lostMatch() {
    // Both lesser boxes overlap the best one by 5/15 = 1/3. The first makes it [0, 15]; of that the
    // second covers 5 of 20, a quarter.
    let boxes = slicewise([
      Detection(row: [5, 0, 15, 10, 0.875, 0]), Detection(row: [0, 0, 10, 10, 0.75, 0]),
      Detection(row: [10, 0, 20, 10, 0.5, 0]),
    ])
    let merged = Merging(method: .greedyNMM, threshold: 0.3).merge(boxes)
    #expect(merged.map(\.row) == [[0, 0, 15, 10, 0.875, 0]])
  }

  @Test("only NMM follows matches from box to box")
  func chain() {
    // Neighbours overlap by 7/13, the two ends by 4/16.
    let boxes = slicewise([
      Detection(row: [0, 0, 10, 10, 0.875, 0]), Detection(row: [3, 0, 13, 10, 0.75, 0]),
      Detection(row: [6, 0, 16, 10, 0.5, 0]),
    ])
    let transitive = Merging(method: .nmm, threshold: 0.5).merge(boxes)
    // [0, 13] and [6, 16] overlap by 7/16: claimed for the best box, but not merged into it.
    #expect(transitive.map(\.row) == [[0, 0, 13, 10, 0.875, 0]])
    let greedy = Merging(method: .greedyNMM, threshold: 0.5).merge(boxes)
    #expect(greedy.map(\.row) == [[0, 0, 13, 10, 0.875, 0], [6, 0, 16, 10, 0.5, 0]])
  }

  /// Expected values: sahi 0.12.8 with `match_threshold=0.0`, numpy backend.
  @Test(
    "at threshold 0 all boxes of a class match, whether they touch or not",
    arguments: [
      (MergeMethod.nms, false, [[0, 0, 10, 10, 0.75, 0], [5, 5, 20, 20, 0.25, 1]]),
      (.greedyNMM, false, [[0, 0, 210, 110, 0.75, 0], [5, 5, 20, 20, 0.25, 1]]),
      (
        .nmm, false,
        [[0, 0, 110, 110, 0.75, 0], [200, 0, 210, 10, 0.75, 0], [5, 5, 20, 20, 0.25, 1]]
      ),
      (.nms, true, [[0, 0, 10, 10, 0.75, 0]]),
      (.greedyNMM, true, [[0, 0, 210, 110, 0.75, 0]]),
      (.nmm, true, [[0, 0, 110, 110, 0.75, 0], [200, 0, 210, 10, 0.75, 0]]),
    ] as [(MergeMethod, Bool, [[Float]])])
  func thresholdZero(method: MergeMethod, isClassAgnostic: Bool, expected: [[Float]]) {
    let rows: [[Float]] = [
      [0, 0, 10, 10, 0.75, 0], [100, 100, 110, 110, 0.5, 0], [200, 0, 210, 10, 0.75, 0],
      [5, 5, 20, 20, 0.25, 1], [50, 50, 60, 60, 0.25, 0], [0, 0, 10, 10, 0.75, 0],
    ]
    for metric in OverlapMetric.allCases {
      let merging = Merging(
        method: method, metric: metric, threshold: 0, isClassAgnostic: isClassAgnostic)
      let merged = merging.merge(slicewise(rows.map { Detection(row: $0) }))
      #expect(merged.map(\.row) == expected, "\(metric)")
    }
  }

  @Test("in 20,000 crowded boxes NMS keeps one of every neighbourhood", arguments: [UInt64(7)])
  func crowd(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let detections = (0..<20_000).map { index in
      SliceDetection(
        slice: index % 50,
        detection: Detection(
          classID: 0, confidence: .random(in: 0.25...1, using: &random),
          box: .random(extent: 250, using: &random)))
    }
    let kept = Merging(method: .nms).merge(detections)
    // Greedy NMS is defined by: kept boxes do not match, every other box matches a better kept one.
    for (index, one) in kept.enumerated() {
      for other in kept[..<index] where one.box.overlap(with: other.box) >= 0.45 {
        Issue.record("two kept boxes match, seed \(seed)")
      }
    }
    let keptSet = Set(kept)
    // A tenth of the others: the exhaustive search is slow.
    for index in stride(from: 0, to: detections.count, by: 10) {
      let lost = detections[index].detection
      guard !keptSet.contains(lost) else { continue }
      let isClaimed = kept.contains {
        $0.confidence >= lost.confidence && $0.box.overlap(with: lost.box) >= 0.45
      }
      try #require(isClaimed, "a box is lost without a reason, seed \(seed)")
    }
    let merged = Merging(method: .greedyNMM).merge(detections)
    #expect(merged.map(\.confidence) == kept.map(\.confidence))
    #expect(!Merging(method: .nmm).merge(detections).isEmpty)
  }
}

/// Each detection in a slice of its own.
func slicewise(_ detections: [Detection]) -> [SliceDetection] {
  detections.enumerated().map { SliceDetection(slice: $0, detection: $1) }
}
