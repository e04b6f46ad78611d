import Foundation
import ObjectDetection

/// The algorithms that tokens may be signed with (RFC 7518, 3.1; RFC 8037). `none` is not among them.
enum TokenAlgorithm: String, Sendable, CaseIterable {
  case hs256 = "HS256"
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"
  case edDSA = "EdDSA"
}

/// Why a token opens nothing; for the log. Clients are told only that it does not.
struct TokenRefusal: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// The parts of a signed token (RFC 7515, 7.1) before anything of it is believed.
struct TokenHeader: Sendable, Equatable {
  let algorithm: TokenAlgorithm
  /// nil when the token does not say which key it was signed with.
  let keyID: String?
  /// The claims, which nobody has vouched for yet.
  let unverifiedClaims: [UInt8]

  /// - Throws: `TokenRefusal` for what is no signed token with an algorithm that we know.
  init(_ token: String) throws(TokenRefusal) {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.decoded(parts[0]),
      let claims = Self.decoded(parts[1]),
      Self.decoded(parts[2]) != nil
    else { throw TokenRefusal("it is no token of three parts") }
    let fields = try Self.object(header, "the header")
    guard case .string(let name)? = fields["alg"], let algorithm = TokenAlgorithm(rawValue: name)
    else { throw TokenRefusal("its alg is none that is accepted") }
    // Extensions that must be understood (RFC 7515, 4.1.11): we know none.
    guard fields["crit"] == nil else { throw TokenRefusal("its header has crit") }
    // Another form of payload (RFC 7797), and a key that the token itself brings, are never taken.
    guard fields["b64"] == nil else { throw TokenRefusal("its header has b64") }
    switch fields["kid"] {
    case nil: keyID = nil
    case .string(let id)? where id.utf8.count <= 256: keyID = id
    default: throw TokenRefusal("its kid is no text")
    }
    self.algorithm = algorithm
    unverifiedClaims = claims
  }

  /// A JSON object, no key twice.
  static func object(_ bytes: [UInt8], _ what: String) throws(TokenRefusal) -> JSONObject {
    do {
      guard case .object(let object) = try JSONValue(parsing: bytes) else {
        throw TokenRefusal("\(what) is no JSON object")
      }
      return object
    } catch {
      throw TokenRefusal("\(what) is no JSON object")
    }
  }

  /// base64url without padding, strictly (RFC 7515, 2).
  static func decoded(_ text: Substring) -> [UInt8]? {
    guard !text.isEmpty,
      text.utf8.allSatisfy({ byte in
        byte.isASCIIAlphanumeric || "-_".utf8.contains(byte)
      })
    else { return nil }
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    let standard = text.replacing("-", with: "+").replacing("_", with: "/") + padding
    return Data(base64Encoded: String(standard)).map(Array.init)
  }
}
