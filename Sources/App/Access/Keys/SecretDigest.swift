import Crypto

/// What is kept of a secret to know it again; comparing takes as long wherever two differ.
struct SecretDigest: Sendable, Equatable {
  private let digest: SHA256.Digest

  init(of secret: String) { digest = SHA256.hash(data: Array(secret.utf8)) }
}
