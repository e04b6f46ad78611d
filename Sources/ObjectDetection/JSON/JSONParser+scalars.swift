extension JSONParser {
  mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    var text = ""
    while true {
      text += try plainCharacters()
      if skip("\"") { return text }
      guard skip("\\") else {
        if let control = next {
          let name = "U+\(Unicode.Scalar(control).hexadecimal)"
          throw error("The control character \(name) must be escaped")
        }
        throw unexpected(after: " inside a string")
      }
      text.unicodeScalars.append(try escaped())
    }
  }

  /// What stands before the next quote, backslash or control character.
  private mutating func plainCharacters() throws(JSONSyntaxError) -> String {
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    do {
      return String(copying: try UTF8Span(validating: bytes[start..<position].span))
    } catch {
      throw self.error("The text is not UTF-8", at: start + error.byteOffsets.lowerBound)
    }
  }

  /// The character that an escape stands for; the backslash has been read.
  private mutating func escaped() throws(JSONSyntaxError) -> Unicode.Scalar {
    let start = position - 1
    let letter = next
    if letter != nil { position += 1 }
    switch letter.map({ Character(Unicode.Scalar($0)) }) {
    case "\"": return "\""
    case "\\": return "\\"
    case "/": return "/"
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return try escapedScalar(start)
    default: throw error("Unknown escape in a string", at: start)
    }
  }

  private mutating func escapedScalar(_ start: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
    let high = try fourDigits(start)
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xdc00, skip("\\"), skip("u") else { throw loneSurrogate(start) }
    let low = try fourDigits(start)
    guard (0xdc00...0xdfff).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
    else { throw loneSurrogate(start) }
    return scalar
  }

  private func loneSurrogate(_ start: Int) -> JSONSyntaxError {
    error("Half of a surrogate pair", at: start)
  }

  private mutating func fourDigits(_ start: Int) throws(JSONSyntaxError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw error("\\u must be followed by four hexadecimal digits", at: start)
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  mutating func number() throws(JSONSyntaxError) -> JSONNumber {
    let start = position
    _ = skip("-")
    let startsWithZero = next == UInt8(ascii: "0")
    let wholeDigits = try digits()
    guard !startsWithZero || wholeDigits == 1 else {
      throw error("A number must not begin with 0", at: start)
    }
    if skip(".") { _ = try digits() }
    if skip("e") || skip("E") {
      if !skip("+") { _ = skip("-") }
      _ = try digits()
    }
    guard position - start <= Self.maxNumberLength else {
      throw error("A number of more than \(Self.maxNumberLength) characters", at: start)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let double = Double(text), double.isFinite else {
      throw error("The number is too large", at: start)
    }
    return JSONNumber(double: double, integer: Int(text) ?? Int(exactly: double))
  }

  /// Skips digits, at least one, and counts them.
  private mutating func digits() throws(JSONSyntaxError) -> Int {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw unexpected(after: ", expected a digit") }
    return position - start
  }

  mutating func word() throws(JSONSyntaxError) -> JSONValue {
    let start = position
    while let byte = next, Character(Unicode.Scalar(byte)).isWordCharacter { position += 1 }
    let word = String(decoding: bytes[start..<position], as: UTF8.self)
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    default: throw error("\(word.prefix(32)) is not JSON", at: start)
    }
  }
}

extension Character {
  fileprivate var isWordCharacter: Bool {
    switch self {
    case "A"..."Z", "a"..."z", "0"..."9", "_": true
    default: false
    }
  }
}
