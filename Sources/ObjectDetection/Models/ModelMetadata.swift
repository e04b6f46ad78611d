/// The key-value pairs that an exporter wrote into a model file, with Ultralytics' meaning.
///
/// Values are Python reprs: `names` = `{0: 'plane', 1: 'ship'}`, `imgsz` = `[640, 640]`, `task` = `detect`.
public struct ModelMetadata: Sendable, Equatable {
  public var values: [String: String]

  public init(_ values: [String: String] = [:]) { self.values = values }

  /// `detect`, `obb`, `segment` ...; nil when the file does not say (YOLOv5 exports).
  public var task: String? { values["task"] }

  /// Class names by id; nil when missing or unreadable.
  public var classNames: [String]? {
    guard let text = values["names"], let literal = PythonLiteral(parsing: text) else { return nil }
    switch literal {
    case .list(let items):
      return items.map(\.text)
    case .dictionary(let pairs):
      var names = Array(repeating: "", count: pairs.count)
      for pair in pairs {
        guard let id = Int(pair.key.text), names.indices.contains(id) else { return nil }
        names[id] = pair.value.text
      }
      return names
    case .scalar:
      return nil
    }
  }

  /// Writes class names as the exporters do; `classNames` reads them back.
  public mutating func setClassNames(_ names: [String]) {
    let quoted = names.map { name in
      "'" + name.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
    }
    values["names"] = "[" + quoted.joined(separator: ", ") + "]"
  }

  /// Input size: `[height, width]` or one number for both.
  public var inputSize: PixelSize? {
    guard let text = values["imgsz"], let literal = PythonLiteral(parsing: text) else { return nil }
    let numbers =
      switch literal {
      case .list(let items): items.compactMap { Int($0.text) }
      case .scalar(let number): Int(number).map { [$0, $0] } ?? []
      case .dictionary: [Int]()
      }
    guard numbers.count == 2, numbers.allSatisfy({ $0 > 0 }) else { return nil }
    return PixelSize(width: numbers[1], height: numbers[0])
  }

  /// The largest stride of the model in pixels; input sizes are multiples of it.
  public var stride: Int? {
    values["stride"].flatMap(Double.init).flatMap { Int(exactly: $0) }
  }
}

/// The part of Python's literal syntax that metadata use: strings, numbers, lists, tuples, dictionaries.
indirect enum PythonLiteral: Equatable {
  case scalar(String)
  case list([PythonLiteral])
  case dictionary([Pair])

  struct Pair: Equatable {
    var key: PythonLiteral
    var value: PythonLiteral
  }

  /// The text of a scalar, without quotes.
  var text: String {
    if case .scalar(let text) = self { text } else { "" }
  }

  /// nil when the text is not one literal.
  init?(parsing text: String) {
    var parser = PythonLiteralParser(text)
    guard let value = parser.value(depth: 0), parser.isAtEnd else { return nil }
    self = value
  }
}

private struct PythonLiteralParser {
  /// Metadata nest two levels; the bound keeps hostile files from exhausting the stack.
  private static let maxDepth = 8
  private let characters: [Character]
  private var position = 0

  init(_ text: String) { characters = Array(text) }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == characters.count
    }
  }

  mutating func value(depth: Int) -> PythonLiteral? {
    guard depth < Self.maxDepth else { return nil }
    skipSpace()
    guard position < characters.count else { return nil }
    switch characters[position] {
    case "{": return dictionary(depth: depth)
    case "[": return list(until: "]", depth: depth)
    case "(": return list(until: ")", depth: depth)
    case "'", "\"": return quoted()
    default: return bare()
    }
  }

  private mutating func dictionary(depth: Int) -> PythonLiteral? {
    var pairs: [PythonLiteral.Pair] = []
    position += 1
    while !take("}") {
      guard let key = value(depth: depth + 1), take(":"), let item = value(depth: depth + 1)
      else { return nil }
      pairs.append(PythonLiteral.Pair(key: key, value: item))
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    return .dictionary(pairs)
  }

  private mutating func list(until end: Character, depth: Int) -> PythonLiteral? {
    var items: [PythonLiteral] = []
    position += 1
    while !take(end) {
      guard let item = value(depth: depth + 1) else { return nil }
      items.append(item)
      if !take(",") {
        guard take(end) else { return nil }
        break
      }
    }
    return .list(items)
  }

  private mutating func quoted() -> PythonLiteral? {
    let quote = characters[position]
    var text = ""
    position += 1
    while position < characters.count, characters[position] != quote {
      if characters[position] == "\\", position + 1 < characters.count {
        position += 1
        let escapes: [Character: Character] = ["n": "\n", "t": "\t", "r": "\r"]
        text.append(escapes[characters[position]] ?? characters[position])
      } else {
        text.append(characters[position])
      }
      position += 1
    }
    guard position < characters.count else { return nil }
    position += 1
    return .scalar(text)
  }

  private mutating func bare() -> PythonLiteral? {
    let start = position
    while position < characters.count, !",:]})".contains(characters[position]) { position += 1 }
    guard position > start else { return nil }
    return .scalar(String(characters[start..<position]).trimmed)
  }

  private mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard position < characters.count, characters[position] == character else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < characters.count, characters[position].isWhitespace { position += 1 }
  }
}

extension String {
  fileprivate var trimmed: String {
    let head = drop(while: \.isWhitespace)
    return String(head.prefix(head.count - head.reversed().prefix(while: \.isWhitespace).count))
  }
}
