/// How well the detections of the same images agree with what people marked before merging, after it, and after
/// rules.
public struct StageComparison: Sendable, Equatable {
  /// By stage.
  public let beforeMerging: EvaluationReport
  public let afterMerging: EvaluationReport
  public let afterRules: EvaluationReport

  /// One image at the three stages.
  public struct Image: Sendable {
    public var truths: [GroundTruth]
    public var beforeMerging: [Detection]
    public var afterMerging: [Detection]
    public var afterRules: [Detection]

    /// - Parameters:
    ///   - unmerged: what the slices found.
    ///   - result: with its reasoning, if rules were applied.
    public init(truths: [GroundTruth], unmerged: [Detection], result: ImageDetections) {
      self.truths = truths
      beforeMerging = unmerged
      afterMerging = result.reasoning?.undone(result.detections) ?? result.detections
      afterRules = result.detections
    }
  }

  public init(_ images: [Image]) {
    func report(_ stage: (Image) -> [Detection]) -> EvaluationReport {
      EvaluationReport(
        images.map { EvaluationImage(truths: $0.truths, detections: stage($0)) })
    }
    beforeMerging = report(\.beforeMerging)
    afterMerging = report(\.afterMerging)
    afterRules = report(\.afterRules)
  }
}
