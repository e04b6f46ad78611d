import Jobs
import ObjectDetection
import NIOCore
import Foundation

/// What a text setting may be.
struct TextForm: Sendable {
  /// For people: `one of json, text`.
  let words: String
  let isValid: @Sendable (String) -> Bool

  /// Anything but control characters.
  static let line = TextForm(words: "a line of text") { text in
    !text.isEmpty && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }

  /// What follows the scheme is for the library that reads it.
  static func url(of schemes: [String]) -> TextForm {
    let starts = schemes.map { "\($0)://" }
    return TextForm(words: "a URL that begins with \(starts.joined(separator: " or "))") { text in
      line.isValid(text) && starts.contains { text.hasPrefix($0) && text.count > $0.count }
    }
  }

  static let resourceName = TextForm(
    words: "a name of at most 128 letters, digits, dots, underscores and hyphens",
    isValid: ResourceName.isValid)

  static let modelReference = TextForm(
    words: "a model's name, alone or with @ and a version or an alias",
    isValid: { ModelReference(resource: $0) != nil })

  static func one(of choices: [String]) -> TextForm {
    TextForm(words: "one of \(choices.joined(separator: ", "))", isValid: choices.contains)
  }

  /// `10.0.0.0/8`, `::1`
  static let addressRange = TextForm(words: "an IP address or CIDR range") { text in
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    // The initializer throws for what is no address; why does not matter here.
    guard let address = try? SocketAddress(ipAddress: String(parts[0]), port: 0) else {
      return false
    }
    guard parts.count == 2 else { return true }
    let bits = address.protocol == .inet ? 32 : 128
    return Int(parts[1]).map { (0...bits).contains($0) } ?? false
  }

  /// `authorization=Bearer abc`
  static let headerLine = pair(words: "a header as name=value", "-_")

  /// `environment=production`
  static let labelPair = pair(words: "a label as name=value", "_")

  /// A name of ASCII letters, digits and some more characters, and a value that is a line.
  private static func pair(words: String, _ more: String) -> TextForm {
    TextForm(words: words) { text in
      guard line.isValid(text), let (name, _) = namedValue(text) else { return false }
      return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || more.contains($0)) }
    }
  }

  /// The two parts of `name=value`; nil where one is missing. A value may have `=` in it.
  static func namedValue(_ text: String) -> (name: String, value: String)? {
    let parts = text.split(separator: "=", maxSplits: 1)
    return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
  }

  /// As it travels in a header (RFC 6750, `b68token`), and too long to be guessed.
  static let secret = TextForm(
    words: "32 to 1024 letters, digits or any of -._~+/="
  ) { text in
    (32...1024).contains(text.utf8.count)
      && text.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "-._~+/=".contains($0))
      }
  }

  /// `scope`, `https://example.org/roles`
  static let claimName = TextForm(words: "a name of at most 255 characters") { text in
    line.isValid(text) && text.count <= 255
  }

  static let webhookSecret = TextForm(
    words: "whsec_ and the base64 of 24 to 64 bytes", isValid: { WebhookSecret($0) != nil })

  /// As a browser sends it (RFC 6454): scheme, host, and port where it is not the scheme's own.
  static let origin = TextForm(words: "* or an origin such as https://maps.example.org") { text in
    guard text != "*" else { return true }
    guard let url = URL(string: text, encodingInvalidCharacters: false), let scheme = url.scheme,
      ["http", "https"].contains(scheme), let host = url.host(), !host.isEmpty
    else { return false }
    return text == "\(scheme)://\(host)" + (url.port.map { ":\($0)" } ?? "")
  }
}
