import Foundation

/// What standard output can show.
struct TerminalLook: Sendable {
  /// Where nobody says another one.
  private static let standardSize = (columns: 80, rows: 24)

  /// Whether it is a terminal that can be drawn on.
  let isScreen: Bool
  let usesColours: Bool
  let usesUnicode: Bool

  init(environment: [String: String]) {
    let term = environment["TERM"] ?? ""
    isScreen = isatty(STDOUT_FILENO) == 1 && !["", "dumb"].contains(term)
    // https://no-color.org: set and not empty.
    usesColours = isScreen && (environment["NO_COLOR"] ?? "").isEmpty
    // The first of these that is set decides (locale(7)).
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
    let name = (locale ?? "").lowercased()
    usesUnicode = name.contains("utf-8") || name.contains("utf8")
  }

  /// Of the terminal of standard output; the standard one when it is none, or does not know.
  static func size() -> (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return standardSize }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
