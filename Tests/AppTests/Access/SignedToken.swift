import Crypto
import CryptoExtras
import Foundation
import ObjectDetection

/// Tokens as an identity provider signs them: by the cryptographic library itself, so that what reads them is not
/// checked by itself.
enum SignedToken {
  static let secret = "a secret of thirty-two characters or more"
  static let ecKey = P256.Signing.PrivateKey()
  static let edKey = Curve25519.Signing.PrivateKey()
  static let rsaKey = try? _RSA.Signing.PrivateKey(keySize: .bits2048)

  /// - Parameter sign: nil leaves the signature empty.
  static func make(
    header: [String: Any], claims: [String: Any], sign: ((Data) throws -> Data)?
  ) throws -> String {
    let parts = try [header, claims].map {
      base64URL(try JSONSerialization.data(withJSONObject: $0, options: .sortedKeys))
    }
    let signed = parts.joined(separator: ".")
    return signed + "." + base64URL(try sign?(Data(signed.utf8)) ?? Data())
  }

  static func hs256(_ message: Data) -> Data { hmac(message, key: Data(secret.utf8)) }

  static func hmac(_ message: Data, key: Data) -> Data {
    Data(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
  }

  static func es256(_ message: Data) throws -> Data {
    try ecKey.signature(for: message).rawRepresentation
  }

  static func edDSA(_ message: Data) throws -> Data { try edKey.signature(for: message) }

  static func rs256(_ message: Data) throws -> Data {
    guard let rsaKey else { throw CocoaError(.featureUnsupported) }
    return try rsaKey.signature(for: SHA256.hash(data: message), padding: .insecurePKCS1v1_5)
      .rawRepresentation
  }

  /// The public keys, as a provider's JWKS.
  static func keySet(ids: [String: String] = ["EC": "ec", "OKP": "ed", "RSA": "rsa"]) throws
    -> String
  {
    let point = ecKey.publicKey.rawRepresentation
    var keys: [[String: Any]] = []
    if let id = ids["EC"] {
      keys.append([
        "kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "alg": "ES256",
        "x": base64URL(point.prefix(32)), "y": base64URL(point.suffix(32)),
      ])
    }
    if let id = ids["OKP"] {
      keys.append([
        "kty": "OKP", "crv": "Ed25519", "kid": id, "alg": "EdDSA",
        "x": base64URL(edKey.publicKey.rawRepresentation),
      ])
    }
    if let id = ids["RSA"], let rsaKey {
      let primitives = try rsaKey.publicKey.getKeyPrimitives()
      keys.append([
        "kty": "RSA", "kid": id, "n": base64URL(primitives.modulus),
        "e": base64URL(primitives.publicExponent),
      ])
    }
    // What is for others is left out.
    keys.append(["kty": "oct", "kid": "oct", "k": base64URL(Data(secret.utf8))])
    keys.append(["kty": "AKP", "kid": "new-kind", "pub": "AAAA"])
    let data = try JSONSerialization.data(withJSONObject: ["keys": keys])
    return String(decoding: data, as: UTF8.self)
  }

  static func base64URL(_ data: some DataProtocol) -> String {
    Data(data).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }
}
