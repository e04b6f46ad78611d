import ObjectDetection

/// What SWI-Prolog made of a rule file.
enum PrologOutcome: Sendable, Equatable {
  /// All solutions, in their order.
  case table([ConfidenceModifier])
  /// The file is at fault: it will not be better next time.
  case refused(DetectionError)
  /// Something else is: a machine too busy, or without SWI-Prolog.
  case interrupted(DetectionError)

  /// - Throws: the error of the other two.
  func get() throws(DetectionError) -> [ConfidenceModifier] {
    switch self {
    case .table(let modifiers): return modifiers
    case .refused(let error), .interrupted(let error): throw error
    }
  }
}

/// Where in a rule file, both from 1. Columns count code points.
struct RulePosition: Equatable {
  var line: Int
  var column: Int
}

/// Reads the answer of `PrologDriver`, whose comment describes the records.
///
/// Lengths count code points, so that a name may hold whatever an atom may.
struct PrologAnswer {
  enum Record: Equatable {
    case pair(ConfidenceModifier)
    /// The position is nil where none is known.
    case error(RulePosition?, String)
    case done
  }

  private var rest: Substring.UnicodeScalarView

  init(_ text: String) { rest = Substring(text).unicodeScalars }

  /// The next record; nil where there is no complete one.
  mutating func next() -> Record? {
    guard let line = line() else { return nil }
    let fields = line.split(separator: " ")
    switch (fields.first, fields.count) {
    case ("done", 1): return .done
    case ("error", 3):
      guard let row = Int(fields[1]), let column = Int(fields[2]), let text = self.line() else {
        return nil
      }
      return .error(row > 0 ? RulePosition(line: row, column: column) : nil, text)
    case ("pair", 4):
      guard let first = Int(fields[1]).flatMap({ name($0) }),
        let second = Int(fields[2]).flatMap({ name($0) }), let weight = Double(fields[3]),
        rest.popFirst() == "\n"
      else { return nil }
      return .pair(ConfidenceModifier(first: first, second: second, weight: weight))
    default: return nil
    }
  }

  private mutating func line() -> String? {
    guard let end = rest.firstIndex(of: "\n") else { return nil }
    defer { rest = rest[rest.index(after: end)...] }
    return String(rest[..<end])
  }

  private mutating func name(_ length: Int) -> String? {
    guard length >= 0,
      let end = rest.index(rest.startIndex, offsetBy: length, limitedBy: rest.endIndex)
    else { return nil }
    defer { rest = rest[end...] }
    return String(rest[..<end])
  }
}

/// A rule file's text, made ready for SWI-Prolog.
enum RuleText {
  /// What Prolog itself would read wrongly without a word: nil if there is no such thing.
  static func problem(in bytes: some Sequence<UInt8>) -> (position: RulePosition, what: String)? {
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var position = RulePosition(line: 1, column: 1)
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .emptyInput: return nil
      case .error: return (position, "the text is not UTF-8")
      case .valid(let scalar):
        if scalar.elementsEqual([0]) { return (position, "there is a NUL byte in the text") }
        if scalar.elementsEqual([0x0A]) {
          position = RulePosition(line: position.line + 1, column: 1)
        } else {
          position.column += 1
        }
      }
    }
  }

  /// The text without the mark that some editors put before UTF-8.
  static func withoutByteOrderMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
  }
}
