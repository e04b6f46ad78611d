import ObjectDetection

extension Service {
  /// The rules of a new job, for the classes of its results; nil where it has none.
  ///
  /// - Parameter configuration: settled for the model.
  /// - Throws: `APIError(.rulesNotFound)` when the set is not installed or cannot be used, with the reason.
  func reasoner(
    for configuration: DetectionConfiguration, _ model: InstalledModel
  ) async throws -> RuleReasoner? {
    guard configuration.isReasoned, let name = configuration.rules ?? settings.defaultRules else {
      return nil
    }
    let set = try await ruleSet(named: name, field: "config.symbolic_reasoning.rules")
    let labels = configuration.classSettings.labels(of: model.classNames)
    return try RuleReasoner(set, for: labels, geometry: configuration.geometry)
  }

  /// - Parameter field: of the request that names the set.
  /// - Throws: `APIError(.rulesNotFound)`.
  func ruleSet(named name: String, field: String) async throws -> RuleSet {
    do {
      return try await rules.ruleSet(named: name)
    } catch let error as DetectionError
      where error.code == .rulesNotFound || error.code == .reasoningError
    {
      let isMissing = error.code == .rulesNotFound
      let words =
        isMissing
        ? "No rule set \"\(name)\" is installed" : "The rule set cannot be used: \(error.message)"
      throw APIError(
        .rulesNotFound, isMissing ? "No such rule set" : "The rule set cannot be used",
        details: words, entries: [.field(field, APIErrorCode.rulesNotFound.rawValue, words)],
        cause: error.cause)
    }
  }
}

extension RuleReasoner {
  /// Without the pairs that no detection of the model can meet.
  init(_ set: RuleSet, for classNames: [String], geometry: RuleGeometry) throws {
    let known = Set(classNames)
    let table = try RuleTable(
      set.table.modifiers.filter { known.contains($0.first) && known.contains($0.second) })
    self.init(set.identity, table: table, geometry: geometry)
  }
}
