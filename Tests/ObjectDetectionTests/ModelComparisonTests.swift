import TestSupport
import Testing

@testable import ObjectDetection

/// Expected values by hand.
@Suite("Comparison of two models")
struct ModelComparisonTests {
  /// Which number their classes differently.
  private let base = Self.model(["ship", "plane"])
  private let candidate = Self.model(["boat", "plane", "ship"])

  private static func model(_ classNames: [String]) -> ModelIdentity {
    ModelIdentity(name: "m", task: .detect, sha256: "00", classNames: classNames)
  }

  /// 10 x 10 pixels.
  private func box(_ classID: Int, at x: Float, _ confidence: Float = 0.5) -> Detection {
    Detection(
      classID: classID, confidence: confidence,
      box: BoundingBox(xMin: x, yMin: 0, xMax: x + 10, yMax: 10))
  }

  private func compare(_ old: [Detection], _ new: [Detection]) -> ModelComparison {
    ModelComparison(base: old, of: base, candidate: new, of: candidate)
  }

  @Test("boxes are matched by label, whatever the numbers of their classes")
  func labels() {
    // A ship moved by 1 of 10 pixels: the common part is 9, the whole 11. A plane that is the same.
    let found = compare(
      [box(0, at: 0, 0.5), box(1, at: 50, 0.75)], [box(2, at: 1, 0.75), box(1, at: 50, 0.25)])
    #expect(found.images == 1)
    #expect(found.figures.matched == 2)
    #expect(found.figures.agreement == 1)
    #expect(abs((found.figures.meanIoU ?? 0) - (1 + 9.0 / 11) / 2) < 1e-9)
    #expect(found.figures.meanConfidenceChange == -0.125)
    #expect(found.classes["ship"]?.meanConfidenceChange == 0.25)
    #expect(found.classes["plane"]?.meanIoU == 1)
    #expect(found.classes["boat"] == nil)
    #expect(found.relabelled.isEmpty)
  }

  @Test("what only one of them found counts against the agreement of its class and of all")
  func unmatched() {
    // Ships 2 and 2 with 1 in common, planes 0 and 1.
    let found = compare(
      [box(0, at: 0), box(0, at: 50)], [box(2, at: 0), box(2, at: 100), box(1, at: 200)])
    #expect(found.figures.baseBoxes == 2)
    #expect(found.figures.candidateBoxes == 3)
    #expect(found.figures.onlyBase == 1)
    #expect(found.figures.onlyCandidate == 2)
    // 2 * 1 / (2 + 3)
    #expect(found.figures.agreement == 0.4)
    #expect(found.classes["ship"]?.agreement == 0.5)
    #expect(found.classes["plane"]?.agreement == 0)
    #expect(found.classes["plane"]?.meanIoU == nil)
    #expect(found.classes["plane"]?.meanConfidenceChange == nil)
  }

