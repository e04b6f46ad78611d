/// A mask as polygons, as all formats but our own files write it.
///
/// Points are pixels of the image as those of boxes are: (0, 0) is the top-left corner of the first pixel, and a polygon's
/// area is that of its pixels. (OpenCV's contours, and so Ultralytics' `masks.xy`, go through the pixels' centres and count
/// from those: they end half a pixel earlier on every side.)
public struct MaskPolygons: Sendable, Equatable {
  /// One ring, clockwise on the screen and not closed, and the holes in it, which go the other way.
  public struct Part: Sendable, Equatable {
    public var ring: [Point]
    public var holes: [[Point]]
  }

  /// Of all rings of a mask together.
  static let maxPoints = 2048
  /// Together with the steps of the pixels no line is farther than three quarters of a pixel from the pixels' border.
  private static let tolerance: Float = 0.25

  public let parts: [Part]

  /// The outer rings alone.
  public var rings: [[Point]] { parts.map(\.ring) }
  /// Of all parts.
  public var holes: [[Point]] { parts.flatMap(\.holes) }

  public init(_ mask: InstanceMask) {
    let outline = MaskOutline(mask).parts
    let fine = outline.map { Self.simplified($0, Self.tolerance) }
    parts = Self.count(fine) <= Self.maxPoints ? fine : Self.coarse(outline, around: mask)
  }

  private static func count(_ parts: [Part]) -> Int {
    parts.reduce(0) { $0 + $1.holes.reduce($1.ring.count) { $0 + $1.count } }
  }

  /// A thin neck may cross itself when its sides are thinned out; then they are left as they are.
  private static func simplified(_ part: MaskOutline.Part, _ tolerance: Float) -> Part {
    let thinned = Self.part(part, tolerance)
    guard RingCrossings.exist(in: [thinned.ring] + thinned.holes) else { return thinned }
    let smooth = Self.part(part, 0)
    return RingCrossings.exist(in: [smooth.ring] + smooth.holes) ? Self.part(part, nil) : smooth
  }

  private static func part(_ part: MaskOutline.Part, _ tolerance: Float?) -> Part {
    Part(
      ring: RingSimplification.points(part.ring, tolerance: tolerance),
      holes: part.holes.map { RingSimplification.points($0, tolerance: tolerance) })
  }

  /// Coastlines and noise: as fine as the limit allows, without what is smaller than the tolerance.
  private static func coarse(
    _ outline: [MaskOutline.Part], around mask: InstanceMask
  ) -> [Part] {
    let largest = outline.max { abs($0.ring.doubledArea) < abs($1.ring.doubledArea) }
    var tolerance = Self.tolerance * 2
    while tolerance < Float(InstanceMask.maxSide) {
      let least = Int(2 * tolerance * tolerance)
      let parts = outline.compactMap { part -> Part? in
        guard abs(part.ring.doubledArea) >= least || part == largest else { return nil }
        var kept = part
        kept.holes.removeAll { abs($0.doubledArea) < least }
        var result = Self.part(kept, tolerance)
        result.holes.removeAll { $0.count < 3 }
        return result.ring.count < 3 ? nil : result
      }
      if !parts.isEmpty, count(parts) <= maxPoints { return parts }
      tolerance *= 2
    }
    return [Part(ring: mask.bounds.corners, holes: [])]
  }
}

extension [MaskOutline.Corner] {
  /// Twice the area in pixels; negative for rings that go against the clock on the screen.
  var doubledArea: Int {
    zip(self, dropFirst() + prefix(1)).reduce(0) { area, side in
      area + side.0.x * side.1.y - side.1.x * side.0.y
    }
  }
}

/// Whether the sides of rings cross. Rings that touch do not.
enum RingCrossings {
  private struct Side {
    var from: Point
    var to: Point
    var left: Float { min(from.x, to.x) }
    var right: Float { max(from.x, to.x) }
    var top: Float { min(from.y, to.y) }
    var bottom: Float { max(from.y, to.y) }

    func crosses(_ other: Side) -> Bool {
      left < other.right && other.left < right
        && other.turn(from) * other.turn(to) < 0 && turn(other.from) * turn(other.to) < 0
    }

    /// The sign of the side's turn towards a point. Exact: the points are halves of whole numbers below 2^16.
    private func turn(_ point: Point) -> Int {
      let a = (Double(to.x) - Double(from.x)) * (Double(point.y) - Double(from.y))
      let b = (Double(to.y) - Double(from.y)) * (Double(point.x) - Double(from.x))
      return a == b ? 0 : a > b ? 1 : -1
    }
  }

  static func exist(in rings: [[Point]]) -> Bool {
    let sides = rings.flatMap { ring in
      zip(ring, ring.dropFirst() + ring.prefix(1)).map { Side(from: $0, to: $1) }
    }.sorted { $0.top < $1.top }
    // From top to bottom: only sides that reach down to the next one's top can cross it.
    var active: [Side] = []
    for side in sides {
      active.removeAll { $0.bottom <= side.top }
      if active.contains(where: { $0.crosses(side) }) { return true }
      active.append(side)
    }
    return false
  }
}
