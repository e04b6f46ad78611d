public import Foundation

/// The truth about shadows: which candidate runs beside which model, and how each pair of jobs compared. Every method is
/// one transaction.
///
/// Every implementation passes the conformance suite in Tests/TestSupport.
public protocol ShadowStore: Sendable {
  /// Sets the rule of a model, in place of the one before.
  /// - Returns: the rule before; nil when there was none.
  /// - Throws: `JobsError(.modelNotFound)` when no version of the model is registered.
  func setShadow(_ rule: ShadowRule) async throws -> ShadowRule?

  /// nil when the model has no rule. A model that is deleted loses its rule, its pairs and their results.
  func shadow(of name: String) async throws -> ShadowRule?

  /// - Returns: the rule that is gone; nil when there was none.
  func removeShadow(of name: String) async throws -> ShadowRule?

  /// Remembers a pair, before its shadow is queued: who is killed in between leaves a pair whose shadow is not there.
  /// - Parameter due: not looked at before.
  func keep(_ pair: ShadowPair, due: Date) async throws

  /// Pairs of which nothing is awaited any more, those due longest: the base has failed, was cancelled or is gone, or it
  /// has completed and the shadow has ended or is gone. One whose shadow is not there must have been due for
  /// `ShadowPair.patience`. They are due again when the lease is over, so that several
  /// processes share the work, and one that dies loses none.
  func claimShadowPairs(upTo limit: Int, lease: Duration, now: Date) async throws -> [ShadowPair]

  /// Ends a pair, and forgets the model's oldest results above `ShadowResult.keptCount`.
  /// - Returns: false when it has ended before, or is not known; then nothing changes.
  func end(_ pair: ShadowPair, _ outcome: ShadowOutcome, now: Date) async throws -> Bool

  /// Forgets a pair that has not ended: its jobs are gone.
  func forget(_ pair: ShadowPair) async throws

  /// Newest shadow first, those before `shadowJob`.
  func shadowResults(
    of versions: ShadowVersions, before shadowJob: JobID?, limit: Int
  ) async throws -> [ShadowResult]

  /// How many pairs of the versions have not ended.
  func pendingShadows(of versions: ShadowVersions) async throws -> Int
}
