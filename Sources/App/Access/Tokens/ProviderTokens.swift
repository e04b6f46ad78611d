import Foundation
import Jobs
import Logging

/// Tokens of the operator's identity provider.
struct ProviderTokens: Sendable {
  private let secret: VerificationKey?
  private let source: JSONWebKeySource?
  private let issuer: String?
  private let audience: String?
  private let skew: TimeInterval
  private let scopeClaim: String

  /// nil where the settings name no keys.
  init?(_ settings: ServiceSettings, http: (any HTTPTransport)?, logger: Logger) async {
    guard settings.jwtKeys != nil || settings.jwtSecret != nil else { return nil }
    if let text = settings.jwtSecret {
      secret = await VerificationKey(secret: text.utf8, id: nil)
    } else {
      secret = nil
    }
    source = settings.jwtKeys.map { JSONWebKeySource(place: $0, http: http, logger: logger) }
    issuer = settings.jwtIssuer
    audience = settings.jwtAudience
    skew = settings.jwtClockSkew / .seconds(1)
    scopeClaim = settings.jwtScopeClaim
  }

  /// Who holds the token.
  /// - Throws: `TokenRefusal`; `APIError(.serviceUnavailable)` when it cannot be checked now.
  func caller(of token: String, _ header: TokenHeader, at now: Date) async throws -> Caller {
    guard try await isSigned(token, header, now) else {
      throw TokenRefusal("no key that is known signed it")
    }
    let claims = try TokenClaims(parsing: header.unverifiedClaims)
    try claims.checkTime(now, skew: skew)
    if let issuer, claims.issuer != issuer { throw TokenRefusal("its iss is another one") }
    if let audience, !claims.audience.contains(audience) {
      throw TokenRefusal("its aud does not name this service")
    }
    // A key's owner cannot be taken for one of the provider's people, whatever their names are.
    let owner = "jwt:\(claims.subject)"
    return Caller(
      credential: .jwt, owner: owner, account: owner, scopes: claims.scopes(in: scopeClaim))
  }

  private func isSigned(_ token: String, _ header: TokenHeader, _ now: Date) async throws -> Bool {
    // Secret and public keys are never tried for each other's algorithms.
    if header.algorithm == .hs256 { return await secret?.holds(token) ?? false }
    guard let source else { return false }
    for key in try await source.candidates(for: header, at: now) where await key.holds(token) {
      return true
    }
    return false
  }
}
