import TestSupport
import Testing

@testable import App

@Suite("ScreenLine")
struct ScreenLineTests {
  private var line: ScreenLine {
    var line = ScreenLine("harrier", .title)
    line.add(" 漢字 ")
    line.add("▁█…", .bad)
    return line
  }

  @Test("colours are escape codes around the pieces, and only where they are wanted")
  func colours() {
    #expect(
      line.text(colours: true, unicode: true)
        == "\u{1B}[1mharrier\u{1B}[0m 漢字 \u{1B}[1;31m▁█…\u{1B}[0m")
    #expect(line.text(colours: false, unicode: true) == "harrier 漢字 ▁█…")
  }

  @Test("without Unicode each column is one ASCII character")
  func ascii() {
    let text = line.text(colours: false, unicode: false)
    #expect(text == "harrier ???? _#~")
    #expect(text.count == line.columns)
  }

  @Test("a line is cut at a column, through all of its pieces")
  func cut() {
    #expect(line.columns == 16)
    #expect(line.cut(to: 16) == line)
    #expect(line.cut(to: 11).text(colours: false, unicode: true) == "harrier 漢…")
    #expect(line.cut(to: 7).text(colours: false, unicode: true) == "harrie…")
    #expect(line.cut(to: 0).columns == 0)
    for limit in 0...16 { #expect(line.cut(to: limit).columns <= limit) }
  }

  @Test("blanks at the end are left out without colours")
  func blanks() {
    var line = ScreenLine("a")
    line.fill(to: 10)
    #expect(line.columns == 10)
    #expect(line.text(colours: false, unicode: true) == "a")
  }

  @Test("no piece can hold an escape code of its own")
  func harmless() {
    let hostile = ScreenLine("\u{1B}[2J\u{9B}31m\r\n", .warning)
    #expect(
      hostile.text(colours: true, unicode: true)
        == "\u{1B}[33m\u{FFFD}[2J\u{FFFD}31m\u{FFFD}\u{FFFD}\u{1B}[0m")
  }
}
