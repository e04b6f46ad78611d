/// What a model's document, or somebody who uses the model, says about classes and confidences.
public struct ClassSettings: Sendable, Hashable {
  /// The threshold where nobody says one: Ultralytics' own.
  public static let standardConfidence = 0.25
  /// Of a map or of thresholds; the largest vocabularies of detectors have some 8,000 classes.
  public static let maxEntries = 10_000
  /// Unicode scalars of a label.
  public static let maxLabelLength = 128

  /// 0...1; nil says nothing.
  public var confidenceThreshold: Double?
  /// Labels by the model's class names. nil says nothing; an empty one leaves the model's names.
  public var classMap: [String: String]?
  /// 0...1 by the names after the map, for classes that the general threshold does not fit.
  public var classThresholds: [String: Double]

  public init(
    confidenceThreshold: Double? = nil, classMap: [String: String]? = nil,
    classThresholds: [String: Double] = [:]
  ) {
    self.confidenceThreshold = confidenceThreshold
    self.classMap = classMap
    self.classThresholds = classThresholds
  }

  /// Whether results can have such a label: 1 to 128 characters, and none that breaks a line or a terminal.
  public static func isLabel(_ text: String) -> Bool {
    (1...maxLabelLength).contains(text.unicodeScalars.count)
      && text.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: true
        }
      }
  }

  /// What is in force where these settings are a caller's and `model` are the model's own.
  ///
  /// A map goes in place of the model's as a whole. A general threshold sets the model's thresholds of single classes
  /// aside; without one they stay, but for classes that have another threshold here, or that no longer are there.
  public func over(_ model: ClassSettings, classNames: [String]) -> ClassSettings {
    var result = self
    result.confidenceThreshold = confidenceThreshold ?? model.confidenceThreshold
    result.classMap = classMap ?? model.classMap
    guard confidenceThreshold == nil, !model.classThresholds.isEmpty else { return result }
    let labels = Set(result.labels(of: classNames))
    result.classThresholds = model.classThresholds.filter { labels.contains($0.key) }
      .merging(classThresholds) { $1 }
    return result
  }

  /// nil where every class keeps its name.
  public func map(of classNames: [String]) -> ClassMap? {
    guard let classMap, !classMap.isEmpty else { return nil }
    return ClassMap(classMap, of: classNames)
  }

  /// The names in results, by class id.
  public func labels(of classNames: [String]) -> [String] {
    map(of: classNames)?.labels ?? classNames
  }
}

extension DetectionOptions {
  /// Those of a job that says nothing but the model's name, without rules.
  public init(defaultsOf model: DetectionModel) {
    self.init()
    apply(model.defaults, classNames: model.classNames)
  }

  /// Takes the settings that are in force for a model. Class ids are those of `labels(of:)` from then on.
  public mutating func apply(_ settings: ClassSettings, classNames: [String]) {
    confidenceThreshold = Float(settings.confidenceThreshold ?? ClassSettings.standardConfidence)
    classMap = settings.map(of: classNames)
    classThresholds = [:]
    guard !settings.classThresholds.isEmpty else { return }
    for (classID, label) in settings.labels(of: classNames).enumerated() {
      classThresholds[classID] = settings.classThresholds[label].map(Float.init)
    }
  }
}

extension DetectionModel {
  /// The names that results have unless somebody says otherwise, by class id.
  public var labels: [String] { defaults.labels(of: classNames) }

  /// The model as results show it.
  public func labelled(by map: ClassMap?) -> DetectionModel {
    guard let map else { return self }
    var model = self
    model.classNames = map.labels
    return model
  }
}