  @Test("an object that has another label now is relabelled, once, and one without a partner")
  func relabelled() {
    // At 0 a ship that is a boat for the candidate, which also sees it as a plane, a little off; at 50 a plane that is a
    // ship; at 100 a ship that both see, and the candidate a boat beside it.
    let found = compare(
      [box(0, at: 0), box(1, at: 50), box(0, at: 100)],
      [box(0, at: 0), box(1, at: 1), box(2, at: 50), box(2, at: 100), box(0, at: 101)])
    #expect(
      found.relabelled == [
        .init(base: "ship", candidate: "boat"): 1, .init(base: "plane", candidate: "ship"): 1,
      ])
    #expect(found.figures.matched == 1)
    #expect(found.figures.onlyBase == 2)
    #expect(found.figures.onlyCandidate == 4)
  }

  @Test("too little overlap is neither a partner nor another label")
  func threshold() {
    // 3 of 10 pixels: 7 of 13 in common. 4 of 10: 6 of 14.
    #expect(compare([box(0, at: 0)], [box(2, at: 3)]).figures.matched == 1)
    let far = compare([box(0, at: 0), box(1, at: 50)], [box(2, at: 4), box(0, at: 54)])
    #expect(far.figures.matched == 0)
    #expect(far.relabelled.isEmpty)
  }

  @Test("oriented boxes are compared by their polygons, also beyond the picture's edge")
  func oriented() {
    func box(_ classID: Int, _ box: OrientedBox, clipped: BoundingBox? = nil) -> Detection {
      Detection(
        classID: classID, confidence: 0.5, box: clipped ?? box.enclosingBox, orientedBox: box)
    }
    // Two diagonals of one square.
    let (rising, falling) = (
      OrientedBox(centerX: 100, centerY: 100, width: 80, height: 8, angle: -.pi / 4),
      OrientedBox(centerX: 100, centerY: 100, width: 80, height: 8, angle: .pi / 4)
    )
    #expect(compare([box(0, rising)], [box(2, falling)]).figures.matched == 0)
    #expect(compare([box(0, rising)], [box(2, rising)]).figures.matched == 1)
    // What is left of them inside the picture does not touch.
    let outside = OrientedBox(centerX: 0, centerY: 50, width: 60, height: 20, angle: 0)
    let found = compare(
      [box(0, outside, clipped: BoundingBox(xMin: 0, yMin: 40, xMax: 5, yMax: 60))],
      [box(2, outside, clipped: BoundingBox(xMin: 6, yMin: 40, xMax: 30, yMax: 60))])
    #expect(found.figures.matched == 1)
  }

  @Test("pictures without boxes agree, and count as pictures")
  func empty() {
    let found = compare([], [])
    #expect(found.images == 1)
    #expect(found.figures.agreement == 1)
    #expect(found.figures.meanIoU == nil)
    #expect(found.classes.isEmpty)
  }

  @Test("comparisons of pictures add up to that of all")
  func sums() {
    let first = compare([box(0, at: 0)], [box(2, at: 0, 0.75), box(0, at: 50)])
    let second = compare(
      [box(0, at: 0), box(1, at: 50), box(0, at: 100)],
      [box(2, at: 0, 0.25), box(1, at: 50), box(2, at: 50), box(0, at: 100)])
    let sum = [first, second].reduce(ModelComparison(), +)
    #expect(sum.images == 2)
    #expect(sum.figures.baseBoxes == 4)
    #expect(sum.figures.candidateBoxes == 6)
    #expect(sum.figures.matched == 3)
    #expect(sum.figures.agreement == 0.6)
    // +0.25, -0.25 and 0.
    #expect(sum.figures.meanConfidenceChange == 0)
    #expect(sum.classes["ship"]?.matched == 2)
    #expect(sum.relabelled == [.init(base: "ship", candidate: "boat"): 1])
    #expect(sum.sortedClasses.map(\.label) == ["ship", "boat", "plane"])
  }

  @Test("what was written as JSON is read again, and adds up as before")
  func json() throws {
    let found = compare(
      [box(0, at: 0), box(1, at: 50), box(0, at: 100)], [box(2, at: 1, 0.75), box(0, at: 100)])
    var writer = JSONWriter()
    writer.object { $0.members(of: found) }
    let figures = #""only_base":2,"only_candidate":1,"agreement":0.4,"mean_iou":0.818182,"#
    #expect(
      writer.text.hasPrefix(
        #"{"figures":{"base_boxes":3,"candidate_boxes":2,"matched":1,"#
          + figures + #""mean_confidence_change":0.25},"classes":[{"class":"ship","base_boxes":2,"#),
      "\(writer.text)")
    guard case .object(let object) = try JSONValue(json: Array(writer.text.utf8)) else {
      Issue.record("no object")
      return
    }
    let read = try #require(ModelComparison(object, images: 1))
    #expect(read.relabelled == found.relabelled)
    #expect(read.classes.mapValues(\.matched) == found.classes.mapValues(\.matched))
    let doubled = (read + found).figures
    #expect(doubled.matched == 2)
    #expect(abs((doubled.meanIoU ?? 0) - 9.0 / 11) < 1e-6)
    #expect(
      ComparisonFigures(
        baseBoxes: 1, candidateBoxes: 3, matched: 2, meanIoU: 1, meanConfidenceChange: 0) == nil)
    #expect(ModelComparison(JSONObject(), images: 1) == nil)
  }

  /// The rule as it is written, without an index.
  private func pairs(_ old: [Detection], _ new: [Detection]) -> Set<[Int]> {
    var free = Set(new.indices)
    var pairs: Set<[Int]> = []
    for place in old.indices.sorted(by: { Detection.inResultOrder(old[$0], old[$1]) }) {
      let box = old[place]
      let best = free.sorted().filter { new[$0].classID == box.classID }
        .map {
          (place: $0, overlap: box.box.overlap(with: new[$0].box, metric: .iou, in: Double.self))
        }
        .filter { $0.overlap >= 0.5 }
        .max { left, right in
          func likeness(_ other: (place: Int, overlap: Double)) -> Double {
            other.overlap - Double(abs(box.confidence - new[other.place].confidence))
          }
          return likeness(left) < likeness(right)
        }
      guard let best else { continue }
      free.remove(best.place)
      pairs.insert([place, best.place])
    }
    return pairs
  }

  @Test("a crowd is matched as without an index", arguments: [1, 2, 3, 4] as [UInt64])
  func crowd(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func boxes(_ count: Int) -> [Detection] {
      (0..<count).map { _ in
        let x = Float.random(in: 0...60, using: &random)
        let y = Float.random(in: 0...60, using: &random)
        let size = Float(Int.random(in: 10...20, using: &random))
        return Detection(
          classID: Int.random(in: 0...2, using: &random),
          // Few values, so that there are ties.
          confidence: Float(Int.random(in: 1...4, using: &random)) / 4,
          box: BoundingBox(xMin: x, yMin: y, xMax: x + size, yMax: y + size))
      }
    }
    let (old, new) = (boxes(300), boxes(250))
    let matching = BoxMatching(
      old, new, referenceLabels: old.map(\.classID), foundLabels: new.map(\.classID), iou: 0.5)
    let expected = pairs(old, new)
    #expect(expected.count > 50)
    #expect(Set(matching.pairs.map { [$0.reference, $0.found] }) == expected)
    let (olds, news) = (matching.pairs.map(\.reference), matching.pairs.map(\.found))
    #expect((olds + matching.onlyReference).sorted() == Array(old.indices))
    #expect((news + matching.onlyFound).sorted() == Array(new.indices))
  }

  /// Pair by pair it would take minutes.
  @Test("tens of thousands of boxes are matched in seconds", .timeLimit(.minutes(1)))
  func many() {
    let side = 150
    let boxes = (0..<(side * side)).map { place in
      let (x, y) = (Float(place % side) * 20, Float(place / side) * 20)
      return Detection(
        classID: 1, confidence: 0.5, box: BoundingBox(xMin: x, yMin: y, xMax: x + 10, yMax: y + 10))
    }
    let found = compare(boxes, boxes.reversed())
    #expect(found.figures.matched == side * side)
    #expect(found.figures.meanIoU == 1)
  }
}
