/// One line of the screen: pieces of text, each in its style. Whatever comes in is made harmless here, so that no
/// name of a client's file reaches the terminal otherwise.
public struct ScreenLine: Sendable, Equatable {
  /// What a piece of text is.
  enum Style: Sendable, Equatable {
    case plain, title, quiet, good, warning, bad
  }

  struct Piece: Sendable, Equatable {
    let text: String
    var style: Style
  }

  private(set) var pieces: [Piece] = []

  init() {}

  init(_ text: String, _ style: Style = .plain) { add(text, style) }

  var columns: Int { pieces.reduce(0) { $0 + $1.text.columns } }

  mutating func add(_ text: String, _ style: Style = .plain) {
    pieces.append(Piece(text: text.harmless, style: style))
  }

  mutating func add(_ line: ScreenLine) { pieces += line.pieces }

  /// Blanks up to a column, from 0.
  mutating func fill(to column: Int) {
    if columns < column { add(String(repeating: " ", count: column - columns)) }
  }

  /// At most so many columns.
  func cut(to limit: Int) -> ScreenLine {
    guard columns > limit else { return self }
    var line = ScreenLine()
    for piece in pieces {
      let left = limit - line.columns
      guard piece.text.columns >= left else {
        line.pieces.append(piece)
        continue
      }
      // More follows, even where this piece would fit.
      line.add((piece.text + "…").cut(to: left), piece.style)
      break
    }
    return line
  }

  /// All of it in one style.
  func styled(_ style: Style) -> ScreenLine {
    var line = self
    for index in line.pieces.indices { line.pieces[index].style = style }
    return line
  }

  /// For a terminal or a file: escape codes only with colours; without Unicode each column is one ASCII character.
  public func text(colours: Bool, unicode: Bool) -> String {
    var text = ""
    for piece in pieces {
      let plain = unicode ? piece.text : piece.text.inASCII
      if colours, let code = piece.style.code {
        text += "\u{1B}[\(code)m\(plain)\u{1B}[0m"
      } else {
        text += plain
      }
    }
    // Blanks at the end would only be copied along.
    return colours ? text : String(text.reversed().drop { $0 == " " }.reversed())
  }
}

extension ScreenLine.Style {
  /// Of ECMA-48's SGR: bold, faint, and the colours that every palette keeps apart from its ground.
  fileprivate var code: String? {
    switch self {
    case .plain: nil
    case .title: "1"
    case .quiet: "2"
    case .good: "32"
    case .warning: "33"
    case .bad: "1;31"
    }
  }
}

extension String {
  /// One character for each column, for terminals that know no others.
  fileprivate var inASCII: String {
    guard unicodeScalars.contains(where: { !$0.isASCII }) else { return self }
    return unicodeScalars.map { scalar in
      if scalar.isASCII { return String(scalar) }
      return Sparkline.inASCII[scalar] ?? String(repeating: "?", count: String(scalar).columns)
    }.joined()
  }
}
