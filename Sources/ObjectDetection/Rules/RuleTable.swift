/// One solution of `confidence_modifier(First, Second, Weight)`.
public struct ConfidenceModifier: Sendable, Hashable {
  /// Class names, as the rule file writes them.
  public var first: String
  public var second: String
  /// Above 1 boosts, below 1 penalizes, 1 does nothing.
  public var weight: Double

  public init(first: String, second: String, weight: Double) {
    self.first = first
    self.second = second
    self.weight = weight
  }

  /// `ship<->harbor x1.25`
  public var name: String {
    let whole = weight.rounded()
    let text = whole == weight && abs(weight) < 1e15 ? "\(Int(whole))" : "\(weight)"
    return "\(first)<->\(second) x\(text)"
  }
}

/// The pairs of classes that a rule set weighs.
public struct RuleTable: Sendable, Hashable {
  private struct Pair: Hashable {
    var first: String
    var second: String
  }

  /// At most so many pairs: a table of every two of 100 classes.
  public static let maxPairs = 10_000

  /// Each pair once, in the order in which the pairs were first found.
  public let modifiers: [ConfidenceModifier]
  private let places: [Pair: Int]

  /// - Parameter solutions: in the order of the rule file. A later one for the same pair replaces the weight.
  /// - Throws: `DetectionError(.reasoningError)` for a weight that is negative or not finite, or too many pairs.
  public init(_ solutions: some Sequence<ConfidenceModifier>) throws(DetectionError) {
    var modifiers: [ConfidenceModifier] = []
    var places: [Pair: Int] = [:]
    for solution in solutions {
      guard solution.weight.isFinite, solution.weight >= 0 else {
        throw DetectionError(
          .reasoningError,
          "confidence_modifier(\(solution.first), \(solution.second), \(solution.weight)): "
            + "the weight must be a number of at least 0")
      }
      let pair = Pair(first: solution.first, second: solution.second)
      if let place = places[pair] {
        modifiers[place].weight = solution.weight
        continue
      }
      guard modifiers.count < Self.maxPairs else {
        throw DetectionError(.reasoningError, "more than \(Self.maxPairs) pairs of classes")
      }
      places[pair] = modifiers.count
      modifiers.append(solution)
    }
    self.modifiers = modifiers
    self.places = places
  }

  /// That of (first, second); if there is none, that of (second, first).
  public func modifier(_ first: String, _ second: String) -> ConfidenceModifier? {
    (places[Pair(first: first, second: second)] ?? places[Pair(first: second, second: first)])
      .map { modifiers[$0] }
  }

  /// Every class that a pair names, in order of first appearance.
  public var classNames: [String] {
    var seen: Set<String> = []
    return modifiers.flatMap { [$0.first, $0.second] }.filter { seen.insert($0).inserted }
  }
}

/// In which coordinates rules measure distances and overlaps.
public enum RuleGeometry: String, Sendable, CaseIterable {
  /// Divided by the image's width and height, so that a distance in x and one in y scale differently in an
  /// image that is no square: what existing results mean.
  case normalized
  /// As they are seen.
  case pixels
}
