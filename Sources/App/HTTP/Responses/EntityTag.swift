import Crypto
import HTTPTypes
import Hummingbird
import ObjectDetection

/// A strong validator of an answer (RFC 9110, 8.8.3).
struct EntityTag: Sendable, Equatable {
  /// Without the quotes.
  let opaque: String

  init(opaque: String) { self.opaque = opaque }

  /// Of an answer that is a function of `parts`: made without reading what it tags.
  init(of parts: String...) {
    let digest = SHA256.hash(data: Array(parts.joined(separator: "\u{0}").utf8))
    // 128 bits are enough to tell answers of one URL apart.
    opaque = digest.prefix(16).hexadecimal
  }

  var headerValue: String { "\"\(opaque)\"" }

  /// Whether `If-None-Match` names it: weak comparison, a list, or `*` (RFC 9110, 13.1.2).
  func matches(ifNoneMatch field: String?) -> Bool {
    guard let field else { return false }
    if field.drop(while: \.isWhitespace).first == "*" { return true }
    return Self.list(field).contains { $0.opaque == opaque }
  }

  /// Whether `If-Range` allows a part: strong comparison; a date never does, since none was sent
  /// (RFC 9110, 13.1.5).
  func allowsRange(ifRange field: String?) -> Bool {
    guard let field else { return true }
    return Self.list(field).first.map { !$0.isWeak && $0.opaque == opaque } ?? false
  }

  /// The tags of a list, up to the first thing that is none.
  private static func list(_ field: String) -> [(isWeak: Bool, opaque: Substring)] {
    var tags: [(isWeak: Bool, opaque: Substring)] = []
    var rest = field[...]
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
      let isWeak = rest.hasPrefix("W/")
      if isWeak { rest = rest.dropFirst(2) }
      guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { return tags }
      tags.append((isWeak, rest[..<end].dropFirst()))
      rest = rest[end...].dropFirst()
    }
  }
}

/// How long a client may use an answer without asking again.
enum CachePolicy: String {
  /// Bytes that stay the same as long as they are there. Private: they may be somebody's.
  case unchanging = "private, max-age=3600"
  /// Asked for each time, answered with 304 as long as nothing changed.
  case revalidated = "private, no-cache"
}

extension Request {
  /// 304 when the client already has what `tag` is of.
  func notModified(_ tag: EntityTag, _ policy: CachePolicy) -> Response? {
    guard tag.matches(ifNoneMatch: headers[.ifNoneMatch]) else { return nil }
    var response = Response(status: .notModified, headers: .validators(tag, policy))
    // It would be taken for the length of the whole answer.
    response.headers[.contentLength] = nil
    return response
  }
}

extension HTTPFields {
  static func validators(_ tag: EntityTag, _ policy: CachePolicy) -> HTTPFields {
    [.eTag: tag.headerValue, .cacheControl: policy.rawValue]
  }
}
