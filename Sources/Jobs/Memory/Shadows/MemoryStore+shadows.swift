public import Foundation
import Synchronization

/// The rules and the pairs.
struct MemoryShadows {
  var rules: [String: ShadowRule] = [:]
  /// When each is looked at next.
  var pending: [ShadowPair: Date] = [:]
  /// By model, the newest shadow first.
  var results: [String: [ShadowResult]] = [:]

  mutating func end(_ pair: ShadowPair, _ outcome: ShadowOutcome, _ now: Date) -> Bool {
    guard pending.removeValue(forKey: pair) != nil else { return false }
    let name = pair.versions.name
    var known = results[name] ?? []
    let place = known.firstIndex { $0.pair.shadowJob < pair.shadowJob } ?? known.endIndex
    known.insert(ShadowResult(pair: pair, outcome: outcome, endedAt: now), at: place)
    results[name] = Array(known.prefix(ShadowResult.keptCount))
    return true
  }

  /// All of a model.
  mutating func forget(_ name: String) {
    rules[name] = nil
    pending = pending.filter { $0.key.versions.name != name }
    results[name] = nil
  }
}

extension MemoryState {
  fileprivate func isAwaited(_ pair: ShadowPair) -> Bool {
    guard let base = jobs[pair.baseJob]?.job.state else { return false }
    guard base.isEnded else { return true }
    let shadow = jobs[pair.shadowJob]?.job.state
    return base == .completed && shadow.map { !$0.isEnded } == true
  }
}

extension MemoryStore {
  public func setShadow(_ rule: ShadowRule) async throws -> ShadowRule? {
    try state.withLock { state in
      guard state.models.model(rule.name) != nil else { throw JobsError.noSuchModel(rule.name) }
      return state.shadows.rules.updateValue(rule, forKey: rule.name)
    }
  }

  public func shadow(of name: String) async throws -> ShadowRule? {
    state.withLock { $0.shadows.rules[name] }
  }

  public func removeShadow(of name: String) async throws -> ShadowRule? {
    state.withLock { $0.shadows.rules.removeValue(forKey: name) }
  }

  public func keep(_ pair: ShadowPair, due: Date) async throws {
    state.withLock { $0.shadows.pending[pair] = due }
  }

  public func claimShadowPairs(
    upTo limit: Int, lease: Duration, now: Date
  ) async throws -> [ShadowPair] {
    state.withLock { state in
      let ready = state.shadows.pending.filter { pair, due in
        let hasShadow = state.jobs[pair.shadowJob] != nil
        return due <= (hasShadow ? now : now - ShadowPair.patience) && !state.isAwaited(pair)
      }
      .sorted { ($0.value, $0.key.shadowJob) < ($1.value, $1.key.shadowJob) }
      .prefix(limit)
      for (pair, _) in ready {
        state.shadows.pending[pair] = now.addingTimeInterval(lease.timeInterval)
      }
      return ready.map(\.key)
    }
  }

  public func end(_ pair: ShadowPair, _ outcome: ShadowOutcome, now: Date) async throws -> Bool {
    state.withLock { $0.shadows.end(pair, outcome, now) }
  }

  public func forget(_ pair: ShadowPair) async throws {
    state.withLock { $0.shadows.pending[pair] = nil }
  }

  public func shadowResults(
    of versions: ShadowVersions, before shadowJob: JobID?, limit: Int
  ) async throws -> [ShadowResult] {
    state.withLock { state in
      (state.shadows.results[versions.name] ?? []).filter { result in
        result.pair.versions == versions && shadowJob.map { result.pair.shadowJob < $0 } ?? true
      }.prefix(limit).map(\.self)
    }
  }

  public func pendingShadows(of versions: ShadowVersions) async throws -> Int {
    state.withLock { state in state.shadows.pending.keys.count { $0.versions == versions } }
  }
}
