import Foundation

/// One edge of a drawing as a cubic Bézier curve, in units of the drawing.
struct RelationCurve {
  /// Units from the base of an arrow head to its tip.
  static let arrowLength = 10.0
  /// Units between two curves that join the same circles, where they are farthest apart.
  private static let gap = 13.0

  let start: DrawingPoint
  let control1: DrawingPoint
  let control2: DrawingPoint
  let end: DrawingPoint
  /// Where an arrow points to; nil without one.
  let tip: DrawingPoint?

  func point(at share: Double) -> DrawingPoint {
    let rest = 1 - share
    return start * (rest * rest * rest) + control1 * (3 * rest * rest * share)
      + control2 * (3 * rest * share * share) + end * (share * share * share)
  }

  /// From circle `from` to circle `to`, bent towards the origin; curve `slot` of `slots` that join the two.
  init(
    in ring: RelationRing, from: Int, to: Int, slot: Int, slots: Int, hasArrow: Bool
  ) {
    // The bend is that of the pair, whichever way the edge goes: curves of one bundle stay parallel.
    let (low, high) = (min(from, to), max(from, to))
    let chord = ring.centers[high] - ring.centers[low]
    let middle = (ring.centers[low] + ring.centers[high]) * 0.5
    let normal = chord.unit.normal
    let faces = normal.x * middle.x + normal.y * middle.y > 0 ? -1.0 : 1.0
    let inward = normal * faces
    let place = Double(slot) - Double(slots - 1) / 2
    // A bundle never bends outwards, where the labels are.
    let bend = max(min(chord.length, middle.length) * 0.3, Double(slots - 1) * Self.gap)
    let control = middle + inward * (bend + place * 2 * Self.gap)
    let base = middle + inward * bend

    func attach(_ item: Int, _ clearance: Double) -> DrawingPoint {
      let radius = ring.circleRadii[item]
      let direction = (base - ring.centers[item]).unit
      let across = direction.normal
      let side = across.x * inward.x + across.y * inward.y < 0 ? -1.0 : 1.0
      let shift = place * min(7, 1.6 * radius / Double(max(slots - 1, 1)))
      let along = max(radius * radius - shift * shift, 0).squareRoot() + clearance
      return ring.centers[item] + direction * along + across * (side * shift)
    }
    start = attach(from, 0)
    let aim = attach(to, 1)
    tip = hasArrow ? aim : nil
    end = hasArrow ? aim + (control - aim).unit * Self.arrowLength : aim
    // The quadratic curve by `control`, raised to a cubic one.
    control1 = start + (control - start) * (2 / 3)
    control2 = end + (control - end) * (2 / 3)
  }

  /// A loop outwards from circle `item`; loop `slot` of `slots` there, each around the last one.
  init(loopIn ring: RelationRing, at item: Int, slot: Int, slots: Int, hasArrow: Bool) {
    let angle = ring.angles[item]
    let outward = DrawingPoint(x: cos(angle), y: sin(angle))
    let radius = ring.circleRadii[item]
    let share = Double(slot + 1) / Double(slots)
    let width = share * min(ring.spacing * 0.5, 34)
    let height = (Self.loopHeight(slot) + radius) / 0.75
    let spread = min(0.3 + 0.4 * share, width / radius)
    let attach = { (side: Double, clearance: Double) in
      ring.centers[item]
        + DrawingPoint(x: cos(angle + side * spread), y: sin(angle + side * spread))
        * (radius + clearance)
    }
    let controls = { (side: Double) in
      ring.centers[item] + outward * height + outward.normal * (side * width)
    }
    start = attach(-1, 0)
    control1 = controls(-1)
    control2 = controls(1)
    let aim = attach(1, 1)
    tip = hasArrow ? aim : nil
    end = hasArrow ? aim + (control2 - aim).unit * Self.arrowLength : aim
  }

  /// Units that a loop rises above its circle.
  static func loopHeight(_ slot: Int) -> Double { 22 + 12 * Double(slot) }
}
