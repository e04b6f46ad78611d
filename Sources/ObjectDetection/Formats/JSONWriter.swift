/// Writes JSON in the order of the calls, with a fixed number of decimals: the same results always read
/// the same, byte for byte. Foundation's encoder neither keeps an order nor rounds.
struct JSONWriter {
  private(set) var text = ""
  private var needsComma = false

  mutating func object(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
    nested(key, "{", "}", body)
  }

  mutating func array(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
    nested(key, "[", "]", body)
  }

  mutating func string(_ key: String, _ value: String) {
    start(key)
    quote(value)
  }

  mutating func integer(_ key: String, _ value: Int) {
    start(key)
    text += String(value)
  }

  /// At most `places` digits after the point, without trailing zeros.
  mutating func number(_ key: String, _ value: some BinaryFloatingPoint, places: Int) {
    start(key)
    text += decimal(value, places: places, trimmed: true)
  }

  /// A number inside an array.
  mutating func element(_ value: some BinaryFloatingPoint, places: Int) {
    start(nil)
    text += decimal(value, places: places, trimmed: true)
  }

  private mutating func nested(
    _ key: String?, _ open: String, _ close: String, _ body: (inout JSONWriter) -> Void
  ) {
    start(key)
    text += open
    needsComma = false
    body(&self)
    text += close
    needsComma = true
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
    text += "\""
  }
}

/// A number in plain decimal notation, rounded half away from zero to `places` digits after the point.
///
/// Numbers that are not finite, or too large for 64 bits of the last place, become 0: boxes and
/// confidences never are.
func decimal(_ value: some BinaryFloatingPoint, places: Int, trimmed: Bool = false) -> String {
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
