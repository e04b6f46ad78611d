import Foundation

/// A vector in units of the drawing: x to the right, y down.
struct DrawingPoint {
  var x: Double
  var y: Double

  var length: Double { (x * x + y * y).squareRoot() }
  /// Of length 1; to the right for the zero vector.
  var unit: DrawingPoint {
    length > 0 ? DrawingPoint(x: x / length, y: y / length) : DrawingPoint(x: 1, y: 0)
  }
  /// Turned by a right angle.
  var normal: DrawingPoint { DrawingPoint(x: -y, y: x) }

  static func + (left: Self, right: Self) -> Self {
    DrawingPoint(x: left.x + right.x, y: left.y + right.y)
  }
  static func - (left: Self, right: Self) -> Self {
    DrawingPoint(x: left.x - right.x, y: left.y - right.y)
  }
  static func * (left: Self, scale: Double) -> Self {
    DrawingPoint(x: left.x * scale, y: left.y * scale)
  }
}

/// The circles of a drawing on a ring around the origin, ordered so that related classes are close.
struct RelationRing {
  /// Units between the origin and the circles' centres.
  let radius: Double
  /// Units along the ring from one circle to the next.
  let spacing: Double
  /// Direction of each class from the origin, in radians from the x axis towards the y axis.
  let angles: [Double]
  let centers: [DrawingPoint]
  /// Radius of each class's circle: its area grows with the detections.
  let circleRadii: [Double]

  /// `weights[a][b]`: how much a and b want to be close; symmetric.
  init(counts: [Int], weights: [[Double]]) {
    let order = Self.order(weights)
    let total = Double(max(order.count, 1))
    // 27 units leave a line of text to every label; fewer circles keep a ring of a size to see edges in.
    let radius = order.count == 1 ? 0 : max(210, total * 27 / (2 * .pi))
    let step = 2 * Double.pi / total
    spacing = order.count == 1 ? 400 : radius * step
    self.radius = radius
    // Half a step from the top: the labels of the two topmost circles go to either side. Two lie level,
    // and one has its loops above it.
    let start = order.count == 2 ? Double.pi : (order.count == 1 ? 0 : step / 2) - .pi / 2
    var angles = Array(repeating: 0.0, count: order.count)
    for (place, item) in order.enumerated() { angles[item] = start + step * Double(place) }
    self.angles = angles
    centers = angles.map { DrawingPoint(x: radius * cos($0), y: radius * sin($0)) }
    let largest = min(30, spacing * 0.38)
    let most = Double(max(counts.max() ?? 1, 1))
    circleRadii = counts.map { max(largest * (Double($0) / most).squareRoot(), 3.5) }
  }

  /// Items in their order on the ring: swaps and reversals as long as one shortens the weighted arcs.
  ///
  /// Short arcs cross little (Mäkinen, "On circular layouts", 1988). Sixteen rounds settle 80 classes; the
  /// limit only bounds the time.
  private static func order(_ weights: [[Double]]) -> [Int] {
    var order = greedyOrder(weights)
    guard order.count > 3 else { return order }
    var best = arcLength(order, weights)
    for _ in 0..<16 {
      let before = best
      for first in order.indices {
        for second in (first + 1)..<order.count {
          let change =
            arcs(of: first, at: second, order, weights)
            + arcs(of: second, at: first, order, weights)
            - arcs(of: first, at: first, order, weights)
            - arcs(of: second, at: second, order, weights)
          if change < -1e-9 { order.swapAt(first, second) }
        }
      }
      best = arcLength(order, weights)
      if best >= before - 1e-9 { break }
    }
    return order
  }

  /// Each next item is the one closest related to the last ones.
  private static func greedyOrder(_ weights: [[Double]]) -> [Int] {
    var order: [Int] = []
    var remaining = Array(weights.indices)
    while !remaining.isEmpty {
      // The last three: a chain of single neighbours would tear groups apart.
      let recent = order.suffix(3)
      var choice = 0
      var highest = -Double.infinity
      for (position, item) in remaining.enumerated() {
        let pull = recent.reduce(0) { $0 + weights[item][$1] }
        if pull > highest { (choice, highest) = (position, pull) }
      }
      order.append(remaining.remove(at: choice))
    }
    return order
  }

  private static func arcLength(_ order: [Int], _ weights: [[Double]]) -> Double {
    order.indices.reduce(0) { $0 + arcs(of: $1, at: $1, order, weights) } / 2
  }

  /// Weighted arcs of the item at `place` if it stood at `target` and the item there in its place.
  private static func arcs(
    of place: Int, at target: Int, _ order: [Int], _ weights: [[Double]]
  ) -> Double {
    let row = weights[order[place]]
    var sum = 0.0
    for other in order.indices where other != place {
      let standing = other == target ? place : other
      let steps = abs(standing - target)
      sum += row[order[other]] * Double(min(steps, order.count - steps))
    }
    return sum
  }
}
