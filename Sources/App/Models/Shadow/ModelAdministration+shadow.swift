import Foundation
public import Jobs

/// What runs beside a model.
extension ModelAdministration {
  /// The rule of a model, and what came of it.
  /// - Throws: `JobsError(.modelNotFound)` when no version of the model is registered.
  public func shadow(of name: String) async throws -> ShadowSummary {
    try await registry.store.shadowSummary(of: name)
  }

  /// Runs a candidate beside a share of the model's jobs.
  /// - Throws: `JobsError(.modelNotFound)` when the model or the candidate is not registered.
  public func setShadow(
    _ candidate: ModelReference.Selector, of name: String, share: Double
  ) async throws {
    let rule = ShadowRule(
      name: name, candidate: candidate, share: share, setAt: Date().wholeMilliseconds, setBy: user)
    _ = try await registry.store.setShadowChecked(rule)
    try note("models shadow", rule.reference.description, nil)
  }

  /// Runs nothing beside the model any more.
  /// - Returns: the rule that is gone; nil when there was none.
  public func removeShadow(of name: String) async throws -> ShadowRule? {
    guard let rule = try await registry.store.removeShadow(of: name) else { return nil }
    try note("models shadow off", name, nil)
    return rule
  }
}
