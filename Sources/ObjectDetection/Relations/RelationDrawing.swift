import Foundation

/// The parts of a graph that are drawn, and where: the most frequent classes and the strongest relations
/// between them. The same graph gives the same drawing.
struct RelationDrawing {
  struct Edge {
    var relation: Relation
    var curve: RelationCurve
  }

  /// More circles leave no line of text to each label.
  static let classLimit = 80
  /// More curves are a grey disc.
  static let relationLimit = 200

  let graph: RelationGraph
  let classes: [RelatedClass]
  let ring: RelationRing
  /// The strongest first.
  let edges: [Edge]
  /// Of the whole graph.
  let classCount: Int
  let relationCount: Int
  /// Units from the circles' centres to the label, by class.
  let labelDistances: [Double]

  init(_ graph: RelationGraph) {
    self.graph = graph
    let all = graph.relations
    let found = graph.classes
    let classes = Array(found.prefix(Self.classLimit))
    let numbers = Dictionary(
      uniqueKeysWithValues: classes.enumerated().map { ($1.name, $0) })
    let strongest = Self.strongest(
      all.filter { numbers[$0.subject] != nil && numbers[$0.object] != nil })
    let ends = strongest.map {
      (subject: numbers[$0.subject] ?? 0, object: numbers[$0.object] ?? 0)
    }
    var weights = classes.map { _ in classes.map { _ in 0.0 } }
    for (relation, (subject, object)) in zip(strongest, ends) where subject != object {
      weights[subject][object] += log(1 + Double(relation.count))
      weights[object][subject] = weights[subject][object]
    }
    let ring = RelationRing(counts: classes.map(\.count), weights: weights)
    let curves = Self.curves(of: strongest, between: ends, in: ring)
    // Labels stand beyond the loops.
    var loops = classes.map { _ in 0 }
    for (subject, object) in ends where subject == object { loops[subject] += 1 }
    labelDistances = zip(ring.circleRadii, loops).map { radius, loops in
      radius + 7 + (loops > 0 ? RelationCurve.loopHeight(loops - 1) + 6 : 0)
    }
    edges = zip(strongest, curves).map(Edge.init)
    self.classes = classes
    self.ring = ring
    classCount = found.count
    relationCount = all.count
  }

  /// A curve for each relation. Those between the same two circles get slots in the order of the kinds, so
  /// that a bundle reads alike everywhere.
  private static func curves(
    of relations: [Relation], between ends: [(subject: Int, object: Int)], in ring: RelationRing
  ) -> [RelationCurve] {
    let bundles = Dictionary(grouping: relations.indices) { edge in
      [min(ends[edge].subject, ends[edge].object), max(ends[edge].subject, ends[edge].object)]
    }
    .mapValues { edges in
      edges.sorted {
        (relations[$0].kind.order, ends[$0].subject) < (relations[$1].kind.order, ends[$1].subject)
      }
    }
    return relations.indices.map { edge in
      let (from, to) = ends[edge]
      let bundle = bundles[[min(from, to), max(from, to)]] ?? []
      let slot = bundle.firstIndex(of: edge) ?? 0
      let hasArrow = relations[edge].kind.isDirected
      return from == to
        ? RelationCurve(
          loopIn: ring, at: from, slot: slot, slots: bundle.count, hasArrow: hasArrow)
        : RelationCurve(
          in: ring, from: from, to: to, slot: slot, slots: bundle.count, hasArrow: hasArrow)
    }
  }

  /// The first of each kind, then the second of each kind, and so on: images and pairs are no common
  /// measure, and crowds of neighbours would leave nothing else.
  private static func strongest(_ relations: [Relation]) -> [Relation] {
    var ranks: [RelationKind: Int] = [:]
    return relations.enumerated().map { place, relation in
      ranks[relation.kind, default: 0] += 1
      return (relation: relation, rank: ranks[relation.kind] ?? 0, place: place)
    }
    .sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }
    .prefix(relationLimit).map(\.relation)
  }
}

/// Labels, and the frame around everything.
extension RelationDrawing {
  /// Characters of a name; the whole name is shown under the pointer.
  private static let nameLimit = 24
  /// From this number on labels stand along the rays of the ring, where level ones would collide.
  private static let radialLabelsFrom = 15
  /// Units of a character in a label, not less than the mean of common sans-serif faces.
  private static let characterWidth = 7.2

  var isRadial: Bool { classes.count >= Self.radialLabelsFrom }

  func shortName(_ item: Int) -> String {
    let name = classes[item].name
    return name.count > Self.nameLimit ? name.prefix(Self.nameLimit - 1) + "…" : name
  }

  /// Where a label begins, ends or is centred: `across` is 1, -1 or 0.
  func labelPlace(_ item: Int) -> (place: DrawingPoint, across: Double) {
    let outward = DrawingPoint(x: cos(ring.angles[item]), y: sin(ring.angles[item]))
    let isUpright = !isRadial && abs(outward.x) < 0.05
    let distance = labelDistances[item] + (isUpright ? 6 : 0)
    return (
      ring.centers[item] + outward * distance, isUpright ? 0 : outward.x < 0 ? -1 : 1
    )
  }

  private func labelLength(_ item: Int) -> Double {
    let text = "\(shortName(item)) \(classes[item].count)"
    // Ideographs, syllables and pictures, from U+2E80 on, are twice as wide as letters.
    let columns = text.unicodeScalars.reduce(0) { $0 + ($1.value < 0x2E80 ? 1 : 2) }
    return Double(columns) * Self.characterWidth
  }

  /// Both ends of the line that the label's text stands on; units.
  func labelEnds(_ item: Int) -> (start: DrawingPoint, end: DrawingPoint) {
    let (place, across) = labelPlace(item)
    let length = labelLength(item)
    if isRadial {
      let outward = DrawingPoint(x: cos(ring.angles[item]), y: sin(ring.angles[item]))
      return (place, place + outward * length)
    }
    let start = across == 0 ? place - DrawingPoint(x: length / 2, y: 0) : place
    return (start, start + DrawingPoint(x: (across == 0 ? 1 : across) * length, y: 0))
  }

  /// Everything with a heading above and `legendLines` lines below; units.
  func frame(legendLines: Int) -> (left: Double, top: Double, width: Double, height: Double) {
    var points = edges.flatMap { edge in
      stride(from: 0, through: 1, by: 0.125).map(edge.curve.point)
    }
    for item in classes.indices {
      let radius = ring.circleRadii[item]
      let corner = DrawingPoint(x: radius, y: radius)
      let label = labelEnds(item)
      points += [
        ring.centers[item] - corner, ring.centers[item] + corner, label.start, label.end,
      ]
    }
    let (xs, ys) = (points.map(\.x), points.map(\.y))
    // At least as wide as the legend's longest line.
    let left = min(xs.min() ?? 0, -260)
    let right = max(xs.max() ?? 0, 260)
    let (top, bottom) = (ys.min() ?? 0, ys.max() ?? 0)
    let (margin, heading) = (26.0, 96.0)
    let legend = 20 * Double(legendLines) + (legendLines > 0 ? 24 : 0)
    return (
      left - margin, top - heading, right - left + 2 * margin,
      bottom - top + heading + margin + legend
    )
  }
}
