import Testing

@testable import ObjectDetection

/// Expected values are computed by hand; sides are chosen so that diagonals and areas are whole numbers.
@Suite("BoxPlacement")
struct BoxPlacementTests {
  /// 30 x 40, diagonal 50: two of them are near below 100 between centres, adjacent up to a gap of 5.
  private static let tile = BoundingBox(xMin: 0, yMin: 0, xMax: 30, yMax: 40)
  private static let field = BoundingBox(xMin: 0, yMin: 0, xMax: 100, yMax: 100)

  struct Case: CustomTestStringConvertible {
    var testDescription: String
    var first: BoundingBox
    var second: BoundingBox
    var expected: BoxPlacement?

    init(
      _ name: String, _ first: BoundingBox, _ second: BoundingBox, _ expected: BoxPlacement?
    ) {
      testDescription = name
      self.first = first
      self.second = second
      self.expected = expected
    }

    /// The tile and the tile moved.
    init(_ name: String, movedBy x: Float, _ y: Float, _ expected: BoxPlacement?) {
      self.init(name, tile, tile.shifted(byX: x, y: y), expected)
    }
  }

  private static func box(_ xMin: Float, _ yMin: Float, _ xMax: Float, _ yMax: Float) -> BoundingBox
  {
    BoundingBox(xMin: xMin, yMin: yMin, xMax: xMax, yMax: yMax)
  }

  static let distances = [
    Case("centres just below two mean diagonals", movedBy: 99.9, 0, .near),
    Case("centres exactly two mean diagonals apart", movedBy: 100, 0, nil),
    Case("centres farther than two mean diagonals", movedBy: 100.1, 0, nil),
    Case("centres just below two mean diagonals, slanted", movedBy: 60, 79.9, .near),
    Case("centres exactly two mean diagonals apart, slanted (60, 80, 100)", movedBy: 60, 80, nil),
    Case("a gap just below a tenth of the mean diagonal", movedBy: 34.9, 0, .adjacent),
    Case("a gap of a tenth of the mean diagonal", movedBy: 35, 0, .adjacent),
    Case("a gap just above a tenth", movedBy: 35.1, 0, .near),
    Case("a gap of a tenth from corner to corner (3, 4, 5)", movedBy: 33, 44, .adjacent),
    Case("a gap above a tenth from corner to corner", movedBy: 33, 44.1, .near),
    Case("touching sides", movedBy: 30, 0, .adjacent),
    Case("touching sides, one above the other", movedBy: 0, -40, .adjacent),
    Case("touching corners", movedBy: -30, 40, .adjacent),
    Case("an overlap just below a tenth deep", movedBy: 25.1, 0, .adjacent),
    Case("an overlap a tenth deep", movedBy: 25, 0, .adjacent),
    Case("an overlap more than a tenth deep", movedBy: 24.9, 0, .near),
    Case("an overlap a tenth deep along y", movedBy: 0, 35, .adjacent),
    Case("an overlap more than a tenth deep along y", movedBy: 0, 34.9, .near),
    Case("identical boxes are one object", movedBy: 0, 0, nil),
  ]

  static let overlaps = [
    Case("exactly half of the area inside", box(-5, 40, 5, 50), field, .adjacent),
    Case("just under half inside", box(-5.1, 40, 4.9, 50), field, .adjacent),
    Case("just over half inside", box(-4.9, 40, 5.1, 50), field, .on),
    Case("exactly half inside, deeper than a tenth", box(-20, 30, 20, 70), field, .near),
    Case("contained", box(40, 40, 50, 50), field, .on),
    Case("contained, on the side", box(0, 0, 10, 10), field, .on),
    // Common 60 of 100 columns: IoU 60/140.
    Case("boxes of one area are not on one another", field, box(40, 0, 140, 100), .near),
    Case("the smaller by one column is on the larger", field, box(40, 0, 141, 100), .on),
    // 28 of 34 columns in common: IoU 28/40 = 0.7.
    Case("an IoU of 0.7 is two objects", box(0, 0, 34, 40), box(6, 0, 40, 40), .near),
    Case("an IoU above 0.7 is one object", box(0, 0, 34, 40), box(5.9, 0, 39.9, 40), nil),
    Case("contained with an IoU of 0.7", box(0, 0, 70, 100), field, .on),
    Case("contained with an IoU above 0.7", box(0, 0, 70.1, 100), field, nil),
    // Far from the origin, where 32-bit areas would be off.
    Case(
      "exactly half inside, far out", box(59_995, 60_040, 60_005, 60_050),
      box(60_000, 60_000, 60_100, 60_100), .adjacent),
  ]

  @Test(
    "each limit is met or missed as it is written, from both sides", arguments: distances + overlaps
  )
  func limits(example: Case) throws {
    let first = try #require(PlacedBox(example.first))
    let second = try #require(PlacedBox(example.second))
    let mirrored: BoxPlacement? = example.expected == .on ? .under : example.expected
    #expect(first.placement(to: second) == example.expected)
    #expect(second.placement(to: first) == mirrored)
  }

  @Test("a box without area, or without finite corners, is nowhere")
  func emptyBoxes() {
    #expect(PlacedBox(Self.box(5, 5, 5, 9)) == nil)
    #expect(PlacedBox(Self.box(9, 5, 5, 9)) == nil)
    #expect(PlacedBox(Self.box(.nan, 5, 5, 9)) == nil)
    #expect(PlacedBox(Self.box(0, 0, .infinity, 9)) == nil)
  }
}
