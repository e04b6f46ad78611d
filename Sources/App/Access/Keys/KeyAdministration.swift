public import Foundation
public import Jobs

/// What an operator does with keys, and leaves a line about in the audit log.
public struct KeyAdministration: Sendable {
  /// More than anybody looks at.
  static let listLimit = 10_000

  private let keys: any APIKeyStore
  private let audit: AuditFile
  private let user: String

  /// - Parameter user: who does it, for the audit log.
  /// - Throws: `JobsError(.storageError)` when the audit log cannot be written to.
  public init(keys: any APIKeyStore, settings: ServiceSettings, user: String) throws {
    self.keys = keys
    audit = try AuditFile(path: settings.auditLogPath)
    self.user = user
  }

  /// A new key, with its secret, which is nowhere else.
  /// - Parameter owner: whose things it makes and sees; nil for its own alone.
  /// - Throws: `JobsError` when it cannot be kept.
  public func create(
    name: String, owner: String?, scopes: Set<AccessScope>, limits: AccessLimits, expiresAt: Date?
  ) async throws -> (key: APIKey, secret: String) {
    let now = Date().wholeMilliseconds
    let secret = APIKeySecret(newFor: APIKeyID(at: now))
    let key = APIKey(
      id: secret.id, name: name, owner: owner ?? secret.id.description, scopes: scopes,
      limits: limits, secretHash: secret.hash, createdAt: now, expiresAt: expiresAt)
    try await keys.insert(key)
    try note("keys create", key, at: now)
    return (key, secret.text)
  }

  /// Newest first.
  public func list() async throws -> [APIKey] { try await keys.apiKeys(limit: Self.listLimit) }

  /// Ends a key for good; nil when there is none.
  public func revoke(_ id: APIKeyID) async throws -> APIKey? {
    let now = Date().wholeMilliseconds
    guard let key = try await keys.revoke(id, now: now) else { return nil }
    try note("keys revoke", key, at: now)
    return key
  }

  private func note(_ action: String, _ key: APIKey, at now: Date) throws {
    try audit.append(
      AuditEntry(
        time: now, action: action, outcome: .done, owner: key.owner, credential: "command",
        client: user, ids: ["key_id": "\(key.id)"]
      ).line)
  }
}
