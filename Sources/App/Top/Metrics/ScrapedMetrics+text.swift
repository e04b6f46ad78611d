extension ScrapedMetrics {
  /// Reads Prometheus' text format 0.0.4. What is malformed is passed over and counted: a reader of numbers is of
  /// no use when one line stops it.
  /// https://prometheus.io/docs/instrumenting/exposition_formats/
  ///
  /// - Parameter names: metrics to keep; nil keeps all.
  init(text bytes: [UInt8], keeping names: Set<String>? = nil) {
    self.init()
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      var line = MetricsLine(line)
      line.skipBlanks()
      if line.skip("#") {
        if let (name, kind) = line.kind(), names?.contains(name) ?? true {
          add(kind: kind, of: name)
        }
      } else if !line.isAtEnd {
        guard let sample = line.sample() else {
          addMalformedLine()
          continue
        }
        if names?.keeps(sample.name) ?? true { add(sample.name, sample.labels, sample.value) }
      }
    }
  }
}

extension Set<String> {
  /// Whether a sample belongs to one of these metrics.
  fileprivate func keeps(_ sample: String) -> Bool {
    if contains(sample) { return true }
    let ending = ["_bucket", "_sum", "_count"].first { sample.hasSuffix($0) }
    return ending.map { contains(String(sample.dropLast($0.count))) } ?? false
  }
}

/// One line of the text format, read from its front. Its end may have been CR LF.
private struct MetricsLine {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  var isAtEnd: Bool { position == bytes.endIndex }

  private var next: UInt8? { isAtEnd ? nil : bytes[position] }

  mutating func skipBlanks() { _ = take { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d } }

  mutating func skip(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  /// `TYPE name kind`; nil for every other comment.
  mutating func kind() -> (name: String, kind: String)? {
    skipBlanks()
    guard word() == "TYPE" else { return nil }
    skipBlanks()
    let name = word()
    skipBlanks()
    let kind = word()
    return name.isEmpty || kind.isEmpty ? nil : (name, kind)
  }

  /// `name{label="value",...} value timestamp`; labels and timestamp may be absent.
  mutating func sample() -> (name: String, labels: ScrapedMetrics.Labels, value: Double)? {
    guard let name = name(allowsColons: true) else { return nil }
    skipBlanks()
    var labels: ScrapedMetrics.Labels = [:]
    if skip("{") {
      guard let read = self.labels() else { return nil }
      labels = read
    }
    skipBlanks()
    guard let value = Double(word()) else { return nil }
    skipBlanks()
    if !isAtEnd {
      guard Int64(word()) != nil else { return nil }
      skipBlanks()
    }
    return isAtEnd ? (name, labels, value) : nil
  }

  /// What stands between the braces, and the closing one. A comma may follow the last label.
  private mutating func labels() -> ScrapedMetrics.Labels? {
    var labels: ScrapedMetrics.Labels = [:]
    while true {
      skipBlanks()
      if skip("}") { return labels }
      guard let name = name(allowsColons: false) else { return nil }
      skipBlanks()
      guard skip("=") else { return nil }
      skipBlanks()
      guard skip("\""), let value = quoted(), labels.updateValue(value, forKey: name) == nil
      else { return nil }
      skipBlanks()
      if skip("}") { return labels }
      guard skip(",") else { return nil }
    }
  }

  /// A label's value up to its closing quote. `\\`, `\"` and `\n` are escapes; any other keeps its backslash.
  private mutating func quoted() -> String? {
    var value: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: value, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = next else { return nil }
        position += 1
        switch escaped {
        case UInt8(ascii: "n"): value.append(0x0a)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): value.append(escaped)
        default: value += [byte, escaped]
        }
      default: value.append(byte)
      }
    }
    return nil
  }

  private mutating func name(allowsColons: Bool) -> String? {
    let name = take { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      case UInt8(ascii: ":"): allowsColons
      default: false
      }
    }
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return nil }
    return name
  }

  /// Everything up to a blank.
  private mutating func word() -> String {
    take { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }
  }

  private mutating func take(while belongs: (UInt8) -> Bool) -> String {
    let start = position
    while let byte = next, belongs(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }
}
