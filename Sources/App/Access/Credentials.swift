import HTTPTypes
import Hummingbird

/// What a request brings to say who it comes from: `Authorization: Bearer`, `X-API-Key`, or the session's cookie.
struct Credentials: Sendable, Equatable {
  /// A key has 83 characters; tokens of identity providers with many groups have some thousands.
  static let maxBytes = 8192

  var text: String
  /// Whether a browser sent it by itself, so that another page may have made it do so.
  var isCookie = false

  init(text: String) { self.text = text }

  /// nil when there is none. A header is taken before a cookie.
  /// - Parameter isSecure: whether the client came by HTTPS, which decides the cookie's name.
  /// - Throws: `APIError(.unauthorized)` for two that differ, another scheme, and what no key or token looks like.
  init?(_ request: Request, isSecure: Bool = false) throws(APIError) {
    var texts: [String] = []
    for value in request.headers[values: .authorization] {
      let parts = value.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "bearer" else {
        throw .unauthorized("Send the header Authorization: Bearer KEY, or X-API-Key: KEY")
      }
      texts.append(parts[1].trimmingPrefix { $0 == " " }.description)
    }
    texts += request.headers[values: .xAPIKey]
    if texts.isEmpty,
      let cookie = SessionCookie.value(
        in: request.headers, isSecure: isSecure)
    {
      texts = [cookie]
      isCookie = true
    }
    guard let first = texts.first else { return nil }
    guard texts.allSatisfy({ $0 == first }) else {
      throw .unauthorized("Two credentials differ: send one")
    }
    guard Self.isSane(first) else { throw .unauthorized("No key or token looks like this") }
    text = first
  }

  /// As RFC 6750 has it (`b68token`).
  private static func isSane(_ text: String) -> Bool {
    (1...maxBytes).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        byte.isASCIIAlphanumeric || "-._~+/=".utf8.contains(byte)
      }
  }
}

extension APIError {
  /// Who asks is not known.
  /// - Parameters:
  ///   - details: for people; never says whether a key exists.
  ///   - cause: for the log.
  static func unauthorized(_ details: String, cause: String? = nil) -> APIError {
    APIError(
      .unauthorized, "A valid key or token is needed", details: details,
      headers: [.wwwAuthenticate: #"Bearer realm="harrier""#], cause: cause)
  }
}
