/// The Content-Disposition header of a part: `form-data; name="..."; filename="..."`.
///
/// Source: RFC 7578, 4.2; the HTML standard, "multipart/form-data encoding algorithm"; RFC 5987 for
/// `filename*`, which RFC 7578 does not want but some clients send; it is preferred, as in RFC
/// 6266.
struct ContentDisposition: Sendable, Equatable {
  let name: String
  let filename: String?

  init(_ value: [UInt8]) throws(MultipartPartFault) {
    let header: HeaderParameters
    do {
      header = try HeaderParameters(value)
    } catch {
      switch error {
      case .duplicate(let name): throw .duplicateParameter(name)
      case .malformed: throw .malformedParameters
      }
    }
    guard header.type == "form-data" else { throw .notFormData }
    // Continuations (filename*0, RFC 2231) are not part of RFC 5987; to ignore them would lose the
    // name.
    guard header.names.allSatisfy({ !$0.dropLast().contains("*") }) else {
      throw .malformedParameters
    }
    guard let name = try Self.text("name", of: header) else { throw .missingName }
    self.name = name
    filename = try Self.text("filename", of: header)
  }

  private static func text(
    _ name: String, of header: HeaderParameters
  ) throws(MultipartPartFault) -> String? {
    if let extended = header["\(name)*"] {
      guard let text = extendedText(extended) else { throw .malformedExtendedValue }
      return text
    }
    return header[name].map { String(headerText: withoutBrowserEscapes($0)) }
  }

  /// Undoes the three escapes of browsers and of curl since 7.81. Nothing else is percent-encoded
  /// there, the percent sign itself included, so nothing else is decoded.
  private static func withoutBrowserEscapes(_ value: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(value.count)
    var rest = value[...]
    while let byte = rest.popFirst() {
      switch (byte, rest.first, rest.dropFirst().first) {
      case (UInt8(ascii: "%"), UInt8(ascii: "2"), UInt8(ascii: "2")):
        result.append(UInt8(ascii: "\""))
        rest = rest.dropFirst(2)
      case (UInt8(ascii: "%"), UInt8(ascii: "0"), UInt8(ascii: "D")):
        result.append(UInt8(ascii: "\r"))
        rest = rest.dropFirst(2)
      case (UInt8(ascii: "%"), UInt8(ascii: "0"), UInt8(ascii: "A")):
        result.append(UInt8(ascii: "\n"))
        rest = rest.dropFirst(2)
      default: result.append(byte)
      }
    }
    return result
  }

  /// `charset'language'percent-encoded`; nil when it is not that. RFC 5987 names the two character
  /// sets.
  private static func extendedText(_ value: [UInt8]) -> String? {
    let fields = value.split(
      separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3, let bytes = percentDecoded(fields[2]) else { return nil }
    switch String(decoding: fields[0], as: UTF8.self).lowercased() {
    case "utf-8": return String(validating: bytes, as: UTF8.self)
    case "iso-8859-1": return String(latin1: bytes)
    default: return nil
    }
  }

  private static func percentDecoded(_ value: ArraySlice<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    var rest = value
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexDigit),
        let low = rest.popFirst().flatMap(hexDigit)
      else { return nil }
      result.append(high << 4 | low)
    }
    return result
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
  }
}
