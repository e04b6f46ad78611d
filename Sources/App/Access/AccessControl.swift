import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging

/// Says who asks: by a key of the service, a token that was exchanged for one, or a token of the operator's identity
/// provider.
struct AccessControl: Sendable {
  let mode: AuthenticationMode
  let keyring: APIKeyring
  let tokens: AccessTokens
  let ownership: Ownership
  private let provider: ProviderTokens?
  private let metricsToken: SecretDigest?
  /// Of addresses that show what opens nothing.
  private let failures: RateLimiter
  private let logger: Logger

  /// - Parameter secret: what the service's own tokens are signed with; 32 bytes or more.
  init(service: Service, keys: any APIKeyStore, secret: [UInt8]) async {
    let settings = service.settings
    mode = settings.authentication
    logger = service.logger
    keyring = APIKeyring(store: keys, logger: logger)
    tokens = await AccessTokens(secret: secret)
    ownership = Ownership(jobs: service.jobs, uploads: service.uploads)
    provider = await ProviderTokens(settings, http: service.http, logger: logger)
    metricsToken = settings.metricsToken.map(SecretDigest.init(of:))
    failures = RateLimiter(requestsPerMinute: settings.failedLogins)
  }

  var isOn: Bool { mode == .on }

  /// Who sends these credentials.
  /// - Parameter network: that of the client, which is slowed down after too many wrong ones. Keys that have been
  ///   right before, and tokens, are let in from there too: others may share the address.
  /// - Throws: `APIError(.unauthorized)`, `.rateLimitExceeded`, `.serviceUnavailable`.
  func caller(of credentials: Credentials, from network: String, at now: Date) async throws
    -> Caller
  {
    let secret = APIKeySecret(credentials.text)
    if let secret, !keyring.isKnown(secret) {
      do { try failures.check(network, at: now) } catch { throw Self.slowedDown(error) }
    }
    do {
      if let secret, !credentials.isCookie {
        guard let key = try await keyring.key(secret, at: now) else {
          throw TokenRefusal("the key \(secret.id) is unknown, wrong, expired or revoked")
        }
        return Caller(key, as: .key(key.id))
      }
      if let metricsToken, !credentials.isCookie, SecretDigest(of: credentials.text) == metricsToken
      {
        return Caller(
          credential: .metricsToken, owner: nil, account: "metrics", scopes: [.metrics])
      }
      return try await caller(ofToken: credentials, at: now)
    } catch let refusal as TokenRefusal {
      do {
        _ = try await failures.admit(network, at: now)
      } catch {
        throw Self.slowedDown(error)
      }
      throw APIError.unauthorized(
        "The key or token is not valid, has expired, or was revoked", cause: refusal.description)
    }
  }

  private static func slowedDown(_ error: any Error) -> APIError {
    APIError(
      .rateLimitExceeded, "Too many wrong keys and tokens from this address",
      headers: APIError(error).headers)
  }

  private func caller(ofToken credentials: Credentials, at now: Date) async throws -> Caller {
    let header = try TokenHeader(credentials.text)
    guard header.keyID == AccessTokens.keyID else {
      guard let provider, !credentials.isCookie else {
        throw TokenRefusal("no tokens of others are taken here")
      }
      return try await provider.caller(of: credentials.text, header, at: now)
    }
    let content = try await tokens.content(of: credentials.text, header, at: now)
    guard (content.use == .session) == credentials.isCookie else {
      throw TokenRefusal("it is for another use")
    }
    guard let key = try await keyring.key(content.key, at: now) else {
      throw TokenRefusal("its key \(content.key) has expired or was revoked")
    }
    var caller = Caller(key, as: .token(key.id, isCookie: credentials.isCookie))
    caller.scopes.formIntersection(content.scopes)
    return caller
  }
}

extension Caller {
  /// The holder of a key.
  init(_ key: APIKey, as credential: Credential) {
    self.init(
      credential: credential, owner: key.owner, account: key.id.description, scopes: key.scopes,
      limits: key.limits)
  }

  /// Who has not said who it is, where that is asked.
  static let nobody = Caller(credential: .none, owner: nil, account: "", scopes: [])
}
