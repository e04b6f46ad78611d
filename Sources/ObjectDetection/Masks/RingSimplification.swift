/// A border of pixels as a polygon of few points.
///
/// Slanted borders are stairs. A step of one pixel between two sides that go the same way becomes the point in its middle,
/// so that slanted lines are straight and lie in the middle of their stairs; what remains is thinned out by Douglas and
/// Peucker's algorithm ("Algorithms for the reduction of the number of points required to represent a digitized line or its
/// caricature", 1973). Corners that are no steps stay where they are.
enum RingSimplification {
  /// - Parameter tolerance: how far the line may be from a point that is left out, in pixels; nil leaves the stairs as well.
  static func points(_ ring: [MaskOutline.Corner], tolerance: Float?) -> [Point] {
    guard let tolerance else { return ring.map { Point(x: Float($0.x), y: Float($0.y)) } }
    let line = withoutSteps(ring)
    guard line.count > 4, tolerance > 0 else { return line }
    return thinned(line, tolerance)
  }

  private static func withoutSteps(_ ring: [MaskOutline.Corner]) -> [Point] {
    let sides = ring.indices.map { Side(ring[$0], ring[($0 + 1) % ring.count]) }
    let isStep = sides.indices.map { index in
      let (before, after) = (
        sides[(index + sides.count - 1) % sides.count], sides[(index + 1) % sides.count]
      )
      return sides[index].length == 1 && (before.x, before.y) == (after.x, after.y)
    }
    var points: [Point] = []
    points.reserveCapacity(ring.count)
    for (index, side) in sides.enumerated() {
      let (before, after) = ((index + sides.count - 1) % sides.count, (index + 1) % sides.count)
      if isStep[index] {
        points.append(side.point(0.5))
        continue
      }
      guard isStep[before] || isStep[after] else {
        points.append(side.point(0))
        continue
      }
      let isSlope =
        isStep[before] && isStep[after]
        && (sides[before].x, sides[before].y) == (sides[after].x, sides[after].y)
      if isSlope { continue }
      // The top of a hill, or the end of a slope: it stays but for half a pixel.
      points.append(side.point(isStep[before] ? 0.5 : 0))
      if isStep[after], side.length > 1 { points.append(side.point(Float(side.length) - 0.5)) }
    }
    return points
  }

  /// A straight piece of a ring.
  private struct Side {
    let start: MaskOutline.Corner
    let length: Int
    /// Its direction: one of them is 0, the other one 1 or -1.
    let x: Int
    let y: Int

    init(_ start: MaskOutline.Corner, _ end: MaskOutline.Corner) {
      self.start = start
      length = abs(end.x - start.x) + abs(end.y - start.y)
      x = (end.x - start.x).signum()
      y = (end.y - start.y).signum()
    }

    /// So many pixels behind its start.
    func point(_ distance: Float) -> Point {
      Point(x: Float(start.x) + Float(x) * distance, y: Float(start.y) + Float(y) * distance)
    }
  }

  private static func thinned(_ ring: [Point], _ tolerance: Float) -> [Point] {
    // Closed: both halves between two points that are far from each other.
    let start = ring.indices.min { (ring[$0].x, ring[$0].y) < (ring[$1].x, ring[$1].y) } ?? 0
    let line = Array(ring[start...] + ring[...start])
    let far = line.indices.max { squared(line[0], line[$0]) < squared(line[0], line[$1]) } ?? 0
    var isKept = Array(repeating: false, count: line.count)
    isKept[0] = true
    isKept[far] = true
    var spans = [(0, far), (far, line.count - 1)]
    while let (first, last) = spans.popLast() {
      guard last - first > 1 else { continue }
      let (farthest, distance) = farthest(in: line, first, last)
      guard distance > tolerance * tolerance else { continue }
      isKept[farthest] = true
      spans.append((first, farthest))
      spans.append((farthest, last))
    }
    return line.indices.dropLast().filter { isKept[$0] }.map { line[$0] }
  }

  /// The point between `first` and `last` that is farthest from the segment between them, and its squared distance.
  private static func farthest(
    in line: [Point], _ first: Int, _ last: Int
  ) -> (index: Int, squaredDistance: Float) {
    let (a, b) = (line[first], line[last])
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let length = dx * dx + dy * dy
    var result = (index: first, squaredDistance: Float(-1))
    for index in (first + 1)..<last {
      let (x, y) = (line[index].x - a.x, line[index].y - a.y)
      let share = length > 0 ? min(max((x * dx + y * dy) / length, 0), 1) : 0
      let (offX, offY) = (x - share * dx, y - share * dy)
      let distance = offX * offX + offY * offY
      if distance > result.squaredDistance { result = (index, distance) }
    }
    return result
  }

  private static func squared(_ one: Point, _ other: Point) -> Float {
    let (dx, dy) = (one.x - other.x, one.y - other.y)
    return dx * dx + dy * dy
  }
}
