/// What a caller may choose about one detection run.
public struct DetectionOptions: Sendable, Hashable {
  /// Detections at or below are dropped; 0...1.
  public var confidenceThreshold: Float
  /// Labels of the model's classes, some of which become one; nil leaves them as they are. All other class ids here,
  /// and those of the results, are the map's.
  public var classMap: ClassMap?
  /// Goes before `confidenceThreshold`, by class id; 0...1.
  public var classThresholds: [Int: Float]
  /// Merges the slices; its threshold is also the one suppression's when slicing is off.
  public var merging: Merging
  /// nil looks at the full image only.
  public var slicing: Slicing?
  /// Suppression inside each slice. Ultralytics' own defaults, which SAHI does not change.
  public var sliceSuppression: NonMaximumSuppression
  /// Class ids to keep; nil keeps all.
  public var classes: Set<Int>?
  /// At most this many detections an image, the most confident ones; 1...100,000.
  public var maxDetections: Int
  /// Adjusts the confidences of what is kept; nil leaves them as the model gave them.
  public var rules: RuleReasoner?

  public init(
    confidenceThreshold: Float = 0.25, merging: Merging = Merging(), slicing: Slicing? = Slicing(),
    sliceSuppression: NonMaximumSuppression = NonMaximumSuppression(), classes: Set<Int>? = nil,
    maxDetections: Int = 3000, rules: RuleReasoner? = nil, classMap: ClassMap? = nil,
    classThresholds: [Int: Float] = [:]
  ) {
    self.confidenceThreshold = confidenceThreshold
    self.merging = merging
    self.slicing = slicing
    self.sliceSuppression = sliceSuppression
    self.classes = classes
    self.maxDetections = maxDetections
    self.rules = rules
    self.classMap = classMap
    self.classThresholds = classThresholds
  }

  /// The lowest threshold that counts for any class that is kept; `classCount` is the number of labels.
  ///
  /// SAHI's rule for its merging goes by this one: what it avoids is that weak boxes make others grow, so the weakest
  /// ones that can be there decide.
  public func lowestThreshold(of classCount: Int) -> Float {
    guard !classThresholds.isEmpty else { return confidenceThreshold }
    return (classes ?? Set(0..<classCount)).map { classThresholds[$0] ?? confidenceThreshold }
      .min() ?? confidenceThreshold
  }
}
