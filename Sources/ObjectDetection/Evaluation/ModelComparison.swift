/// What is other in the results of a candidate than in those of a base, over any number of pictures.
///
/// Classes are matched by their labels: models number them as they like. Comparisons of parts add up to that of the whole.
public struct ModelComparison: Sendable, Equatable {
  /// From which overlap on two boxes are the same object.
  public static let matchingIoU = BoxAgreement.matchingIoU

  /// An object to which the two give different labels.
  public struct Relabelling: Sendable, Hashable {
    public var base: String
    public var candidate: String

    public init(base: String, candidate: String) {
      self.base = base
      self.candidate = candidate
    }
  }

  /// Pictures that both have results of.
  public private(set) var images = 0
  public private(set) var figures = ComparisonFigures()
  /// By label.
  public private(set) var classes: [String: ComparisonFigures] = [:]
  /// How often boxes without a partner overlap under different labels, each box once. They count as without a partner
  /// in the figures.
  public private(set) var relabelled: [Relabelling: Int] = [:]

  public init() {}

  /// As it was kept.
  public init(
    images: Int, figures: ComparisonFigures, classes: [String: ComparisonFigures],
    relabelled: [Relabelling: Int]
  ) {
    self.images = images
    self.figures = figures
    self.classes = classes
    self.relabelled = relabelled
  }

  /// Of one picture.
  ///
  /// The time grows a little faster than the number of boxes; only where very many of one label lie on each other, with
  /// the square of those.
  ///
  /// - Parameters:
  ///   - base, candidate: what each found, in any order.
  ///   - baseModel, candidateModel: whose labels the class ids have.
  public init(
    base: [Detection], of baseModel: ModelIdentity, candidate: [Detection],
    of candidateModel: ModelIdentity
  ) {
    images = 1
    var labels = LabelNumbers()
    let baseLabels = labels.numbers(of: base, baseModel)
    let candidateLabels = labels.numbers(of: candidate, candidateModel)
    var byLabel = Array(repeating: ComparisonFigures(), count: labels.names.count)
    for label in baseLabels { byLabel[label].addBaseBox() }
    for label in candidateLabels { byLabel[label].addCandidateBox() }

    let matching = BoxMatching(
      base, candidate, referenceLabels: baseLabels, foundLabels: candidateLabels,
      iou: Self.matchingIoU)
    for pair in matching.pairs {
      byLabel[baseLabels[pair.reference]].addMatch(
        iou: pair.overlap,
        confidenceChange: Double(candidate[pair.found].confidence)
          - Double(base[pair.reference].confidence))
    }
    // Whatever the label: boxes of one label that overlap so far are not both left over.
    let others = BoxMatching(
      matching.onlyReference.map { base[$0] }, matching.onlyFound.map { candidate[$0] },
      referenceLabels: nil, foundLabels: nil, iou: Self.matchingIoU)
    for pair in others.pairs {
      let relabelling = Relabelling(
        base: labels.names[baseLabels[matching.onlyReference[pair.reference]]],
        candidate: labels.names[candidateLabels[matching.onlyFound[pair.found]]])
      relabelled[relabelling, default: 0] += 1
    }
    for (name, figures) in zip(labels.names, byLabel) {
      classes[name] = figures
      self.figures += figures
    }
  }

  public static func + (left: ModelComparison, right: ModelComparison) -> ModelComparison {
    var sum = left
    sum += right
    return sum
  }

  public static func += (left: inout ModelComparison, right: ModelComparison) {
    left.images += right.images
    left.figures += right.figures
    left.classes.merge(right.classes, uniquingKeysWith: +)
    left.relabelled.merge(right.relabelled, uniquingKeysWith: +)
  }
}

/// Numbers of the labels that two models have in one picture.
private struct LabelNumbers {
  private(set) var names: [String] = []
  private var numbers: [String: Int] = [:]

  /// One a box. Each class' label is looked up once.
  mutating func numbers(of detections: [Detection], _ model: ModelIdentity) -> [Int] {
    var known: [Int: Int] = [:]
    return detections.map { detection in
      if let number = known[detection.classID] { return number }
      let name = model.className(detection.classID)
      let number = numbers[name] ?? names.count
      if number == names.count {
        names.append(name)
        numbers[name] = number
      }
      known[detection.classID] = number
      return number
    }
  }
}
