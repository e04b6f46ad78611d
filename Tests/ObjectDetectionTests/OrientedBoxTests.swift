import TestSupport
import Testing

@testable import ObjectDetection

/// A pair of rotated boxes: `batch_probiou` of Ultralytics, IoU of shapely's polygons, corners of
/// Ultralytics' `xywhr2xyxyxyxy`.
struct OrientedPair: Decodable, Sendable, CustomTestStringConvertible {
  var a: [Float]
  var b: [Float]
  var probiou: Float
  var probiouDouble: Float
  var polygonIou: Float
  var cornersOfA: [[Float]]

  var testDescription: String { "\(a) and \(b)" }

  static func all() throws -> [OrientedPair] { try Fixtures.cases(of: "probiou.json") }
}

@Suite("OrientedBox")
struct OrientedBoxTests {
  @Test("overlaps are those of Ultralytics and shapely", arguments: try OrientedPair.all())
  func overlaps(pair: OrientedPair) {
    let (a, b) = (OrientedBox(row: pair.a), OrientedBox(row: pair.b))
    for (left, right) in [(a, b), (b, a)] {
      #expect(abs(left.overlap(with: right) - pair.probiouDouble) < 3e-5)
      #expect(abs(left.overlap(with: right) - pair.probiou) < 3e-4)
      #expect(abs(left.polygonIoU(with: right) - pair.polygonIou) < 3e-5)
    }
  }

