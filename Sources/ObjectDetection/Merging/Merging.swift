/// How detections of neighbouring slices that show the same object become one.
public enum MergeMethod: String, Sendable, CaseIterable {
  /// SAHI's GREEDYNMM: the most confident box grows by the boxes that match it.
  case greedyNMM = "greedy_nmm"
  /// SAHI's NMM: matches are followed from box to box, then merged into the most confident one.
  case nmm
  /// The most confident box stays as it is, the boxes that match it go.
  case nms
  /// All detections of all slices stay.
  case none
}

/// A detection and the slice that it was found in (its place in the grid, the full image last).
public struct SliceDetection: Sendable, Hashable {
  public var slice: Int
  public var detection: Detection

  public init(slice: Int, detection: Detection) {
    self.slice = slice
    self.detection = detection
  }
}

/// Merges the detections of one image across its slices.
///
/// Equal to SAHI 0.12's post-processing of the same boxes, in time that grows with the neighbours of a box
/// instead of with the square of all boxes. The answer depends on the set of detections only, not on their
/// order. Oriented boxes are compared by their own overlap and merged into a rectangle of the keeper's
/// direction; SAHI would compare their enclosing boxes.
public struct Merging: Sendable, Hashable {
  public var method: MergeMethod
  public var metric: OverlapMetric
  /// Overlap in 0...1 from which two boxes match. At 0 all boxes of a class match, as in SAHI.
  public var threshold: Double
  /// Whether boxes of different classes match too.
  public var isClassAgnostic: Bool

  public init(
    method: MergeMethod = .greedyNMM, metric: OverlapMetric = .iou, threshold: Double = 0.45,
    isClassAgnostic: Bool = false
  ) {
    self.method = method
    self.metric = metric
    self.threshold = threshold
    self.isClassAgnostic = isClassAgnostic
  }

  /// SAHI's choice when nobody says: GREEDYNMM, but below a confidence of 0.1 NMS by IoU, because the many
  /// weak boxes around an object would make the merged one grow (`get_sliced_prediction`, 0.12).
  public static func standardMethod(confidenceThreshold: Float) -> MergeMethod {
    confidenceThreshold < 0.1 ? .nms : .greedyNMM
  }

  /// The merged detections in result order. The box around a merged oriented one may pass the image's
  /// border again.
  public func merge(_ detections: [SliceDetection]) -> [Detection] {
    guard method != .none else {
      return detections.map(\.detection).sorted(by: Detection.inResultOrder)
    }
    // SAHI's own order: slice by slice, inside a slice by confidence. NMM claims boxes in this order.
    let ordered = detections.sorted {
      $0.slice != $1.slice
        ? $0.slice < $1.slice : Detection.inResultOrder($0.detection, $1.detection)
    }.map(\.detection)
    let groups =
      isClassAgnostic ? [ordered] : Array(Dictionary(grouping: ordered, by: \.classID).values)
    return groups.flatMap(mergeGroup).sorted(by: Detection.inResultOrder)
  }

  private func mergeGroup(_ group: [Detection]) -> [Detection] {
    guard group.count > 1 else { return group }
    let claims = threshold > 0 ? claimsByOverlap(group) : claimsOfAllPairs(group)
    if method == .nms { return claims.map { group[$0.keeper] } }
    return claims.map { claim in
      claim.merged.reduce(into: MergedDetection(group[claim.keeper])) {
        $0.absorb(group[$1], metric: metric, threshold: threshold)
      }.detection
    }
  }

  private func claimsByOverlap(_ group: [Detection]) -> [Claim] {
    switch method {
    case .nms, .greedyNMM: greedyClaims(group, metric: metric, threshold: threshold)
    case .nmm: transitiveClaims(group, metric: metric, threshold: threshold)
    case .none: group.indices.map { Claim(keeper: $0, merged: []) }
    }
  }

  /// What SAHI does at a threshold of 0: every pair matches, whether the boxes touch or not.
  private func claimsOfAllPairs(_ group: [Detection]) -> [Claim] {
    let order = claimOrder(group)
    let top = order[0]
    guard method == .nmm else { return [Claim(keeper: top, merged: Array(order.dropFirst()))] }
    let rivals = group.indices.filter {
      $0 != top && group[$0].confidence == group[top].confidence && group[$0].box != group[top].box
    }
    let claimed = group.indices.filter { $0 != top && !rivals.contains($0) }
    return [Claim(keeper: top, merged: claimed)] + rivals.map { Claim(keeper: $0, merged: []) }
  }
}

/// A detection that grows by those it absorbs; box arithmetic in 64 bits, as Python's.
private struct MergedDetection {
  private(set) var detection: Detection

  init(_ detection: Detection) { self.detection = detection }

  /// Takes `other` in if it still matches the box that grew so far; else `other` is lost, as in SAHI.
  mutating func absorb(_ other: Detection, metric: OverlapMetric, threshold: Double) {
    if let mine = detection.orientedBox, let theirs = other.orientedBox {
      guard Double(mine.overlap(with: theirs, metric: metric)) >= threshold else { return }
      let union = mine.union(theirs)
      detection.orientedBox = union
      detection.box = union.enclosingBox
    } else {
      let overlap = detection.box.overlap(with: other.box, metric: metric, in: Double.self)
      guard overlap >= threshold else { return }
      detection.box = detection.box.union(other.box)
    }
    if let mine = detection.mask, let theirs = other.mask { detection.mask = mine.union(theirs) }
    if detection.confidence <= other.confidence { detection.classID = other.classID }
    detection.confidence = max(detection.confidence, other.confidence)
  }
}
