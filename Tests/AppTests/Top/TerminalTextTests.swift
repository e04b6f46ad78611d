import TestSupport
import Testing

@testable import App

@Suite("TerminalText")
struct TerminalTextTests {
  /// Widths are those of Python's wcwidth 0.7 (`wcswidth`), a peer, for what is left of the text.
  @Test(
    "wide characters take two columns, marks none, and what terminals differ about is made plain",
    arguments: [
      ("image2.png", "image2.png", 10), ("漢字.jpg", "漢字.jpg", 8), ("ｶﾅ", "ｶﾅ", 2), ("ＡＢ", "ＡＢ", 4),
      ("한국어", "한국어", 6), ("é", "é", 1), ("e\u{301}", "e\u{301}", 1), ("ä̈", "ä̈", 1),
      ("😀.png", "😀.png", 6), ("⌚", "⌚", 2), ("❤", "❤", 1), ("❤\u{FE0F}", "❤", 1),
      ("👨\u{200D}👩\u{200D}👧", "👨👩👧", 6), ("👍🏽", "👍", 2), ("🇩🇪", "🇩🇪", 2),
      ("1\u{FE0F}\u{20E3}", "1\u{20E3}", 1),
      ("\u{1112}\u{1161}\u{11AB}", "\u{1112}\u{1161}\u{11AB}", 2),
      ("สวัสดี", "สวัสดี", 4), ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴", 2), ("a\u{3000}b", "a b", 3), ("a\u{AD}b", "ab", 2),
      ("¡±", "¡±", 2), ("", "", 0),
    ])
  func widths(text: String, harmless: String, columns: Int) {
    #expect(text.harmless == harmless)
    #expect(text.harmless.columns == columns)
  }

  @Test(
    "what a terminal would obey is shown as replacement characters, or goes",
    arguments: [
      ("\u{1B}[31mred", "\u{FFFD}[31mred"), ("\u{1B}]0;title\u{07}", "\u{FFFD}]0;title\u{FFFD}"),
      ("a\u{9B}2J", "a\u{FFFD}2J"),
      ("a\r\nb\tc\u{0}\u{7F}\u{85}", "a\u{FFFD}\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}\u{FFFD}"),
      ("a\u{202E}gpj.exe\u{2066}\u{200F}", "agpj.exe"),
      ("a\u{2028}b\u{2029}", "a\u{FFFD}b\u{FFFD}"),
      ("a\u{200B}\u{FEFF}\u{2060}b", "ab"), ("\u{E000}\u{F8FF}", "\u{FFFD}\u{FFFD}"),
      ("\u{3164}a", "a"), ("a\u{A0}b", "a b"),
    ])
  func control(text: String, harmless: String) { #expect(text.harmless == harmless) }

  @Test("marks without a letter go, and no letter has more than three")
  func marks() {
    #expect("\u{301}\u{302}a".harmless == "a")
    #expect(("a" + String(repeating: "\u{301}", count: 50)).harmless.unicodeScalars.count == 4)
    #expect("\u{1B}\u{301}".harmless == "\u{FFFD}\u{301}")
  }

  @Test("a name of megabytes is cut before anything is done with it")
  func huge() { #expect(String(repeating: "漢", count: 1_000_000).harmless.columns == 8192) }

  @Test(
    "a text is cut by columns, with a mark, and never in the middle of a wide character",
    arguments: [
      ("image.png", 9, "image.png"), ("image.png", 8, "image.p…"), ("漢字漢字", 8, "漢字漢字"),
      ("漢字漢字", 7, "漢字漢…"), ("漢字漢字", 6, "漢字…"), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
      ("ab", 1, "…"), ("ab", 0, ""), ("漢", 1, "…"), ("", 0, ""),
    ])
  func cut(text: String, columns: Int, expected: String) {
    #expect(text.cut(to: columns) == expected)
  }

  @Test(
    "a text may be cut inside, so that its end is kept",
    arguments: [
      ("Running sliced inference on image2.png", 38, "Running sliced inference on image2.png"),
      ("Running sliced inference on image2.png", 24, "Running sl…on image2.png"),
      ("漢字漢字漢字", 9, "漢字…漢字"), ("漢字漢字漢字", 8, "漢字…字"), ("image2.png", 5, "im…ng"),
      ("abcdef", 3, "ab…"), ("abcdef", 2, "a…"), ("abcdef", 0, ""),
      ("abcde\u{301}f", 5, "ab…e\u{301}f"), ("abcdefghe\u{301}", 4, "ab…e\u{301}"),
      ("abcd漢\u{301}f", 5, "abc…f"),
    ])
  func cutInside(text: String, columns: Int, expected: String) {
    #expect(text.cutInside(to: columns) == expected)
    #expect(text.cutInside(to: columns).columns <= columns)
  }

  @Test("a text is filled up to a width, at either side")
  func padded() {
    #expect("漢".padded(to: 4) == "漢  ")
    #expect("漢".padded(to: 4, right: true) == "  漢")
    #expect("漢字漢".padded(to: 4) == "漢… ")
  }

  @Test(
    "whatever comes in, what goes out steers no terminal and keeps to its width",
    arguments: [1, UInt64.random(in: 2...UInt64.max)])
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        let limit: UInt32 = [0x80, 0x3000, 0x30000, 0x110000].randomElement(using: &random) ?? 0
        let value = UInt32.random(in: 0..<limit, using: &random)
        if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
      }
      let columns = Int.random(in: 0...20, using: &random)
      let shown = text.harmless.cut(to: columns)
      #expect(shown.columns <= columns, "seed \(seed): \(text.debugDescription)")
      #expect(
        shown.unicodeScalars.filter(\.steers).isEmpty, "seed \(seed): \(text.debugDescription)")
      #expect(shown.harmless == shown, "seed \(seed): \(text.debugDescription)")
    }
  }
}

extension Unicode.Scalar {
  /// C0, C1, DEL, and marks of direction.
  var steers: Bool {
    value < 0x20 || (0x7f...0x9f).contains(value) || (0x200b...0x200f).contains(value)
      || (0x2028...0x202e).contains(value) || (0x2066...0x2069).contains(value)
  }
}
