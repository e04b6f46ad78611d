/// A box that stays, and the boxes that are merged into it (or dropped, for NMS), in merging order.
struct Claim: Equatable {
  var keeper: Int
  var merged: [Int]
}

/// Indices by falling confidence, ties by x1, y1, x2, y2: SAHI's `_score_tiebreak_order`.
func claimOrder(_ detections: [Detection]) -> [Int] {
  detections.indices.sorted {
    let left = detections[$0]
    let right = detections[$1]
    if left.confidence != right.confidence { return left.confidence > right.confidence }
    if left.precedesByPosition(right) { return true }
    if right.precedesByPosition(left) { return false }
    return $0 < $1
  }
}

/// Each box that no better one claimed claims all boxes that match it directly (NMS, GREEDYNMM).
func greedyClaims(_ detections: [Detection], metric: OverlapMetric, threshold: Double) -> [Claim] {
  let order = claimOrder(detections)
  var rank = Array(repeating: 0, count: detections.count)
  for (position, index) in order.enumerated() { rank[index] = position }
  var index = MatchIndex(detections, metric: metric, threshold: threshold)
  var claims: [Claim] = []
  for keeper in order where index.contains(keeper) {
    index.remove(keeper)
    let merged = index.matches(of: keeper).sorted { rank[$0] < rank[$1] }
    for other in merged { index.remove(other) }
    claims.append(Claim(keeper: keeper, merged: merged))
  }
  return claims
}

/// Claimed boxes claim their own matches for the same keeper (NMM). A box claims only boxes of lower
/// confidence, or of the same confidence that do not stand behind it by position.
func transitiveClaims(
  _ detections: [Detection], metric: OverlapMetric, threshold: Double
) -> [Claim] {
  var index = MatchIndex(detections, metric: metric, threshold: threshold)
  var claims: [Claim] = []
  var claimOf = Array(repeating: -1, count: detections.count)
  for current in claimOrder(detections) {
    if claimOf[current] < 0 {
      claimOf[current] = claims.count
      claims.append(Claim(keeper: current, merged: []))
      index.remove(current)
    }
    guard index.count > 0 else { continue }
    let claimed = index.matches(of: current).filter {
      dominates(detections[current], detections[$0])
    }.sorted()
    for other in claimed {
      claimOf[other] = claimOf[current]
      index.remove(other)
    }
    claims[claimOf[current]].merged += claimed
  }
  return claims
}

private func dominates(_ one: Detection, _ other: Detection) -> Bool {
  one.confidence != other.confidence
    ? one.confidence > other.confidence : !one.precedesByPosition(other)
}
