/// A header value of the form `type; name=value; name="value"`.
///
/// Source: RFC 2045, 5.1 and RFC 9110, 5.6.6. Names in any case and order; the last semicolon may
/// have nothing behind it. In a quoted value the backslash escapes only the quote and itself, as in
/// what curl sends: in `"C:\x\a.jpg"`, which old browsers send, it is an ordinary character.
struct HeaderParameters: Sendable {
  enum Malformed: Error, Equatable {
    case malformed
    /// A parameter is there twice; readers differ in which one they take.
    case duplicate(String)
  }

  /// Real headers have up to four. Looking for a name costs a step for each.
  static let maxCount = 16

  /// In lower case.
  let type: String
  private var parameters: [(name: String, value: [UInt8])] = []

  init(_ value: [UInt8]) throws(Malformed) {
    var rest = value[...]
    type = String(headerText: rest.popPrefix { $0 != UInt8(ascii: ";") }.trimmingBlanks())
      .lowercased()
    while rest.popFirst() != nil {
      rest = rest.trimmingBlanks()
      if rest.isEmpty { break }
      try readParameter(&rest)
      rest = rest.trimmingBlanks()
      guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { throw .malformed }
    }
  }

  /// The names in lower case, in their order.
  var names: [String] { parameters.map(\.name) }

  /// The value of a parameter without quotes and escapes; the name in lower case.
  subscript(name: String) -> [UInt8]? { parameters.first { $0.name == name }?.value }

  /// RFC 9110, 5.6.2: what header names and unquoted values are made of.
  static func isToken(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
  }

  private mutating func readParameter(_ rest: inout ArraySlice<UInt8>) throws(Malformed) {
    let name = String(decoding: rest.popPrefix(while: Self.isToken), as: UTF8.self).lowercased()
    guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else { throw .malformed }
    guard parameters.count < Self.maxCount else { throw .malformed }
    // 40 characters of it are enough for the message.
    guard self[name] == nil else { throw .duplicate(String(name.prefix(40))) }
    let value: [UInt8]
    if rest.first == UInt8(ascii: "\"") {
      value = try Self.quoted(&rest)
    } else {
      value = Array(rest.popPrefix(while: Self.isToken))
      guard !value.isEmpty else { throw .malformed }
    }
    parameters.append((name, value))
  }

  private static func quoted(_ rest: inout ArraySlice<UInt8>) throws(Malformed) -> [UInt8] {
    rest.removeFirst()
    var value: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return value }
      if byte == UInt8(ascii: "\\"), let next = rest.first,
        next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\")
      {
        value.append(next)
        rest.removeFirst()
      } else {
        value.append(byte)
      }
    }
    throw .malformed
  }
}

extension ArraySlice<UInt8> {
  /// Without the spaces and tabs at its ends.
  func trimmingBlanks() -> Self {
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let end = lastIndex(where: { !isBlank($0) }) else { return self[endIndex...] }
    return self[...end].drop(while: isBlank)
  }

  /// Removes and returns the bytes up to the first one that does not belong.
  fileprivate mutating func popPrefix(while belongs: (UInt8) -> Bool) -> Self {
    let prefix = self.prefix(while: belongs)
    self = self[prefix.endIndex...]
    return prefix
  }
}

extension String {
  /// Text of a header: UTF-8, or ISO-8859-1 when the bytes are not UTF-8.
  init(headerText bytes: some Collection<UInt8>) {
    self = String(validating: bytes, as: UTF8.self) ?? String(latin1: bytes)
  }

  /// Every byte is the character of that number (ISO-8859-1).
  init(latin1 bytes: some Collection<UInt8>) {
    self = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
}
