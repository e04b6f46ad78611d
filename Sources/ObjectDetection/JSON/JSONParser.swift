/// Reads JSON as RFC 8259 has it and nothing else: no comments, no trailing commas, no NaN, no byte order
/// mark, no key twice, no half of a surrogate pair. Time grows with the bytes; the depth has a limit.
struct JSONParser {
  /// Arrays and objects inside each other; our deepest request has three.
  static let maxDepth = 32
  /// Characters of one number; 17 digits tell all doubles apart.
  static let maxNumberLength = 1000

  let bytes: [UInt8]
  var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The one value of the text.
  mutating func document() throws(JSONSyntaxError) -> JSONValue {
    guard !bytes.starts(with: [0xef, 0xbb, 0xbf]) else {
      throw error("The text must not begin with a byte order mark")
    }
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard next == nil else { throw unexpected(after: " after the end of the value") }
    return value
  }

  /// The byte to be read next; nil at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Skips a byte if it is there.
  mutating func skip(_ byte: Character) -> Bool {
    guard next == byte.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    guard let next else { throw unexpected() }
    switch Character(Unicode.Scalar(next)) {
    case "{": return .object(try object(depth: depth + 1))
    case "[": return .array(try array(depth: depth + 1))
    case "\"": return .string(try string())
    case "-", "0"..."9": return .number(try number())
    case "A"..."Z", "a"..."z": return try word()
    default: throw unexpected()
    }
  }

  private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONObject {
    try enter(depth)
    var object = JSONObject()
    if skip("}") { return object }
    while true {
      guard next == UInt8(ascii: "\"") else { throw unexpected(after: ", expected a key") }
      let start = position
      let key = try string()
      skipSpace()
      guard skip(":") else { throw unexpected(after: ", expected ':'") }
      skipSpace()
      guard object.insert(try value(depth: depth), forKey: key) else {
        throw error("Duplicate key \"\(key.prefix(64))\"", at: start)
      }
      skipSpace()
      if skip("}") { return object }
      guard skip(",") else { throw unexpected(after: ", expected ',' or '}'") }
      skipSpace()
    }
  }

  private mutating func array(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
    try enter(depth)
    var elements: [JSONValue] = []
    if skip("]") { return elements }
    while true {
      elements.append(try value(depth: depth))
      skipSpace()
      if skip("]") { return elements }
      guard skip(",") else { throw unexpected(after: ", expected ',' or ']'") }
      skipSpace()
    }
  }

  private mutating func enter(_ depth: Int) throws(JSONSyntaxError) {
    guard depth <= Self.maxDepth else {
      throw error("Nested more than \(Self.maxDepth) levels deep")
    }
    position += 1
    skipSpace()
  }

  func error(_ words: String, at offset: Int? = nil) -> JSONSyntaxError {
    JSONSyntaxError(words: words, offset: offset ?? position)
  }

  /// Names the character that is there instead.
  func unexpected(after remark: String = "") -> JSONSyntaxError {
    guard position < bytes.count else { return error("Unexpected end of the text\(remark)") }
    let scalar =
      String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
      .unicodeScalars.first ?? "\u{fffd}"
    let isVisible = scalar.properties.generalCategory != .control
    let name = isVisible ? "'\(scalar)'" : "U+\(scalar.hexadecimal)"
    return error("Unexpected character \(name)\(remark)")
  }
}

/// Where and why a text is no JSON.
public struct JSONSyntaxError: Error {
  /// For people.
  public let words: String
  /// In bytes, from 0.
  public let offset: Int

  /// `line 3, column 7: ...`; both from 1, columns in characters.
  public func description(in bytes: [UInt8]) -> String {
    let before = bytes.prefix(offset)
    let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    let line = 1 + before.count { $0 == 0x0a }
    // The bytes 10xxxxxx continue a character.
    let column = 1 + before[lineStart...].count { $0 & 0xc0 != 0x80 }
    return "line \(line), column \(column): \(words)"
  }
}

extension Unicode.Scalar {
  /// At least four digits, as in `U+0009`.
  var hexadecimal: String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
