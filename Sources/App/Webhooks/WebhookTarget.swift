import Foundation

/// A URL that webhooks may be sent to, as far as its text tells.
///
/// Strict, because what is checked here is parsed again by the HTTP client: where two parsers could see two hosts,
/// the URL is refused.
struct WebhookTarget: Sendable, Equatable {
  static let maxLength = 2048

  /// Why a text is no target.
  struct Refusal: Error, Equatable {
    /// As an entry of the error envelope has it.
    var code: String
    var words: String

    static let tooLong = Refusal(
      code: "OUT_OF_RANGE", words: "Must have at most \(maxLength) characters")
    static let notHTTP = Refusal(code: "INVALID_VALUE", words: "Must be an http or https URL")
    static let credentials = Refusal(
      code: "INVALID_VALUE", words: "Must have no user and password")
    static let fragment = Refusal(code: "INVALID_VALUE", words: "Must have no fragment")
    static let host = Refusal(
      code: "INVALID_VALUE",
      words: "Must have a host of ASCII letters, digits, dots and hyphens, or an IP address")
    static let port = Refusal(code: "INVALID_VALUE", words: "Must have a port from 1 to 65535")
    static let forbidden = Refusal(
      code: "NOT_ALLOWED", words: "Must not lead to a private, loopback or link-local address")
  }

  let url: URL
  /// What is called: exactly what was given.
  let text: String

  /// - Throws: `Refusal`. A name is looked up only when it is called, so it may still lead to a forbidden address.
  init(_ text: String, policy: AddressPolicy) throws(Refusal) {
    guard text.utf8.count <= Self.maxLength else { throw .tooLong }
    // Foundation would encode what is no part of a URL, but what is called should be what was sent.
    guard let url = URL(string: text, encodingInvalidCharacters: false),
      let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
      let host = url.host(percentEncoded: true), !host.isEmpty
    else { throw .notHTTP }
    guard url.user == nil, url.password == nil, !Self.authority(text).contains("@") else {
      throw .credentials
    }
    guard url.fragment == nil, !text.contains("#") else { throw .fragment }
    guard url.port.map({ (1...65_535).contains($0) }) ?? true else { throw .port }
    let bare =
      host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    let address = AddressRange.bytes(bare)
    guard address != nil || Self.isName(host) else { throw .host }
    if let address, !policy.allows(address) { throw .forbidden }
    self.url = url
    self.text = text
  }

  /// What stands between `//` and the path.
  private static func authority(_ text: String) -> Substring {
    guard let start = text.firstRange(of: "//") else { return "" }
    return text[start.upperBound...].prefix { !"/?#\\".contains($0) }
  }

  /// Labels of letters, digits, hyphens and underscores. The last one is no number: such hosts are addresses in an
  /// old form (`127.1`, `0x7f.1`), which not every parser knows (URL standard, "ends in a number checker").
  private static func isName(_ host: String) -> Bool {
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    let named = labels.last == "" ? labels.dropLast() : labels[...]
    guard let last = named.last, host.utf8.count <= 253 else { return false }
    let isNumber =
      last.utf8.allSatisfy { (48...57).contains($0) } || last.lowercased().hasPrefix("0x")
    return !isNumber
      && named.allSatisfy { label in
        (1...63).contains(label.utf8.count)
          && label.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
              || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
          }
      }
  }

  /// Where an answer's `Location` leads to from here.
  func redirected(to location: String, policy: AddressPolicy) throws(Refusal) -> WebhookTarget {
    guard
      var parts = URL(string: location, relativeTo: url).flatMap({
        URLComponents(url: $0, resolvingAgainstBaseURL: true)
      })
    else { throw .notHTTP }
    // A fragment is for the client alone (RFC 9110, 10.2.2).
    parts.fragment = nil
    guard let text = parts.string else { throw .notHTTP }
    return try WebhookTarget(text, policy: policy)
  }

  /// The URL for people: the values of its query may be secrets.
  static func withoutQueryValues(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "?") else { return text }
    let query = text[text.index(after: mark)...]
    let fields = query.split(separator: "&", omittingEmptySubsequences: false).map { field in
      field.firstIndex(of: "=").map { "\(field[..<$0])=***" } ?? (field.isEmpty ? "" : "***")
    }
    return "\(text[..<mark])?\(fields.joined(separator: "&"))"
  }
}
