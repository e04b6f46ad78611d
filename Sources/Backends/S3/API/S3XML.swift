import Foundation
import Jobs

/// An element of S3's XML answers: names, text and children; attributes and namespaces say nothing there.
struct S3XML: Sendable, Equatable {
  var name: String
  /// All text directly inside, unescaped.
  var text = ""
  var children: [S3XML] = []

  /// The text of the first child of that name; empty when there is none.
  subscript(name: String) -> String { first(name)?.text ?? "" }

  func first(_ name: String) -> S3XML? { children.first { $0.name == name } }

  func all(_ name: String) -> [S3XML] { children.filter { $0.name == name } }

  /// S3's answers are four deep.
  private static let maxDepth = 16

  /// - Throws: `JobsError(.storageError)` for what is no whole document, or has a document type.
  init(parsing bytes: some Sequence<UInt8>) throws {
    var scanner = Scanner(bytes: Array(bytes))
    var open: [S3XML] = []
    while true {
      let text = scanner.text()
      if !open.isEmpty { open[open.count - 1].text += try Self.unescaped(text) }
      switch try scanner.tag() {
      case .skipped: continue
      case .data(let text):
        guard !open.isEmpty else { throw Self.error }
        open[open.count - 1].text += text
      case .start(let name):
        guard open.count < Self.maxDepth else { throw Self.error }
        open.append(S3XML(name: name))
      case .empty(let name):
        guard !open.isEmpty else {
          self = S3XML(name: name)
          return
        }
        open[open.count - 1].children.append(S3XML(name: name))
      case .end(let name):
        guard let element = open.popLast(), element.name == name else { throw Self.error }
        guard !open.isEmpty else {
          self = element
          return
        }
        open[open.count - 1].children.append(element)
      }
    }
  }

  private init(name: String) { self.name = name }

  fileprivate static let error = JobsError(
    .storageError, "The S3 server's answer is not understood", cause: "no well-formed XML")

  /// Text for inside of an element.
  static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
  }

  static func unescaped(_ text: String) throws -> String {
    var rest = text[...]
    var plain = ""
    while let start = rest.firstIndex(of: "&") {
      guard let end = rest[start...].firstIndex(of: ";") else { throw error }
      plain += rest[..<start]
      plain.unicodeScalars.append(try scalar(rest[rest.index(after: start)..<end]))
      rest = rest[rest.index(after: end)...]
    }
    return plain + rest
  }

  private static func scalar(_ entity: Substring) throws -> Unicode.Scalar {
    switch entity {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard entity.hasPrefix("#") else { throw error }
      let digits = entity.dropFirst()
      let number =
        digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
      guard let scalar = number.flatMap(Unicode.Scalar.init) else { throw error }
      return scalar
    }
  }
}

private struct Scanner {
  enum Tag {
    case start(String), end(String), empty(String)
    /// A CDATA section.
    case data(String)
    /// A declaration or a comment.
    case skipped
  }

  private let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// All up to the next tag.
  mutating func text() -> String {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "<") { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func tag() throws -> Tag {
    if skip("<?") {
      _ = try upTo("?>")
      return .skipped
    }
    if skip("<!--") {
      _ = try upTo("-->")
      return .skipped
    }
    if skip("<![CDATA[") { return .data(try upTo("]]>")) }
    if skip("</") {
      return .end(try Self.name(try upTo(">")))
    }
    guard skip("<") else { throw S3XML.error }
    let inside = try attributes()
    return inside.hasSuffix("/")
      ? .empty(try Self.name(String(inside.dropLast()))) : .start(try Self.name(inside))
  }

  /// Up to the `>` that is in no quoted value.
  private mutating func attributes() throws -> String {
    let start = position
    var quote: UInt8?
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        return String(decoding: bytes[start..<position - 1], as: UTF8.self)
      }
    }
    throw S3XML.error
  }

  private mutating func skip(_ text: StaticString) -> Bool {
    guard matches(text) else { return false }
    position += text.utf8CodeUnitCount
    return true
  }

  private mutating func upTo(_ end: StaticString) throws -> String {
    let start = position
    while position < bytes.count {
      if matches(end) {
        defer { position += end.utf8CodeUnitCount }
        return String(decoding: bytes[start..<position], as: UTF8.self)
      }
      position += 1
    }
    throw S3XML.error
  }

  private func matches(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    return (0..<count).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
  }

  /// The local name at a tag's beginning. A document type's `!` is none.
  private static func name(_ inside: String) throws -> String {
    let full = inside.prefix { !$0.isWhitespace }
    let name = full.split(separator: ":").last.map(String.init) ?? ""
    guard let first = name.first, first.isLetter || first == "_" else { throw S3XML.error }
    return name
  }
}
