/// Text for a terminal: how wide it is there, and without what would steer it.
extension String {
  /// More than any line of a screen has; a client's file name may have megabytes.
  private static let maxHarmlessScalars = 4096
  /// Scripts need two or three marks on a letter; hundreds would cover the lines around it.
  private static let maxMarks = 3

  /// The text without anything that a terminal obeys or that has no width of its own: control characters
  /// become `\u{FFFD}`, invisible ones (joiners, variation selectors, marks of direction) go. What is left has a
  /// width that all terminals agree about: a joined emoji is shown as its parts.
  var harmless: String {
    var result = ""
    var marks = Self.maxMarks
    for scalar in unicodeScalars.prefix(Self.maxHarmlessScalars) {
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark:
        guard marks < Self.maxMarks, !scalar.properties.isDefaultIgnorableCodePoint else {
          continue
        }
        marks += 1
        result.unicodeScalars.append(scalar)
        continue
      case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
        result.unicodeScalars.append("\u{FFFD}")
      case .format:
        continue
      case .spaceSeparator:
        result.unicodeScalars.append(" ")
      default:
        if scalar.properties.isDefaultIgnorableCodePoint || scalar.isSkinTone { continue }
        result.unicodeScalars.append(scalar)
      }
      marks = 0
    }
    return result
  }

  /// Columns of a harmless text.
  var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

  /// A harmless text in at most so many columns; `…` says that something is missing.
  func cut(to limit: Int) -> String {
    guard columns > limit else { return self }
    guard limit > 0 else { return "" }
    var result = ""
    var used = 0
    for scalar in unicodeScalars {
      used += scalar.columns
      // The last column is that of the mark.
      guard used < limit else { break }
      result.unicodeScalars.append(scalar)
    }
    return result + "…"
  }

  /// As `cut(to:)`, but the mark stands inside: the end of a name says more than its middle.
  func cutInside(to limit: Int) -> String {
    guard columns > limit, limit > 2 else { return cut(to: limit) }
    var end = ""
    // The mark is at the end of the first part.
    for scalar in unicodeScalars.reversed() {
      guard end.columns + scalar.columns <= limit * 3 / 5 - 1 else { break }
      end.unicodeScalars.insert(scalar, at: end.unicodeScalars.startIndex)
    }
    // A mark must not lose its letter.
    while let first = end.unicodeScalars.first, first.columns == 0 {
      end.unicodeScalars.removeFirst()
    }
    let start = String(unicodeScalars.dropLast(end.unicodeScalars.count))
    return start.cut(to: limit - end.columns) + end
  }

  /// A harmless text in exactly so many columns.
  func padded(to width: Int, right: Bool = false) -> String {
    let text = cut(to: width)
    let blanks = String(repeating: " ", count: max(0, width - text.columns))
    return right ? blanks + text : text + blanks
  }
}

extension Unicode.Scalar {
  /// Of a terminal: 0 for what is put upon the character before, 2 for wide ones.
  fileprivate var columns: Int {
    if value < 0x300 { return 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    // Vowels and final consonants of Hangul are put into the syllable that the first one began.
    if (0x1160...0x11ff).contains(value) || (0xd7b0...0xd7ff).contains(value) { return 0 }
    return isWide ? 2 : 1
  }

  /// Changes the colour of the emoji before, or is an emoji by itself: terminals differ.
  fileprivate var isSkinTone: Bool { (0x1f3fb...0x1f3ff).contains(value) }

  private var isWide: Bool {
    var (low, high) = (0, wideRanges.count)
    while low < high {
      let middle = (low + high) / 2
      if wideRanges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < wideRanges.count && wideRanges[low].contains(value)
  }
}

/// Wide and fullwidth characters of EastAsianWidth.txt, Unicode 17. Ranges run on over unassigned characters and
/// marks between them, which are looked at before.
private let wideRanges: [ClosedRange<UInt32>] = [
  0x1100...0x115f, 0x231a...0x231b, 0x2329...0x232a, 0x23e9...0x23ec, 0x23f0...0x23f0,
  0x23f3...0x23f3, 0x25fd...0x25fe, 0x2614...0x2615, 0x2630...0x2637, 0x2648...0x2653,
  0x267f...0x267f, 0x268a...0x268f, 0x2693...0x2693, 0x26a1...0x26a1, 0x26aa...0x26ab,
  0x26bd...0x26be, 0x26c4...0x26c5, 0x26ce...0x26ce, 0x26d4...0x26d4, 0x26ea...0x26ea,
  0x26f2...0x26f3, 0x26f5...0x26f5, 0x26fa...0x26fa, 0x26fd...0x26fd, 0x2705...0x2705,
  0x270a...0x270b, 0x2728...0x2728, 0x274c...0x274c, 0x274e...0x274e, 0x2753...0x2755,
  0x2757...0x2757, 0x2795...0x2797, 0x27b0...0x27b0, 0x27bf...0x27bf, 0x2b1b...0x2b1c,
  0x2b50...0x2b50, 0x2b55...0x2b55, 0x2e80...0x3029, 0x3030...0x303e, 0x3041...0x3163,
  0x3165...0x3247, 0x3250...0xa4c6, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff,
  0xfe10...0xfe6b, 0xff01...0xff60, 0xffe0...0xffe6, 0x16fe0...0x16fe3, 0x16ff2...0x18df2,
  0x1aff0...0x1b2fb, 0x1d300...0x1d376, 0x1f004...0x1f004, 0x1f0cf...0x1f0cf, 0x1f18e...0x1f18e,
  0x1f191...0x1f19a, 0x1f200...0x1f320, 0x1f32d...0x1f335, 0x1f337...0x1f37c, 0x1f37e...0x1f393,
  0x1f3a0...0x1f3ca, 0x1f3cf...0x1f3d3, 0x1f3e0...0x1f3f0, 0x1f3f4...0x1f3f4, 0x1f3f8...0x1f43e,
  0x1f440...0x1f440, 0x1f442...0x1f4fc, 0x1f4ff...0x1f53d, 0x1f54b...0x1f54e, 0x1f550...0x1f567,
  0x1f57a...0x1f57a, 0x1f595...0x1f596, 0x1f5a4...0x1f5a4, 0x1f5fb...0x1f64f, 0x1f680...0x1f6c5,
  0x1f6cc...0x1f6cc, 0x1f6d0...0x1f6d2, 0x1f6d5...0x1f6df, 0x1f6eb...0x1f6ec, 0x1f6f4...0x1f6fc,
  0x1f7e0...0x1f7f0, 0x1f90c...0x1f93a, 0x1f93c...0x1f945, 0x1f947...0x1f9ff, 0x1fa70...0x1faf8,
  0x20000...0x3fffd,
]
