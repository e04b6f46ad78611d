extension MaskPolygons {
  /// All outer rings as one, for formats that have no more: from the longest on, each of the others is inserted where it
  /// comes nearest, by a line there and the same back. Its area is theirs; holes are left out.
  ///
  /// What Ultralytics' `merge_multi_segment` does, which inserts them one behind the other.
  var joinedRing: [Point] {
    let rings = rings.sorted { $0.count > $1.count }
    guard var joined = rings.first else { return [] }
    for ring in rings.dropFirst() {
      var nearest = (place: 0, other: 0, distance: Float.infinity)
      for (place, point) in joined.enumerated() {
        for (other, target) in ring.enumerated() {
          let (dx, dy) = (point.x - target.x, point.y - target.y)
          let distance = dx * dx + dy * dy
          if distance < nearest.distance { nearest = (place, other, distance) }
        }
      }
      let tour = ring[nearest.other...] + ring[...nearest.other]
      joined.insert(contentsOf: tour + [joined[nearest.place]], at: nearest.place + 1)
    }
    return joined
  }

  /// A MULTIPOLYGON of well-known text: rings are closed, holes follow their ring.
  var wellKnownText: String {
    func text(_ ring: [Point]) -> String {
      let points = (ring + ring.prefix(1)).map { point in
        decimal(point.x, places: 3, trimmed: true) + " "
          + decimal(point.y, places: 3, trimmed: true)
      }
      return "(" + points.joined(separator: ", ") + ")"
    }
    let polygons = parts.map { part in
      "(" + ([part.ring] + part.holes).map(text).joined(separator: ", ") + ")"
    }
    return "MULTIPOLYGON (" + polygons.joined(separator: ", ") + ")"
  }
}
