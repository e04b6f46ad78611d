import Testing

@testable import App

@Suite("SanitizedFilename")
struct SanitizedFilenameTests {
  static let names = [
    ("image1.jpg", "image1.jpg"),
    (#"C:\x\a.jpg"#, "a.jpg"),
    (#"\\server\share\a.jpg"#, "a.jpg"),
    ("../../etc/passwd", "passwd"),
    (#"..\../a\b/c.jpg"#, "c.jpg"),
    ("/", "unnamed"), ("a/b/", "b"), ("a/..", "unnamed"), ("a/ ", "unnamed"),
    ("", "unnamed"), (" ", "unnamed"), (".", "unnamed"), ("..", "unnamed"), ("...", "unnamed"),
    (".\u{0}.", "unnamed"), (" .. ", "unnamed"), ("\u{202E}", "unnamed"),
    (".hidden.jpg", ".hidden.jpg"), ("a..jpg", "a..jpg"),
    ("  a b.jpg\t\u{3000}", "a b.jpg"),
    ("a\u{0}.jpg\r\nX: y\u{7F}\u{85}\u{1B}[31m", "a.jpgX: y[31m"),
    ("a\u{2028}b\u{2029}c", "abc"),
    // The override that makes "gpj.exe" read as "exe.jpg".
    ("photo\u{202E}gpj.exe", "photogpj.exe"),
    ("\u{2066}a\u{2069}\u{202A}b\u{202C}", "ab"),
    // Scripts, joiners and both forms of é stay as sent.
    ("日本語 🦅 שלום.jpg", "日本語 🦅 שלום.jpg"),
    ("👩‍🚀.png", "👩‍🚀.png"), ("می\u{200C}خواهم.png", "می\u{200C}خواهم.png"),
    ("a/\u{301}b", "\u{301}b"),
    ("<script>\"'&;|$`.jpg", "<script>\"'&;|$`.jpg"),
  ]

  @Test("a client's name loses path, controls and bidirectional overrides only", arguments: names)
  func sanitizes(sent: String, kept: String) {
    // Compared as scalars, since Swift takes both forms of é for the same.
    #expect(Array(SanitizedFilename(sent).value.unicodeScalars) == Array(kept.unicodeScalars))
  }

  @Test("decomposed letters are not composed")
  func noNormalization() {
    #expect(SanitizedFilename("e\u{301}.jpg").value.utf8.count == 7)
    #expect(SanitizedFilename("\u{E9}.jpg").value.utf8.count == 6)
  }

  static let long: [(String, String)] = [
    (String(repeating: "a", count: 255), String(repeating: "a", count: 255)),
    (String(repeating: "a", count: 300), String(repeating: "a", count: 255)),
    (String(repeating: "a", count: 300) + ".jpg", String(repeating: "a", count: 251) + ".jpg"),
    // 84 of 3 bytes are 252: the next would be 255, but the extension needs 4.
    (String(repeating: "日", count: 300) + ".jpg", String(repeating: "日", count: 83) + ".jpg"),
    // 4 bytes each: 63 are 252.
    (String(repeating: "🦅", count: 300), String(repeating: "🦅", count: 63)),
    // 11 bytes each: 22 are 242, and none is cut in two.
    (String(repeating: "👩‍🚀", count: 300) + ".tiff", String(repeating: "👩‍🚀", count: 22) + ".tiff"),
    // One character of 401 bytes has to be cut inside.
    (
      "e" + String(repeating: "\u{301}", count: 200), "e" + String(repeating: "\u{301}", count: 127)
    ),
    // What follows the dot is a sentence.
    ("a." + String(repeating: "b", count: 300), "a." + String(repeating: "b", count: 253)),
    ("." + String(repeating: "b", count: 300), "." + String(repeating: "b", count: 254)),
    // A cut does not leave a space at the end.
    (String(repeating: "a", count: 254) + " bcd", String(repeating: "a", count: 254)),
  ]

  @Test("a name of more than 255 bytes is cut between characters, before its extension")
  func lengths() {
    for (sent, kept) in Self.long {
      let found = SanitizedFilename(sent).value
      #expect(Array(found.unicodeScalars) == Array(kept.unicodeScalars), "\(sent.prefix(3))")
      #expect(found.utf8.count <= 255)
    }
  }

  @Test("a name made safe stays as it is when made safe again", arguments: names.map(\.0))
  func idempotent(sent: String) {
    let once = SanitizedFilename(sent)
    #expect(SanitizedFilename(once.value) == once)
  }
}
