/// A course of numbers in one line of block characters.
enum Sparkline {
  private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// What stands for block characters, and for the mark of a cut, where there is only ASCII.
  static let inASCII: [Unicode.Scalar: String] = [
    "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "█": "#", "…": "~",
  ]

  /// A character a value, the lowest for 0 and the highest for `top`; a blank for what is unknown.
  static func text(_ values: [Double?], top: Double) -> String {
    String(
      values.map { value -> Character in
        guard let value, value.isFinite else { return " " }
        guard top > 0, value > 0 else { return levels[0] }
        // Anything above 0 differs from 0.
        let level = Int((min(value / top, 1) * Double(levels.count - 1)).rounded())
        return levels[max(1, level)]
      })
  }
}
