/// Writes JSON in the order of the calls, with a fixed number of decimals: the same results always read
/// the same, byte for byte. Foundation's encoder neither keeps an order nor rounds.
public struct JSONWriter: Sendable {
  public private(set) var text = ""
  private var needsComma = false
  /// What ends each object, array or string that is open, the innermost last.
  private var closers: [String] = []

  public init() {}

  public mutating func object(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
    nested(key, "{", "}", body)
  }

  public mutating func array(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
    nested(key, "[", "]", body)
  }

  public mutating func string(_ key: String, _ value: String) {
    start(key)
    quote(value)
  }

  public mutating func integer(_ key: String, _ value: Int) {
    start(key)
    text += String(value)
  }

  public mutating func bool(_ key: String, _ value: Bool) {
    start(key)
    text += value ? "true" : "false"
  }

  public mutating func null(_ key: String) {
    start(key)
    text += "null"
  }

  /// A member whose value is JSON already.
  public mutating func raw(_ key: String, _ json: String) {
    start(key)
    text += json
  }

  /// A value inside an array that is JSON already.
  public mutating func rawElement(_ json: String) {
    start(nil)
    text += json
  }

  /// A string inside an array.
  public mutating func element(_ value: String) {
    start(nil)
    quote(value)
  }

  /// A whole number inside an array.
  public mutating func element(_ value: Int) {
    start(nil)
    text += String(value)
  }

  /// At most `places` digits after the point, without trailing zeros.
  public mutating func number(_ key: String, _ value: some BinaryFloatingPoint, places: Int) {
    start(key)
    text += decimal(value, places: places, trimmed: true)
  }

  /// A number inside an array.
  public mutating func element(_ value: some BinaryFloatingPoint, places: Int) {
    start(nil)
    text += decimal(value, places: places, trimmed: true)
  }

  private mutating func nested(
    _ key: String?, _ open: String, _ close: String, _ body: (inout JSONWriter) -> Void
  ) {
    begin(key, open, close)
    body(&self)
    end()
  }

  private mutating func start(_ key: String?) {
    if needsComma { text += "," }
    needsComma = true
    guard let key else { return }
    quote(key)
    text += ":"
  }

  private mutating func quote(_ value: String) {
    text += "\""
    escape(value)
    text += "\""
  }

  private mutating func escape(_ value: String) {
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7f}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}

/// Documents that are too large to be one string: what is open stays open while the text is taken away.
extension JSONWriter {
  public mutating func beginObject(_ key: String? = nil) { begin(key, "{", "}") }
  public mutating func beginArray(_ key: String? = nil) { begin(key, "[", "]") }
  /// A string whose characters follow by `continueString`.
  public mutating func beginString(_ key: String) { begin(key, "\"", "\"") }
  public mutating func continueString(_ piece: String) { escape(piece) }

  /// Closes what was begun last.
  public mutating func end() {
    text += closers.popLast() ?? ""
    needsComma = true
  }

  /// Closes everything that is open.
  public mutating func endAll() {
    while !closers.isEmpty { end() }
  }

  /// The text since the last call, which the writer forgets.
  public mutating func take() -> String {
    defer { text = "" }
    return text
  }

  private mutating func begin(_ key: String?, _ open: String, _ close: String) {
    start(key)
    text += open
    closers.append(close)
    needsComma = false
  }
}

/// A number in plain decimal notation, rounded half away from zero to `places` digits after the point.
///
/// Numbers that are not finite, or too large for 64 bits of the last place, become 0: boxes and
/// confidences never are.
public func decimal(_ value: some BinaryFloatingPoint, places: Int, trimmed: Bool = false) -> String
{
  let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
  let scaled = (Double(value) * Double(scale)).rounded()
  guard scaled.isFinite, abs(scaled) < 9e18 else { return "0" }
  let units = Int(scaled)
  let (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: UInt(scale))
  let sign = units < 0 ? "-" : ""
  guard places > 0, !(trimmed && fraction == 0) else { return "\(sign)\(whole)" }
  var digits = String(fraction)
  digits = String(repeating: "0", count: places - digits.count) + digits
  if trimmed { while digits.last == "0" { digits.removeLast() } }
  return "\(sign)\(whole).\(digits)"
}
