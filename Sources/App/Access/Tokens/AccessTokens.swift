import Foundation
import JWTKit
import Jobs

/// Short tokens that a key is exchanged for, and a browser's sessions. They end with their key.
struct AccessTokens: Sendable {
  /// Of our own tokens; no key set of a provider is asked for it.
  static let keyID = "harrier"

  /// What a token is for: a session's is taken from a cookie only, the other one from a header only.
  enum Use: String, Sendable {
    case access
    case session
  }

  /// What a token of ours says.
  struct Content: Sendable, Equatable {
    var key: APIKeyID
    var scopes: Set<AccessScope>
    var use: Use
  }

  private struct Claims: JWTPayload {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var iss = AccessTokens.keyID
    var aud = AccessTokens.keyID
    var sub: String
    var exp: Int
    var iat: Int
    var jti: String
    var scope: String
    var use: String

    func verify(using algorithm: some JWTAlgorithm) {}
  }

  private let key: VerificationKey

  /// - Parameter secret: shared by all API processes of the installation.
  init(secret: [UInt8]) async {
    key = await VerificationKey(secret: secret, id: Self.keyID)
  }

  func token(_ content: Content, lifetime: Duration, at now: Date) async throws -> String {
    let seconds = Int(now.timeIntervalSince1970)
    return try await key.sign(
      Claims(
        sub: content.key.description, exp: seconds + Int(lifetime / .seconds(1)), iat: seconds,
        jti: UUID().uuidString,
        scope: content.scopes.sorted().map(\.rawValue).joined(separator: " "),
        use: content.use.rawValue))
  }

  /// - Throws: `TokenRefusal`.
  func content(of token: String, _ header: TokenHeader, at now: Date) async throws -> Content {
    guard header.algorithm == key.algorithm, await key.holds(token) else {
      throw TokenRefusal("it is not signed by this service")
    }
    let claims = try TokenClaims(parsing: header.unverifiedClaims)
    // Its clock is ours.
    try claims.checkTime(now, skew: 1)
    guard claims.issuer == Self.keyID, claims.audience == [Self.keyID],
      let id = APIKeyID(claims.subject), let use = claims.text("use").flatMap({ Use(rawValue: $0) })
    else { throw TokenRefusal("it is none of this service's tokens") }
    return Content(key: id, scopes: claims.scopes(in: "scope"), use: use)
  }
}
