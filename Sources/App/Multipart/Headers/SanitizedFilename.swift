/// A client's file name made safe to show, to log and to write into an archive. Never a path.
///
/// The last component behind `/` and `\`, without control characters, line separators and
/// bidirectional embeddings, overrides and isolates (Unicode Technical Report 36, 2.5.3), trimmed,
/// at most 255 bytes. Any other Unicode is kept as sent, not normalized. A leading dot stays; a
/// name of nothing but dots, or of nothing at all, becomes `unnamed`.
struct SanitizedFilename: Sendable, Hashable, CustomStringConvertible {
  /// The longest name that common file systems take (NAME_MAX).
  static let maxBytes = 255

  let value: String

  init(_ clientName: String) {
    let isSeparator: (Unicode.Scalar) -> Bool = { $0 == "/" || $0 == "\\" }
    let component = clientName.unicodeScalars.split(whereSeparator: isSeparator).last ?? []
    let visible = component.filter { !Self.isRemoved($0) }
    let name = Self.trimmed(Self.shortened(Self.trimmed(String(String.UnicodeScalarView(visible)))))
    value = name.unicodeScalars.allSatisfy { $0 == "." } ? "unnamed" : name
  }

  var description: String { value }

  private static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
  }

  private static func trimmed(_ name: String) -> String {
    let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    guard let end = name.unicodeScalars.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(name.unicodeScalars[...end].drop(while: isSpace))
  }

  /// Cuts the name's end off, but not its extension, which programs go by.
  private static func shortened(_ name: String) -> String {
    guard name.utf8.count > maxBytes else { return name }
    // An extension longer than 16 bytes is the end of a sentence, not an extension.
    let dot = name.unicodeScalars.lastIndex(of: ".").flatMap { dot in
      dot > name.startIndex && name[dot...].utf8.count <= 16 ? dot : nil
    }
    let end = dot ?? name.endIndex
    return prefix(of: name[..<end], maxBytes: maxBytes - name[end...].utf8.count) + name[end...]
  }

  /// Ends between two characters as people see them; inside one only when it alone is too long.
  private static func prefix(of name: Substring, maxBytes: Int) -> String {
    var byteCount = 0
    let characters = name.prefix { character in
      byteCount += character.utf8.count
      return byteCount <= maxBytes
    }
    guard characters.isEmpty else { return String(characters) }
    byteCount = 0
    let scalars = name.unicodeScalars.prefix { scalar in
      byteCount += UTF8.width(scalar)
      return byteCount <= maxBytes
    }
    return String(scalars)
  }
}
