public import Foundation

/// Golden sets of registered models, at most one each, and what became of versions on them. A set goes with the last
/// version of its model, verdicts with their set or their version. Files are the caller's to delete.
///
/// Every implementation passes the conformance suite in Tests/TestSupport.
public protocol GoldenStore: Sendable {
  /// nil when the model has none.
  func goldenSet(of name: String) async throws -> GoldenSet?

  /// Whether there is such a set.
  func hasGoldenSet(_ id: GoldenSetID) async throws -> Bool

  /// Puts the set in the place of its model's earlier one.
  /// - Returns: that one; nil when there was none.
  /// - Throws: `JobsError(.modelNotFound)` when no version of the model is registered.
  func put(_ set: GoldenSet) async throws -> GoldenSet?

  /// - Returns: what is gone.
  /// - Throws: `JobsError(.modelNotFound)` when the model has none.
  func removeGoldenSet(of name: String) async throws -> GoldenSet

  /// Keeps a verdict in the place of an earlier one of the same version and set.
  /// - Throws: `JobsError` with `.modelConflict` when its set was replaced, `.modelNotFound` when its version was
  ///   deleted.
  func keep(_ verdict: GoldenVerdict) async throws

  /// nil when the version was not checked with the set.
  func verdict(of version: ModelVersionID, by set: GoldenSetID) async throws -> GoldenVerdict?

  /// Newest version first.
  func verdicts(by set: GoldenSetID, limit: Int) async throws -> [GoldenVerdict]

  /// Moves an alias, and makes it where it is not.
  ///
  /// With `.checked` an alias that the model's golden set guards moves only to a version with a passed verdict of that
  /// very set: what is asked and what is moved are one transaction.
  /// - Returns: nil when it is there already.
  /// - Throws: `JobsError(.modelNotFound)` when there is no such version, `.modelConflict` when the alias is not where
  ///   it was expected, or the version has not passed.
  func move(
    _ alias: String, of name: String, to number: Int, expecting expectation: AliasExpectation,
    _ golden: GoldenGuard, by mover: String?, now: Date
  ) async throws -> AliasMove?
}

extension GoldenStore {
  /// Moves an alias whatever golden pictures say.
  public func move(
    _ alias: String, of name: String, to number: Int, expecting expectation: AliasExpectation,
    by mover: String?, now: Date
  ) async throws -> AliasMove? {
    try await move(
      alias, of: name, to: number, expecting: expectation, .unchecked, by: mover, now: now)
  }
}
