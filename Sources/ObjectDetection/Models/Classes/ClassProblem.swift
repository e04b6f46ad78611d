/// A class that settings name and the model does not have.
public struct ClassProblem: Sendable, Equatable {
  /// Where it is named; the raw value is the key in documents and requests.
  public enum Field: String, Sendable {
    case classMap = "class_map"
    case classThresholds = "class_thresholds"
  }

  public var field: Field
  public var name: String
  /// What was meant, perhaps.
  public var suggestion: String?

  /// `The model m has no such class; did you mean "ship"?`
  public func words(_ modelName: String) -> String {
    "The model \(modelName) has no such class"
      + (suggestion.map { "; did you mean \"\($0)\"?" } ?? "")
  }
}

extension ClassSettings {
  /// A few suggestions help; a hundred over a large vocabulary only cost.
  private static let maxSuggestions = 5

  /// Classes that are named here and that a model with these names does not have, by field and name.
  public func problems(for classNames: [String]) -> [ClassProblem] {
    let mapped = Self.unknown(.classMap, (classMap ?? [:]).keys, among: classNames) {
      closestName(to: $0, among: classNames)
    }
    guard !classThresholds.isEmpty else { return mapped }
    let labels = labels(of: classNames)
    return mapped
      + Self.unknown(.classThresholds, classThresholds.keys, among: labels) {
        label(meantBy: $0, among: labels)
      }
  }

  /// The label that a name stands for which is none: of a class that was renamed, or one that is spelt alike.
  public func label(meantBy name: String, among labels: [String]) -> String? {
    classMap?[name] ?? closestName(to: name, among: labels)
  }

  private static func unknown(
    _ field: ClassProblem.Field, _ names: some Collection<String>, among known: [String],
    suggestion: (String) -> String?
  ) -> [ClassProblem] {
    guard !names.isEmpty else { return [] }
    let known = Set(known)
    return names.filter { !known.contains($0) }.sorted().enumerated().map { index, name in
      ClassProblem(
        field: field, name: name, suggestion: index < maxSuggestions ? suggestion(name) : nil)
    }
  }
}
