import Foundation
import Jobs
import ObjectDetection

/// What a token says of its holder, once its signature holds (RFC 7519, 4.1).
struct TokenClaims: Sendable, Equatable {
  let issuer: String?
  let subject: String
  let audience: [String]
  let expiresAt: Date
  let notBefore: Date?
  let issuedAt: Date?
  private let fields: JSONObject

  /// Reads the claims.
  /// - Throws: `TokenRefusal` for what is no object, or has no subject or no end.
  init(parsing bytes: [UInt8]) throws(TokenRefusal) {
    fields = try TokenHeader.object(bytes, "the claims")
    guard let subject = fields.text("sub"), (1...255).contains(subject.utf8.count),
      subject.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else { throw TokenRefusal("it has no sub of 1 to 255 bytes") }
    self.subject = subject
    guard let expiresAt = try Self.time("exp", fields) else {
      throw TokenRefusal("it has no exp: a token that never ends is not taken")
    }
    self.expiresAt = expiresAt
    notBefore = try Self.time("nbf", fields)
    issuedAt = try Self.time("iat", fields)
    issuer = fields.text("iss")
    audience =
      switch fields["aud"] {
      case .string(let one)?: [one]
      case .array(let several)?:
        several.compactMap { if case .string(let text) = $0 { text } else { nil } }
      default: []
      }
  }

  /// Seconds since 1970, whole or not.
  private static func time(_ key: String, _ fields: JSONObject) throws(TokenRefusal) -> Date? {
    switch fields[key] {
    case nil: return nil
    case .number(let number)? where (0...253_402_300_799).contains(number.double):
      return Date(timeIntervalSince1970: number.double)
    default: throw TokenRefusal("its \(key) is no time")
    }
  }

  /// - Parameter skew: by how many seconds clocks may differ.
  /// - Throws: `TokenRefusal` outside the token's time.
  func checkTime(_ now: Date, skew: TimeInterval) throws(TokenRefusal) {
    guard now < expiresAt.addingTimeInterval(skew) else { throw TokenRefusal("it has expired") }
    let begins = [notBefore, issuedAt].compactMap(\.self).max() ?? .distantPast
    guard begins.addingTimeInterval(-skew) <= now else {
      throw TokenRefusal("its time has not come")
    }
  }

  /// The scopes of a claim: words separated by spaces (RFC 8693, 4.2), or an array. Words that mean nothing here
  /// are for others.
  func scopes(in claim: String) -> Set<AccessScope> {
    let words: [String] =
      switch fields[claim] {
      case .string(let text)?: text.split(separator: " ").map(String.init)
      case .array(let values)?:
        values.compactMap { if case .string(let text) = $0 { text } else { nil } }
      default: []
      }
    return Set(words.compactMap { AccessScope(rawValue: $0) })
  }

  /// A claim of ours.
  func text(_ claim: String) -> String? { fields.text(claim) }
}
