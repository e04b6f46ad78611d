/// Finds the detections that a rule may see together.
///
/// No rule reaches further than the sum of two diagonals from centre to centre, so it is enough to look where two
/// squares of that half-side around the centres meet; overlapping boxes are among them.
struct RuleNeighbours {
  /// Squares a little larger than they are: what the tree's 32 bits round away must not matter.
  private static let margin = 1e-5

  private let squares: [BoundingBox]
  private let tree: PackedRTree

  init(_ objects: [RuledObject]) {
    squares = objects.map { object in
      let reach = object.diagonal * (1 + Self.margin)
      let slack = Self.margin * max(1e-3, abs(object.centerX), abs(object.centerY))
      return BoundingBox(
        xMin: Float(object.centerX - reach - slack), yMin: Float(object.centerY - reach - slack),
        xMax: Float(object.centerX + reach + slack), yMax: Float(object.centerY + reach + slack))
    }
    tree = PackedRTree(squares)
  }

  /// Whether looking them up is cheaper than looking at all: in a crowd sorting costs more than it saves.
  var areFew: Bool {
    let samples = 64
    let step = max(1, squares.count / samples)
    var looked = 0
    var found = 0
    for index in stride(from: 0, to: squares.count, by: step) {
      looked += 1
      tree.forEach(intersecting: squares[index]) { _ in found += 1 }
    }
    return found * 16 < looked * squares.count
  }

  /// Those behind it in the order, in the order.
  func later(than index: Int) -> [Int] {
    var found: [Int] = []
    tree.forEach(intersecting: squares[index]) { if $0 > index { found.append($0) } }
    found.sort()
    return found
  }
}
