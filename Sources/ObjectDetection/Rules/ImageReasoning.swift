/// Something that a rule did to two detections of an image.
public struct RuleAction: Sendable, Hashable {
  /// One of the two. `detection` is its place in the result.
  public struct Object: Sendable, Hashable {
    public var detection: Int
    public var confidenceBefore: Double
    public var confidenceAfter: Double

    public init(detection: Int, confidenceBefore: Double, confidenceAfter: Double) {
      self.detection = detection
      self.confidenceBefore = confidenceBefore
      self.confidenceAfter = confidenceAfter
    }

    public var isChanged: Bool { confidenceBefore != confidenceAfter }
  }

  /// Its place in the reasoning's modifiers.
  public var modifier: Int
  public var isBoost: Bool
  /// In the order in which the arithmetic meets them.
  public var first: Object
  public var second: Object
  /// Of a penalty, whether it was the second one that lost.
  public var suppressesSecond: Bool

  public init(
    modifier: Int, isBoost: Bool, first: Object, second: Object, suppressesSecond: Bool = false
  ) {
    self.modifier = modifier
    self.isBoost = isBoost
    self.first = first
    self.second = second
    self.suppressesSecond = suppressesSecond
  }

  /// The word of the report.
  public var kind: String { isBoost ? "BOOST" : "PENALTY" }
  /// nil for a boost.
  public var suppressed: Object? { isBoost ? nil : suppressesSecond ? second : first }
  /// nil for a boost.
  public var kept: Object? { isBoost ? nil : suppressesSecond ? first : second }
}

/// What rules did to the detections of one image.
public struct ImageReasoning: Sendable, Hashable {
  public var rules: RuleSetIdentity
  /// Those that acted, in the order in which they first did.
  public var modifiers: [ConfidenceModifier]
  /// In the order in which they happened.
  public var actions: [RuleAction]
  /// Actions beyond the limit: they took place, and are not told of.
  public var droppedActions: Int
  /// The model's confidence of each detection that has another one now, by its place in the result.
  public var confidencesBefore: [Int: Float]

  public init(
    rules: RuleSetIdentity, modifiers: [ConfidenceModifier] = [], actions: [RuleAction] = [],
    droppedActions: Int = 0, confidencesBefore: [Int: Float] = [:]
  ) {
    self.rules = rules
    self.modifiers = modifiers
    self.actions = actions
    self.droppedActions = droppedActions
    self.confidencesBefore = confidencesBefore
  }

  /// The changed detections by their place in the result.
  public var changes: [Int: DetectionChange] {
    var changes = confidencesBefore.mapValues { DetectionChange(confidenceBefore: $0, rules: []) }
    for action in actions {
      for object in [action.first, action.second] where object.isChanged {
        changes[object.detection]?.rules.append(modifiers[action.modifier])
      }
    }
    return changes
  }

  /// The detections as the model gave them, in result order.
  public func undone(_ detections: [Detection]) -> [Detection] {
    detections.enumerated().map { index, detection in
      var detection = detection
      detection.confidence = confidencesBefore[index] ?? detection.confidence
      return detection
    }.sorted(by: Detection.inResultOrder)
  }
}

/// What rules did to one detection.
public struct DetectionChange: Sendable, Hashable {
  /// The model's.
  public var confidenceBefore: Float
  /// In the order in which they touched it.
  public var rules: [ConfidenceModifier]

  public init(confidenceBefore: Float, rules: [ConfidenceModifier]) {
    self.confidenceBefore = confidenceBefore
    self.rules = rules
  }
}
