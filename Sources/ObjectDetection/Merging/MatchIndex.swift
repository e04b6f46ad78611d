/// Answers "which boxes overlap box i by at least the threshold", without a table of all pairs.
struct MatchIndex {
  private enum Shapes {
    case boxes([BoundingBox])
    case gaussians([BoxGaussian])
    case polygons([OrientedBox])
  }

  private let shapes: Shapes
  private let windows: [BoundingBox]
  private let metric: OverlapMetric
  private let threshold: Double
  private var tree: PackedRTree

  /// Boxes that were not removed.
  var count: Int { tree.count }

  /// Oriented boxes are compared as such when every detection has one. `threshold` must be above 0:
  /// at 0 every pair matches, also boxes that do not touch.
  init(_ detections: [Detection], metric: OverlapMetric, threshold: Double) {
    precondition(threshold > 0, "at a threshold of 0 all pairs match and no index helps")
    self.metric = metric
    self.threshold = threshold
    let oriented = detections.compactMap(\.orientedBox)
    if oriented.count == detections.count, !oriented.isEmpty {
      switch metric {
      case .iou:
        let gaussians = oriented.map(BoxGaussian.init)
        shapes = .gaussians(gaussians)
        windows = gaussians.map { $0.reach(threshold: Float(threshold)) }
      case .ios:
        shapes = .polygons(oriented)
        windows = oriented.map(\.enclosingBox)
      }
    } else {
      shapes = .boxes(detections.map(\.box))
      windows = detections.map(\.box)
    }
    tree = PackedRTree(windows)
  }

  func contains(_ index: Int) -> Bool { tree.contains(index) }

  mutating func remove(_ index: Int) { tree.remove(index) }

  /// How an overlap is compared with the threshold. Overlaps are 32-bit floats in both libraries.
  enum Rule {
    /// At least the threshold in 32 bits: SAHI's search.
    case reaches
    /// Above the threshold in 64 bits: torchvision's NMS. An IoU of 1/5 exceeds 0.2, because the nearest
    /// 32-bit number does.
    case exceeds
  }

  /// The remaining boxes that match box `index`, without itself, in no particular order.
  func matches(of index: Int, _ rule: Rule = .reaches) -> [Int] {
    switch shapes {
    case .boxes(let boxes):
      let box = boxes[index]
      return matches(of: index, rule) {
        box.overlap(with: boxes[$0], metric: metric, in: Float.self)
      }
    case .gaussians(let gaussians):
      let gaussian = gaussians[index]
      return matches(of: index, rule) { gaussian.probabilisticIoU(with: gaussians[$0]) }
    case .polygons(let polygons):
      let polygon = polygons[index]
      return matches(of: index, rule) { polygon.overlap(with: polygons[$0], metric: metric) }
    }
  }

  @inline(__always)
  private func matches(of index: Int, _ rule: Rule, overlap: (Int) -> Float) -> [Int] {
    var found: [Int] = []
    let lowest = Float(threshold)
    tree.forEach(intersecting: windows[index]) { other in
      let overlap = overlap(other)
      let isMatch = rule == .reaches ? overlap >= lowest : Double(overlap) > threshold
      if isMatch, other != index { found.append(other) }
    }
    return found
  }
}
