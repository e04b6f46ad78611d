import TestSupport
import Testing

@testable import ObjectDetection

/// A small data set and what pycocotools 2.0.11 says about it.
private struct EvaluationCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Expected: Decodable, Sendable {
    struct ByClass: Decodable, Sendable {
      var `class`: Int
      var ap50: Double?
      var ap5095: Double?
    }

    var ap50: Double
    var ap5095: Double
    var byClass: [ByClass]
  }

  var note: String
  var images: Int
  var groundTruth: [[Float]]
  var detections: [[Float]]
  var expected: Expected

  var testDescription: String { note }

  var evaluationImages: [EvaluationImage] {
    (0..<images).map { image in
      EvaluationImage(
        truths: groundTruth.filter { Int($0[0]) == image }.map { truth($0.suffix(5)) },
        detections: detections.filter { Int($0[0]) == image }.map {
          Detection(row: Array($0.dropFirst()))
        })
    }
  }
}

/// From `[x1, y1, x2, y2, class]`.
private func truth(_ row: some Collection<Float>) -> GroundTruth {
  let row = Array(row)
  return GroundTruth(
    classID: Int(row[4]),
    box: BoundingBox(xMin: row[0], yMin: row[1], xMax: row[2], yMax: row[3]))
}

@Suite("EvaluationReport")
struct EvaluationReportTests {
  @Test(
    "average precision is that of pycocotools",
    arguments: try Fixtures.cases(EvaluationCase.self, of: "average-precision.json"))
  private func fixture(example: EvaluationCase) throws {
    let report = EvaluationReport(example.evaluationImages)
    #expect(abs(report.ap50 - example.expected.ap50) < 1e-9)
    #expect(abs(report.ap5095 - example.expected.ap5095) < 1e-9)
    let marked = example.expected.byClass.filter { $0.ap50 != nil }
    #expect(report.classes.map(\.classID) == marked.map(\.class))
    for (found, expected) in zip(report.classes, marked) {
      #expect(abs(found.ap50 - (try #require(expected.ap50))) < 1e-9)
      #expect(abs(found.ap5095 - (try #require(expected.ap5095))) < 1e-9)
      #expect(found.truths == example.groundTruth.count { Int($0[5]) == found.classID })
      #expect(found.detections == example.detections.count { Int($0[6]) == found.classID })
    }
  }

  /// `count` squares of 10 pixels, 30 pixels apart.
  private func squares(_ count: Int) -> [[Float]] {
    (0..<count).map { [Float($0 * 30), 0, Float($0 * 30 + 10), 10] }
  }

  @Test("recalls and IoUs on a step count as in pycocotools, to the last bit")
  func steps() {
    let truths = squares(20).map { truth($0 + [0]) }
    let hits = squares(20).enumerated().map {
      Detection(row: $1 + [$0 < 7 ? 0.9 - 0.01 * Float($0) : 0.45 - 0.01 * Float($0 - 7), 0])
    }
    // pycocotools: 7 of 20 do not reach numpy's recall 0.35, so 35 of 101 points have precision 1.
    let seven = EvaluationReport([EvaluationImage(truths: truths, detections: Array(hits[..<7]))])
    #expect(abs(seven.ap50 - 0.3465346534653465) < 1e-12)
    // pycocotools, with one false alarm after the seventh.
    let alarm = Detection(row: [0, 500, 10, 510, 0.5, 0])
    let all = EvaluationReport([EvaluationImage(truths: truths, detections: hits + [alarm])])
    #expect(abs(all.ap50 - 0.9688826025459688) < 1e-12)
  }

  @Test(
    "an IoU of exactly a threshold reaches it, as in pycocotools",
    arguments: [
      (Float(5.5), 0.2), (6, 0.3), (6.5, 0.4), (7, 0.5), (7.5, 0.6), (8, 0.7), (8.5, 0.8),
      (9, 0.9), (9.5, 1), (10, 1),
    ])
  func exactOverlap(width: Float, ap5095: Double) {
    let report = EvaluationReport([
      EvaluationImage(
        truths: [truth([0, 0, 10, 10, 0])],
        detections: [Detection(row: [0, 0, width, 10, 0.5, 0])])
    ])
    #expect(abs(report.ap5095 - ap5095) < 1e-12)
  }

