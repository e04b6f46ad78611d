import Foundation
import Jobs
import Logging
import Synchronization

/// The keys of callers, as the store has them; those in use are asked for every few seconds only.
final class APIKeyring: Sendable {
  /// How long a revoked key may go on opening doors.
  static let freshness: TimeInterval = 5
  /// How often the time of a key's last use is written.
  private static let useInterval: TimeInterval = 60
  private static let capacity = 10_000

  private struct Found: Sendable {
    /// nil: there is no such key.
    var key: APIKey?
    var at: Date
  }

  private let store: any APIKeyStore
  private let logger: Logger
  private let throttle = LogThrottle()
  private let found = RecentValues<APIKeyID, Found>(capacity: capacity)
  private let used = RecentValues<APIKeyID, Date>(capacity: capacity)

  init(store: any APIKeyStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// The key, if it opens anything now; nil when it does not.
  func key(_ id: APIKeyID, at now: Date) async throws -> APIKey? {
    let key = try await lookUp(id, at: now)
    return key.flatMap { $0.isValid(at: now) ? $0 : nil }
  }

  /// The key of a secret, if it is its secret and it opens anything now.
  func key(_ secret: APIKeySecret, at now: Date) async throws -> APIKey? {
    guard let key = try await key(secret.id, at: now), secret.matches(key.secretHash) else {
      return nil
    }
    await noteUse(of: key, at: now)
    return key
  }

  /// Whether a secret has been right before, without asking anybody.
  func isKnown(_ secret: APIKeySecret) -> Bool {
    found[secret.id]?.key.map { secret.matches($0.secretHash) } ?? false
  }

  private func lookUp(_ id: APIKeyID, at now: Date) async throws -> APIKey? {
    if let known = found[id], fresh(known, now) { return known.key }
    let key = try await store.apiKey(id)
    found.remember(Found(key: key, at: now), for: id)
    return key
  }

  private func fresh(_ found: Found, _ now: Date) -> Bool {
    abs(now.timeIntervalSince(found.at)) < Self.freshness
  }

  /// What cannot be written is said once more in a minute.
  private func noteUse(of key: APIKey, at now: Date) async {
    let last = used[key.id] ?? key.lastUsedAt ?? .distantPast
    guard now.timeIntervalSince(last) >= Self.useInterval else { return }
    used.remember(now, for: key.id)
    do {
      try await store.noteUse(of: key.id, at: now)
    } catch {
      if throttle.admit("use", at: .now) != nil {
        logger.warning("the use of a key is not noted", metadata: ["cause": "\(error)"])
      }
    }
  }
}
