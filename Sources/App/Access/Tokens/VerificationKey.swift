import JWTKit

/// A key that tokens are checked with, for one algorithm: a token that names another one is refused before any
/// arithmetic, so that nobody has an RSA key used as the secret of an HMAC.
struct VerificationKey: Sendable {
  let id: String?
  let algorithm: TokenAlgorithm
  private let keys: JWTKeyCollection

  /// What is wanted of a key's JSON: its signature holds; what is inside is read by ourselves.
  private struct Unread: JWTPayload {
    func verify(using algorithm: some JWTAlgorithm) {}
  }

  /// A secret that both sides have.
  init(secret: some Sequence<UInt8>, id: String?) async {
    self.id = id
    algorithm = .hs256
    keys = JWTKeyCollection()
    await keys.add(hmac: HMACKey(from: Array(secret)), digestAlgorithm: .sha256)
  }

  /// A public key.
  /// - Throws: what JWTKit says of a key that is none.
  init(_ key: JWK, for algorithm: TokenAlgorithm, id: String?) async throws {
    self.id = id
    self.algorithm = algorithm
    keys = JWTKeyCollection()
    try await keys.add(jwk: key)
    // A point that is on no curve is found here, not at the first token.
    _ = try await keys.getKey(alg: algorithm.rawValue)
  }

  /// Whether the token's signature is by this key.
  func holds(_ token: String) async -> Bool {
    do {
      _ = try await keys.verify(token, as: Unread.self)
      return true
    } catch {
      return false
    }
  }

  /// A token with these claims, signed by a secret.
  func sign(_ claims: some JWTPayload) async throws -> String {
    try await keys.sign(claims, kid: id.map { JWKIdentifier(string: $0) })
  }
}
