/// Reads the headers of one part, a byte at a time, up to the empty line.
///
/// Keeps one line at most. Only Content-Disposition, Content-Type and Content-Transfer-Encoding
/// have a meaning (RFC 7578, 4.8); the others are checked for their form and forgotten.
struct PartHeaderReader: Sendable {
  private let limits: MultipartLimits
  private var line: [UInt8] = []
  private var byteCount = 0
  private var headerCount = 0
  private var endsWithCarriageReturn = false
  private var disposition: ContentDisposition?
  private var contentType: String?
  private var hasTransferEncoding = false

  init(limits: MultipartLimits) { self.limits = limits }

  var heldBackBytes: Int { line.count }

  /// Makes it ready for the next part.
  mutating func reset() {
    line.removeAll(keepingCapacity: true)
    byteCount = 0
    headerCount = 0
    endsWithCarriageReturn = false
    disposition = nil
    contentType = nil
    hasTransferEncoding = false
  }

  /// Takes the next byte; the headers, when it is the last one of the empty line.
  mutating func read(_ byte: UInt8) throws(MultipartPartFault) -> MultipartPartHeaders? {
    try count(byte)
    switch (byte, endsWithCarriageReturn) {
    case (UInt8(ascii: "\n"), true):
      endsWithCarriageReturn = false
      if line.isEmpty { return try complete() }
      try readLine()
      line.removeAll(keepingCapacity: true)
    case (UInt8(ascii: "\n"), false), (_, true): throw .bareLineEnd
    case (UInt8(ascii: "\r"), false): endsWithCarriageReturn = true
    case (0, _): throw .malformedHeader
    default: line.append(byte)
    }
    return nil
  }

  /// Counts a byte against the limit of the headers.
  mutating func count(_ byte: UInt8) throws(MultipartPartFault) {
    byteCount += 1
    guard byteCount <= limits.headerBytes else { throw .headersTooLong(limit: limits.headerBytes) }
  }

  private mutating func readLine() throws(MultipartPartFault) {
    guard line[0] != UInt8(ascii: " "), line[0] != UInt8(ascii: "\t") else { throw .foldedHeader }
    headerCount += 1
    guard headerCount <= limits.headersPerPart else {
      throw .tooManyHeaders(limit: limits.headersPerPart)
    }
    // No space before the colon: some readers would take the name without it, others not (RFC 9112,
    // 5.1).
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      line[..<colon].allSatisfy(HeaderParameters.isToken)
    else { throw .malformedHeader }
    let value = Array(line[(colon + 1)...].trimmingBlanks())
    switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
    case "content-disposition":
      guard disposition == nil else { throw .duplicateHeader("Content-Disposition") }
      disposition = try ContentDisposition(value)
    case "content-type":
      guard contentType == nil else { throw .duplicateHeader("Content-Type") }
      contentType = String(headerText: value)
    case "content-transfer-encoding":
      guard !hasTransferEncoding else { throw .duplicateHeader("Content-Transfer-Encoding") }
      hasTransferEncoding = true
      // Deprecated by RFC 7578, 4.7. Anything else would make us store the encoding as the file.
      guard ["binary", "8bit", "7bit"].contains(String(headerText: value).lowercased()) else {
        throw .encodedContent
      }
    default: break
    }
  }

  private func complete() throws(MultipartPartFault) -> MultipartPartHeaders {
    guard let disposition else { throw .missingDisposition }
    return MultipartPartHeaders(
      name: disposition.name, filename: disposition.filename, contentType: contentType)
  }
}