  @Test("corners are those of Ultralytics, in its order", arguments: try OrientedPair.all())
  func corners(pair: OrientedPair) {
    let box = OrientedBox(row: pair.a)
    #expect(agree(box.polygon.map { [$0.x, $0.y] }, pair.cornersOfA, within: 1e-4))
    let around = box.enclosingBox
    let xs = pair.cornersOfA.map { $0[0] }.sorted()
    let ys = pair.cornersOfA.map { $0[1] }.sorted()
    #expect(
      agree(
        [[around.xMin, around.yMin, around.xMax, around.yMax]], [[xs[0], ys[0], xs[3], ys[3]]],
        within: 1e-4))
  }

  @Test("angles run from x to y, that is clockwise on the screen")
  func direction() {
    let box = OrientedBox(centerX: 10, centerY: 10, width: 8, height: 2, angle: .pi / 2)
    // Turned by a quarter, the +w +h corner (4, 1) goes to (-1, 4).
    let corners = box.polygon.map { [$0.x, $0.y] }
    #expect(agree(corners, [[9, 14], [11, 14], [11, 6], [9, 6]], within: 1e-5))
    #expect(abs(box.angleDegrees - 90) < 1e-4)
    #expect(box.areaPixels == 16)
  }

  @Test("a box inside another shares its own area", arguments: [Float(0), 0.4, 1.57, -2.5])
  func contained(angle: Float) {
    let outer = OrientedBox(centerX: 5000, centerY: 7000, width: 40, height: 30, angle: angle)
    let inner = OrientedBox(centerX: 5002, centerY: 7001, width: 6, height: 4, angle: angle + 1)
    #expect(abs(outer.intersectionArea(with: inner) - 24) < 1e-2)
    #expect(abs(inner.intersectionArea(with: outer) - 24) < 1e-2)
    #expect(abs(outer.overlap(with: inner, metric: .ios) - 1) < 1e-3)
    #expect(abs(outer.polygonIoU(with: inner) - 0.02) < 1e-4)
  }

  @Test("a square and the same square on its corner share an octagon")
  func octagon() {
    let square = OrientedBox(centerX: 0, centerY: 0, width: 2, height: 2, angle: 0)
    let turned = OrientedBox(centerX: 0, centerY: 0, width: 2, height: 2, angle: .pi / 4)
    // A regular octagon of inradius 1: 8 tan(pi / 8) = 8 (sqrt(2) - 1).
    #expect(abs(square.intersectionArea(with: turned) - 3.3137085) < 1e-4)
  }

  @Test("boxes apart share nothing; boxes without area have no overlap")
  func degenerate() {
    let box = OrientedBox(centerX: 0, centerY: 0, width: 10, height: 10, angle: 0.2)
    let far = OrientedBox(centerX: 50, centerY: 0, width: 10, height: 10, angle: 0.9)
    let line = OrientedBox(centerX: 0, centerY: 0, width: 10, height: 0, angle: 0.2)
    #expect(box.intersectionArea(with: far) == 0)
    #expect(box.polygonIoU(with: far) == 0)
    #expect(line.polygonIoU(with: line) == 0)
    #expect(line.overlap(with: line, metric: .ios) == 0)
    #expect(line.overlap(with: box).isFinite)
  }

  @Test("a union with a parallel or crosswise box holds all of both", arguments: UInt64(1)...5)
  func union(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let one = OrientedBox.random(extent: 100, using: &random)
      var other = OrientedBox.random(extent: 100, using: &random)
      other.angle = one.angle + Float(Int.random(in: -4...4, using: &random)) * .pi / 2
      let union = one.union(other)
      #expect(union.angle == one.angle)
      for box in [one, other] {
        let shared = union.intersectionArea(with: box)
        #expect(abs(shared - box.areaPixels) < 0.01 * box.areaPixels + 0.05, "seed \(seed)")
      }
    }
  }

  /// Expected values are spans along the first box's sides, by hand.
  @Test(
    "a union joins the boxes along the first one's sides",
    arguments: [
      // Along x 0...10 and 8...20, across -2...2 and 1...5; half a turn changes nothing.
      ([5, 0, 10, 4, 0], [14, 3, 12, 4, .pi], [10, 1.5, 20, 7, 0]),
      // A few degrees are ignored: -5...5 and 3...13.
      ([0, 0, 10, 4, 0], [8, 0, 10, 4, 0.3], [4, 0, 18, 4, 0]),
      // Nearer to a quarter turn: its height lies along the first one's width.
      ([0, 0, 10, 4, 0], [0, 0, 3, 20, .pi / 2 - 0.2], [0, 0, 20, 4, 0]),
      ([0, 0, 10, 4, 0], [0, 0, 3, 20, -.pi / 2 + 0.2], [0, 0, 20, 4, 0]),
      ([0, 0, 10, 4, 0.7], [0, 0, 10, 4, 0.7], [0, 0, 10, 4, 0.7]),
      // 10 pixels further down the direction of pi / 2, which is y.
      ([0, 0, 10, 4, .pi / 2], [0, 10, 10, 4, .pi / 2], [0, 5, 20, 4, .pi / 2]),
    ] as [([Float], [Float], [Float])])
  func joined(one: [Float], other: [Float], expected: [Float]) {
    let union = OrientedBox(row: one).union(OrientedBox(row: other))
    let found = [union.centerX, union.centerY, union.width, union.height, union.angle]
    #expect(agree([found], [expected], within: 1e-4))
  }

  @Test("views of one object from many directions do not make it grow")
  func noGrowth() {
    let first = OrientedBox(centerX: 30, centerY: 20, width: 12, height: 12, angle: 0.4)
    let union = (0..<100).reduce(first) { union, step in
      var view = first
      view.angle = Float(step) * 0.31
      return union.union(view)
    }
    #expect(agree([[union.width, union.height]], [[12, 12]], within: 1e-3))
  }

  @Test("absurd but finite angles trap nowhere", arguments: [Float(1e20), -3e38, 3e38])
  func absurdAngle(angle: Float) {
    let box = OrientedBox(centerX: 0, centerY: 0, width: 10, height: 4, angle: angle)
    let other = OrientedBox(centerX: 3, centerY: 0, width: 10, height: 4, angle: -angle)
    #expect(box.union(other).areaPixels >= 40)
    #expect(box.overlap(with: other).isFinite)
    #expect(box.polygonIoU(with: other).isFinite)
  }
}
