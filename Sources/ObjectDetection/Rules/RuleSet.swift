/// A rule file that was read: its table, and what tells it from other versions of itself.
public struct RuleSet: Sendable, Hashable {
  /// The file's name without `.pl`.
  public var name: String
  /// Of the file's bytes, lower-case hexadecimal.
  public var sha256: String
  /// The file's text.
  public var source: String
  public var table: RuleTable

  public init(name: String, sha256: String, source: String, table: RuleTable) {
    self.name = name
    self.sha256 = sha256
    self.source = source
    self.table = table
  }

  public var identity: RuleSetIdentity { RuleSetIdentity(name: name, sha256: sha256) }

  /// Words for each class of the table that a model does not have: its pairs never meet a detection.
  public func warnings(for classNames: [String]) -> [String] {
    let known = Set(classNames)
    let bySpelling = Dictionary(
      classNames.map { (Self.spelling($0), $0) }, uniquingKeysWith: { first, _ in first })
    return table.classNames.filter { !known.contains($0) }.map { name in
      let near = bySpelling[Self.spelling(name)].map { "; did you mean '\($0)'?" } ?? ""
      return "the model has no class '\(name)'\(near)"
    }
  }

  /// The letters and digits of a name, in lower case.
  private static func spelling(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}

/// Which version of which rule set.
public struct RuleSetIdentity: Sendable, Hashable {
  public var name: String
  /// Of the file's bytes, lower-case hexadecimal.
  public var sha256: String

  public init(name: String, sha256: String) {
    self.name = name
    self.sha256 = sha256
  }
}

/// An installed rule set, as a list shows it.
public struct InstalledRuleSet: Sendable {
  public var name: String
  /// The set, or why it cannot be used.
  public var result: Result<RuleSet, DetectionError>

  public init(name: String, result: Result<RuleSet, DetectionError>) {
    self.name = name
    self.result = result
  }
}

/// Which rule sets are installed.
public protocol RuleSource: Sendable {
  /// All of them, by name; those that cannot be used with the reason.
  ///
  /// - Throws: `DetectionError(.reasoningError)` when they cannot be listed.
  func ruleSets() async throws -> [InstalledRuleSet]

  /// - Throws: `DetectionError` with `.rulesNotFound`, or `.reasoningError` for a file that cannot be used; its
  ///   message names file, line and column.
  func ruleSet(named name: String) async throws -> RuleSet
}

/// Rule sets that were read elsewhere.
public struct MemoryRuleSource: RuleSource {
  private let sets: [RuleSet]

  public init(_ sets: [RuleSet] = []) { self.sets = sets.sorted { $0.name < $1.name } }

  public func ruleSets() async throws -> [InstalledRuleSet] {
    sets.map { InstalledRuleSet(name: $0.name, result: .success($0)) }
  }

  public func ruleSet(named name: String) async throws -> RuleSet {
    guard let set = sets.first(where: { $0.name == name }) else {
      throw DetectionError(.rulesNotFound, "no rule set \"\(name)\" is installed")
    }
    return set
  }
}
