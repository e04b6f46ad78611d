public import Foundation

/// The keys of callers. Every implementation passes the conformance suite in Tests/TestSupport.
public protocol APIKeyStore: Sendable {
  func insert(_ key: APIKey) async throws

  func apiKey(_ id: APIKeyID) async throws -> APIKey?

  /// Newest first, at most `limit`; revoked and expired ones too.
  func apiKeys(limit: Int) async throws -> [APIKey]

  /// Ends a key for good; one that is revoked already keeps its time.
  /// - Returns: the key as it is now; nil when there is none.
  func revoke(_ id: APIKeyID, now: Date) async throws -> APIKey?

  /// Says that a key was used; an older time than the one known changes nothing, nor does a key that is gone.
  func noteUse(of id: APIKeyID, at time: Date) async throws
}
