public import Foundation
public import Jobs

extension ObservedStore {
  public func setShadow(_ rule: ShadowRule) async throws -> ShadowRule? {
    try await observe("set_shadow") { try await store.setShadow(rule) }
  }

  public func shadow(of name: String) async throws -> ShadowRule? {
    try await observe("shadow") { try await store.shadow(of: name) }
  }

  public func removeShadow(of name: String) async throws -> ShadowRule? {
    try await observe("remove_shadow") { try await store.removeShadow(of: name) }
  }

  public func keep(_ pair: ShadowPair, due: Date) async throws {
    try await observe("keep_pair") { try await store.keep(pair, due: due) }
  }

  public func claimShadowPairs(
    upTo limit: Int, lease: Duration, now: Date
  ) async throws -> [ShadowPair] {
    try await observe("claim_pairs") {
      try await store.claimShadowPairs(upTo: limit, lease: lease, now: now)
    }
  }

  public func end(_ pair: ShadowPair, _ outcome: ShadowOutcome, now: Date) async throws -> Bool {
    try await observe("end_pair") { try await store.end(pair, outcome, now: now) }
  }

  public func forget(_ pair: ShadowPair) async throws {
    try await observe("forget_pair") { try await store.forget(pair) }
  }

  public func shadowResults(
    of versions: ShadowVersions, before shadowJob: JobID?, limit: Int
  ) async throws -> [ShadowResult] {
    try await observe("shadow_results") {
      try await store.shadowResults(of: versions, before: shadowJob, limit: limit)
    }
  }

  public func pendingShadows(of versions: ShadowVersions) async throws -> Int {
    try await observe("pending_shadows") { try await store.pendingShadows(of: versions) }
  }
}
