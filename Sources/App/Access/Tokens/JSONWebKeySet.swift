import Foundation
import JWTKit
import ObjectDetection

/// The public keys of an identity provider (RFC 7517, 5).
struct JSONWebKeySet: Sendable {
  /// Providers have two to ten.
  static let maxKeys = 100
  /// Shorter ones can be broken (NIST SP 800-131A).
  private static let minRSABits = 2048

  let keys: [VerificationKey]

  /// Reads a set. Keys of other kinds or uses are left out, as the RFC wants it; so are private and symmetric ones,
  /// which have no place in a public set.
  /// - Throws: `TokenRefusal` for what is no set, has no usable key, or a key that is malformed.
  init(parsing bytes: [UInt8]) async throws {
    let object = try TokenHeader.object(bytes, "the key set")
    guard case .array(let values)? = object["keys"] else {
      throw TokenRefusal("the key set has no array \"keys\"")
    }
    guard values.count <= Self.maxKeys else {
      throw TokenRefusal("the key set has more than \(Self.maxKeys) keys")
    }
    var keys: [VerificationKey] = []
    for case .object(let fields) in values {
      if let key = try await Self.key(fields) { keys.append(key) }
    }
    guard !keys.isEmpty else { throw TokenRefusal("the key set has no key for signatures") }
    self.keys = keys
  }

  /// nil for a key that is not for us.
  private static func key(_ fields: JSONObject) async throws -> VerificationKey? {
    if let use = fields.text("use"), use != "sig" { return nil }
    guard fields["d"] == nil, fields["k"] == nil else { return nil }
    let id = fields.text("kid")
    // Each key has a collection of its own, so the name there says nothing.
    let name = JWKIdentifier(string: "key")
    guard let algorithm = algorithm(of: fields) else { return nil }
    let standard = JWK.Algorithm(rawValue: algorithm.rawValue)
    let key: JWK
    switch fields.text("kty") {
    case "RSA":
      guard let modulus = fields.text("n"), bits(ofBase64URL: modulus) >= minRSABits else {
        throw TokenRefusal("an RSA key has fewer than \(minRSABits) bits")
      }
      key = .rsa(standard, identifier: name, modulus: modulus, exponent: fields.text("e"))
    case "EC":
      key = .ecdsa(
        standard, identifier: name, x: fields.text("x"), y: fields.text("y"),
        curve: fields.text("crv").flatMap { ECDSACurve(rawValue: $0) })
    case "OKP":
      key = .octetKeyPair(
        standard, identifier: name, x: fields.text("x"), y: nil, curve: .ed25519)
    default: return nil
    }
    do {
      return try await VerificationKey(key, for: algorithm, id: id)
    } catch {
      throw TokenRefusal("the key \(id ?? "without kid") is malformed: \(error)")
    }
  }

  /// The one algorithm of a key: what it says, if that fits its kind, else the usual one of its kind.
  private static func algorithm(of fields: JSONObject) -> TokenAlgorithm? {
    let fitting: [TokenAlgorithm] =
      switch (fields.text("kty"), fields.text("crv")) {
      case ("RSA", _): [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
      case ("EC", "P-256"): [.es256]
      case ("EC", "P-384"): [.es384]
      case ("EC", "P-521"): [.es512]
      case ("OKP", "Ed25519"): [.edDSA]
      default: []
      }
    guard fields["alg"] != nil else { return fitting.first }
    return fields.text("alg").flatMap { TokenAlgorithm(rawValue: $0) }
      .flatMap { fitting.contains($0) ? $0 : nil }
  }

  /// Of the number, leading zeros not counted; to the byte.
  private static func bits(ofBase64URL text: String) -> Int {
    let bytes = TokenHeader.decoded(text[...]) ?? []
    return bytes.drop { $0 == 0 }.count * 8
  }
}

extension JSONObject {
  /// nil when it is not there, or no text.
  func text(_ key: String) -> String? {
    if case .string(let text)? = self[key] { text } else { nil }
  }
}