  @Test("precision and recall are those of the best harmonic mean")
  func bestPoint() throws {
    // Hit, false alarm, hit: (P, R) = (1, 1/2), (1/2, 1/2), (2/3, 1); the last has F1 = 0.8.
    let report = EvaluationReport([
      EvaluationImage(
        truths: squares(2).map { truth($0 + [3]) },
        detections: [
          Detection(row: [0, 0, 10, 10, 0.875, 3]), Detection(row: [90, 90, 99, 99, 0.75, 3]),
          Detection(row: [30, 0, 40, 10, 0.5, 3]),
        ])
    ])
    let found = try #require(report.classes.first)
    #expect(abs(found.precision - 2 / 3.0) < 1e-12)
    #expect(found.recall == 1)
    #expect(found.bestConfidence == 0.5)
    // 51 recalls up to 0.5 at precision 1, 50 at 2/3.
    #expect(abs(found.ap50 - (51 + 50 * 2 / 3.0) / 101) < 1e-12)
  }

  @Test("a truth is found once; a second box on it is a false alarm")
  func duplicates() throws {
    let report = EvaluationReport([
      EvaluationImage(
        truths: [truth([0, 0, 10, 10, 0])],
        detections: [
          Detection(row: [0, 0, 10, 9, 0.75, 0]), Detection(row: [0, 0, 10, 10, 0.5, 0]),
        ])
    ])
    let found = try #require(report.classes.first)
    #expect(found.precision == 1)
    #expect(found.bestConfidence == 0.75)
    // At IoU 0.95 the first box misses and the second hits: precision 1/2.
    #expect(abs(found.ap5095 - 0.95) < 1e-12)
  }

  @Test("a detection in another image or of another class finds nothing")
  func elsewhere() {
    let square = squares(1)[0]
    let report = EvaluationReport([
      EvaluationImage(
        truths: [truth(square + [0])], detections: [Detection(row: square + [0.9, 1])]),
      EvaluationImage(truths: [], detections: [Detection(row: square + [0.9, 0])]),
    ])
    #expect(report.classes.map(\.classID) == [0])
    #expect(report.ap50 == 0)
    #expect(report.classes.map(\.recall) == [0])
  }

  @Test("without detections everything is 0; without truths there is nothing to measure")
  func empty() {
    let image = EvaluationImage(truths: [truth([0, 0, 1, 1, 0])], detections: [])
    let missed = EvaluationReport([image])
    #expect(missed.ap50 == 0)
    #expect(missed.classes.map(\.truths) == [1])
    #expect(missed.classes.map(\.bestConfidence) == [0])
    #expect(EvaluationReport([]).classes.isEmpty)
    #expect(EvaluationReport([]).ap5095 == 0)
  }

  @Test("oriented boxes match by their own overlap, not by the boxes around them")
  func oriented() {
    func ap50(_ found: [Float], _ marked: [Float]) -> Double {
      let box = OrientedBox(row: marked)
      return EvaluationReport([
        EvaluationImage(
          truths: [GroundTruth(classID: 0, box: box.enclosingBox, orientedBox: box)],
          detections: [Detection(confidence: 0.5, orientedBox: OrientedBox(row: found))])
      ]).ap50
    }
    // Bars that cross share the box around them; a bar with its sides exchanged is the same one.
    #expect(ap50([50, 50, 60, 6, .pi / 4], [50, 50, 60, 6, -.pi / 4]) == 0)
    #expect(abs(ap50([50, 50, 60, 6, .pi / 4], [50, 50, 6, 60, -.pi / 4]) - 1) < 1e-12)
  }
}
