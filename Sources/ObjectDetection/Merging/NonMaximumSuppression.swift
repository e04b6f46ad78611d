/// Suppression inside one slice, as Ultralytics does it before SAHI sees a box.
public struct NonMaximumSuppression: Sendable, Hashable {
  /// A box goes when its IoU with a better one exceeds this; 0...1.
  public var iouThreshold: Double
  /// At most this many boxes stay, the most confident ones.
  public var maxDetections: Int
  /// Whether boxes of different classes suppress each other.
  public var isClassAgnostic: Bool

  public init(
    iouThreshold: Double = 0.7, maxDetections: Int = 300, isClassAgnostic: Bool = false
  ) {
    self.iouThreshold = iouThreshold
    self.maxDetections = maxDetections
    self.isClassAgnostic = isClassAgnostic
  }

  /// What is left, in result order, and whether `maxDetections` cut it.
  public func callAsFunction(_ detections: [Detection]) -> (kept: [Detection], reachedCap: Bool) {
    let groups =
      isClassAgnostic ? [detections] : Array(Dictionary(grouping: detections, by: \.classID).values)
    let kept = groups.flatMap(suppress).sorted(by: Detection.inResultOrder)
    return (Array(kept.prefix(maxDetections)), kept.count > maxDetections)
  }

  private func suppress(_ group: [Detection]) -> [Detection] {
    guard group.count > 1 else { return group }
    // Ties keep the model's order, as in torchvision, which sorts stably.
    let sorted = group.sorted { $0.confidence > $1.confidence }
    // At 0 any touch suppresses; the smallest positive number asks the same of the index.
    var index = MatchIndex(
      sorted, metric: .iou, threshold: max(iouThreshold, Double(Float.leastNormalMagnitude)))
    return group[0].orientedBox == nil ? greedy(sorted, &index) : fast(sorted, index)
  }

  /// torchvision's `nms`: a suppressed box suppresses nothing.
  private func greedy(_ sorted: [Detection], _ index: inout MatchIndex) -> [Detection] {
    var kept: [Detection] = []
    for position in sorted.indices where index.contains(position) {
      kept.append(sorted[position])
      index.remove(position)
      for other in index.matches(of: position, .exceeds) { index.remove(other) }
    }
    return kept
  }

  /// Ultralytics' `fast_nms` for oriented boxes (from YOLACT, arXiv 1904.02689): a box goes when any better
  /// one matches it, also one that is itself suppressed.
  private func fast(_ sorted: [Detection], _ index: MatchIndex) -> [Detection] {
    sorted.indices.filter { position in
      !index.matches(of: position, .exceeds).contains { $0 < position }
    }.map { sorted[$0] }
  }
}
