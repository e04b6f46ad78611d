/// Which boxes of two runs over one picture are the same objects.
///
/// Each box of the reference takes the free box under its label that is most like it, by overlap and confidence, the most
/// confident first: models may give one object several boxes that differ in their confidence only. Oriented boxes are
/// compared by the exact IoU of their polygons.
struct BoxMatching {
  /// Places in the reference and in what was found, and the IoU of the two boxes.
  struct Pair {
    var reference: Int
    var found: Int
    var overlap: Double
  }

  /// In the order of the reference, highest confidence first.
  private(set) var pairs: [Pair] = []
  /// Places of the reference's boxes without a partner, highest confidence first.
  private(set) var onlyReference: [Int] = []
  /// Places of found boxes without a partner, ascending.
  private(set) var onlyFound: [Int] = []

  /// - Parameters:
  ///   - referenceLabels, foundLabels: one a box: only boxes of the same label are the same object. nil where labels do
  ///     not matter.
  ///   - iou: from which overlap on two boxes are the same object; above 0.
  init(
    _ reference: [Detection], _ found: [Detection], referenceLabels: [Int]?, foundLabels: [Int]?,
    iou: Double
  ) {
    // A tree a label: boxes of others, and those that were taken, cost a query nothing.
    var free = Dictionary(grouping: found.indices) { foundLabels?[$0] ?? 0 }
      .mapValues { FreeBoxes(places: $0, of: found) }
    let order = reference.indices.sorted {
      Detection.inResultOrder(reference[$0], reference[$1])
    }
    for place in order {
      let label = referenceLabels?[place] ?? 0
      guard let best = free[label]?.best(for: reference[place], among: found, iou: iou) else {
        onlyReference.append(place)
        continue
      }
      // In place: a copy of the tree for each box would cost more than all queries.
      free[label]?.take(best.slot)
      pairs.append(Pair(reference: place, found: best.place, overlap: best.overlap))
    }
    let taken = Set(pairs.map(\.found))
    onlyFound = found.indices.filter { !taken.contains($0) }
  }

  /// IoU: of the polygons where both boxes are oriented.
  static func overlap(_ left: Detection, _ right: Detection) -> Double {
    if let left = left.orientedBox, let right = right.orientedBox {
      return Double(left.polygonIoU(with: right))
    }
    return left.box.overlap(with: right.box, metric: .iou, in: Double.self)
  }
}

/// The boxes of one label that nobody has taken yet.
private struct FreeBoxes {
  /// By slot of the tree.
  private let places: [Int]
  private var tree: PackedRTree

  init(places: [Int], of boxes: [Detection]) {
    self.places = places
    tree = PackedRTree(places.map { boxes[$0].window })
  }

  mutating func take(_ slot: Int) { tree.remove(slot) }

  /// The one that is most like a box, of equal ones the first; nil where none overlaps it enough.
  func best(
    for box: Detection, among boxes: [Detection], iou: Double
  ) -> (slot: Int, place: Int, overlap: Double)? {
    var best: (slot: Int, place: Int, overlap: Double)?
    var bestLikeness = -Double.infinity
    tree.forEach(intersecting: box.window) { slot in
      let place = places[slot]
      let overlap = BoxMatching.overlap(box, boxes[place])
      guard overlap >= iou else { return }
      let likeness = overlap - Double(abs(box.confidence - boxes[place].confidence))
      if let known = best {
        guard (likeness, known.place) > (bestLikeness, place) else { return }
      }
      best = (slot, place, overlap)
      bestLikeness = likeness
    }
    return best
  }
}

extension Detection {
  /// Around all of it: `box` is clipped to the picture, an oriented box may lie beyond its edge.
  fileprivate var window: BoundingBox { orientedBox.map { $0.enclosingBox.union(box) } ?? box }
}
