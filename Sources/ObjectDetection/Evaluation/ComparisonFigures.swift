/// How far a candidate's boxes are a base's, of any number of pictures. Figures of parts add up to those of the whole.
public struct ComparisonFigures: Sendable, Equatable {
  public private(set) var baseBoxes = 0
  public private(set) var candidateBoxes = 0
  /// Boxes of the base that have a partner under the same label.
  public private(set) var matched = 0
  private var sumIoU = 0.0
  private var sumConfidenceChange = 0.0

  public init() {}

  /// As they were kept: sums come from the means.
  /// - Returns: nil for what no comparison can have found.
  public init?(
    baseBoxes: Int, candidateBoxes: Int, matched: Int, meanIoU: Double?,
    meanConfidenceChange: Double?
  ) {
    guard (0...min(baseBoxes, candidateBoxes)).contains(matched) else { return nil }
    self.baseBoxes = baseBoxes
    self.candidateBoxes = candidateBoxes
    self.matched = matched
    sumIoU = (meanIoU ?? 0) * Double(matched)
    sumConfidenceChange = (meanConfidenceChange ?? 0) * Double(matched)
  }

  /// Boxes of the base without a partner.
  public var onlyBase: Int { baseBoxes - matched }
  /// Boxes of the candidate without a partner.
  public var onlyCandidate: Int { candidateBoxes - matched }

  /// 0...1: matched boxes among all, 2 x matched / (base + candidate); 1 where there are none.
  public var agreement: Double {
    let all = baseBoxes + candidateBoxes
    return all == 0 ? 1 : Double(2 * matched) / Double(all)
  }

  /// Of the matched boxes; nil where there are none.
  public var meanIoU: Double? { matched == 0 ? nil : sumIoU / Double(matched) }
  /// Candidate minus base, of the matched boxes; nil where there are none.
  public var meanConfidenceChange: Double? {
    matched == 0 ? nil : sumConfidenceChange / Double(matched)
  }

  public static func + (left: ComparisonFigures, right: ComparisonFigures) -> ComparisonFigures {
    var sum = left
    sum += right
    return sum
  }

  public static func += (left: inout ComparisonFigures, right: ComparisonFigures) {
    left.baseBoxes += right.baseBoxes
    left.candidateBoxes += right.candidateBoxes
    left.matched += right.matched
    left.sumIoU += right.sumIoU
    left.sumConfidenceChange += right.sumConfidenceChange
  }

  mutating func addBaseBox() { baseBoxes += 1 }
  mutating func addCandidateBox() { candidateBoxes += 1 }

  /// Of two boxes that were counted already.
  mutating func addMatch(iou: Double, confidenceChange: Double) {
    matched += 1
    sumIoU += iou
    sumConfidenceChange += confidenceChange
  }
}
