import TestSupport
import Testing

@testable import ObjectDetection

@Suite("RelationGraph")
struct RelationGraphTests {
  private let names = ["ship", "harbor", "Bridge"]

  @Test("a symmetric relation is written once, the first name first")
  func writtenOnce() {
    var graph = RelationGraph()
    // A ship beside a harbor, seen first from one and then from the other.
    graph.add([.at(0, 0, 0, 30, 40), .at(1, 60, 0, 90, 40)], classNames: names)
    graph.add([.at(1, 0, 0, 30, 40), .at(0, 60, 0, 90, 40)], classNames: names)
    #expect(
      graph.relations == [
        Relation(kind: .cooccurs, subject: "harbor", object: "ship", count: 2),
        Relation(kind: .locatedNear, subject: "harbor", object: "ship", count: 2),
      ])
    #expect(graph.imageCount == 2)
  }

  @Test("pairs within a class are counted once and are no co-occurrence")
  func sameClass() {
    var graph = RelationGraph()
    // Three courts side by side: two neighbouring pairs; the outer two are 60 apart, gap 30.
    graph.add(
      [.at(0, 0, 0, 30, 40), .at(0, 30, 0, 60, 40), .at(0, 60, 0, 90, 40)], classNames: names)
    #expect(
      graph.relations == [
        Relation(kind: .locatedNear, subject: "ship", object: "ship", count: 1),
        Relation(kind: .adjacentTo, subject: "ship", object: "ship", count: 2),
      ])
  }

  @Test("on is directed, whichever class comes first", arguments: [[0, 2], [2, 0]])
  func directed(classes: [Int]) {
    var graph = RelationGraph()
    graph.add(
      [.at(classes[0], 40, 40, 50, 50), .at(classes[1], 0, 0, 100, 100)], classNames: names)
    #expect(
      graph.relations.last
        == Relation(
          kind: .locatedOn, subject: names[classes[0]], object: names[classes[1]], count: 1))
  }

  @Test("co-occurrence counts images, however many detections they have")
  func cooccurrence() {
    var graph = RelationGraph()
    let apart = [Detection.at(0, 0, 0, 2, 2), .at(0, 900, 0, 902, 2), .at(2, 0, 900, 2, 902)]
    graph.add(apart, classNames: names)
    graph.add(apart, classNames: names)
    graph.add([apart[0]], classNames: names)
    graph.add([], classNames: names)
    #expect(
      graph.relations == [
        Relation(kind: .cooccurs, subject: "Bridge", object: "ship", count: 2)
      ])
    #expect(graph.classes.map(\.name) == ["ship", "Bridge"])
    #expect(graph.classes.map(\.count) == [5, 2])
    #expect(graph.imageCount == 4)
  }

  @Test("relations come by kind, then by count, then by names")
  func order() {
    var graph = RelationGraph()
    let all = ["a", "b", "c"]
    graph.add([.at(0, 0, 0, 9, 9), .at(1, 500, 0, 509, 9)], classNames: all)
    graph.add([.at(2, 0, 0, 9, 9), .at(1, 500, 0, 509, 9)], classNames: all)
    graph.add([.at(2, 0, 0, 9, 9), .at(1, 9, 0, 18, 9)], classNames: all)
    graph.add([.at(2, 0, 0, 9, 9), .at(0, 400, 0, 409, 9)], classNames: all)
    #expect(
      graph.relations.map { "\($0.kind.rawValue) \($0.subject) \($0.object) \($0.count)" } == [
        "cooccurs b c 2", "cooccurs a b 1", "cooccurs a c 1", "adjacent_to b c 1",
      ])
  }

  @Test("ids beyond the names keep their number, and classes of one name are one")
  func classNames() {
    var graph = RelationGraph()
    graph.add(
      [.at(0, 0, 0, 9, 9), .at(1, 9, 0, 18, 9), .at(7, 900, 0, 909, 9)],
      classNames: ["car", "car"])
    #expect(graph.classes.map(\.name) == ["car", "class7"])
    #expect(graph.relations.contains { $0.kind == .adjacentTo && $0.object == "car" })
    #expect(graph.relations.count { $0.kind == .cooccurs } == 1)
  }

  @Test("a box without area counts as a detection and is in no pair")
  func emptyBox() {
    var graph = RelationGraph()
    graph.add([.at(0, 5, 5, 5, 9), .at(1, 0, 0, 100, 100)], classNames: names)
    #expect(graph.relations.map(\.kind) == [.cooccurs])
    #expect(graph.detectionCount == 2)
  }

  @Test("the counts are those of all pairs", arguments: [1, 2, 17, 300, 900], UInt64(1)...3)
  func allPairs(count: Int, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let names = (0..<6).map { "class \($0)" }
    var graph = RelationGraph()
    var expected: [String: Int] = [:]
    for extent: Float in [40, 400, 4000] {
      let detections = (0..<count).map { _ in Detection.random(extent: extent, using: &random) }
      graph.add(detections, classNames: names)
      for (key, pairs) in pairsOfAll(detections, names) { expected[key, default: 0] += pairs }
    }
    let counted = graph.relations.filter { $0.kind != .cooccurs }
      .map { ("\($0.kind.rawValue) \($0.subject) \($0.object)", $0.count) }
    #expect(Dictionary(uniqueKeysWithValues: counted) == expected, "seed \(seed)")
  }

  /// Every pair looked at, without an index.
  private func pairsOfAll(_ detections: [Detection], _ names: [String]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for (position, detection) in detections.enumerated() {
      for other in detections[(position + 1)...] {
        guard let placement = PlacedBox(detection.box)?.placement(to: other.box) else { continue }
        let (first, second) = (names[detection.classID], names[other.classID])
        let key =
          switch placement {
          case .near: "located_near \(min(first, second)) \(max(first, second))"
          case .adjacent: "adjacent_to \(min(first, second)) \(max(first, second))"
          case .on: "located_on \(first) \(second)"
          case .under: "located_on \(second) \(first)"
          }
        counts[key, default: 0] += 1
      }
    }
    return counts
  }

  @Test("the order of images and detections changes nothing", arguments: UInt64(1)...3)
  func determinism(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let images = (0..<8).map { _ in
      (0..<40).map { _ in Detection.random(extent: 300, using: &random) }
    }
    var (graph, shuffled) = (RelationGraph(), RelationGraph())
    for image in images { graph.add(image, classNames: names) }
    for image in images.shuffled(using: &random) {
      shuffled.add(image.shuffled(using: &random), classNames: names)
    }
    #expect(graph.json() == shuffled.json(), "seed \(seed)")
    #expect(graph.prolog() == shuffled.prolog(), "seed \(seed)")
    #expect(graph.svg() == shuffled.svg(), "seed \(seed)")
  }
}

extension PlacedBox {
  fileprivate func placement(to other: BoundingBox) -> BoxPlacement? {
    PlacedBox(other).flatMap { placement(to: $0) }
  }
}

extension Detection {
  static func at(
    _ classID: Int, _ xMin: Float, _ yMin: Float, _ xMax: Float, _ yMax: Float
  ) -> Detection {
    Detection(
      classID: classID, confidence: 0.5,
      box: BoundingBox(xMin: xMin, yMin: yMin, xMax: xMax, yMax: yMax))
  }

  /// Of one of six classes; sides of up to 50 pixels, some without area.
  fileprivate static func random(
    extent: Float, using random: inout SeededGenerator
  ) -> Detection {
    let x = Float.random(in: 0..<extent, using: &random).rounded()
    let y = Float.random(in: 0..<extent, using: &random).rounded()
    return .at(
      Int.random(in: 0..<6, using: &random), x, y,
      x + Float.random(in: 0..<50, using: &random).rounded(),
      y + Float.random(in: 0..<50, using: &random).rounded())
  }
}
