/// Text with XML's special characters escaped and control characters, which XML forbids, left out.
func xmlText(_ text: String) -> String {
  var escaped = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": escaped += "&amp;"
    case "<": escaped += "&lt;"
    case ">": escaped += "&gt;"
    case "\"": escaped += "&quot;"
    case "\u{0}"..<"\u{20}", "\u{fffe}", "\u{ffff}": continue
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}
