/// Cuts a `multipart/form-data` body into its parts while it arrives. Source: RFC 7578, RFC 2046.
///
/// Bytes in, events out: no I/O, no clock, and no memory beside the header line that is being read.
/// The content of a part is handed on as it lies in the input. What may be the start of a delimiter
/// is held back as a count of bytes, since those bytes are the delimiter's own.
///
/// It is as strict as the RFCs where two readers could see different parts in one body: lines end
/// with CRLF (bare LF and CR are errors), headers are not folded, and `CRLF--boundary` is a
/// delimiter wherever it stands; with anything but a line end or `--` behind it, the body is
/// refused. It is lenient where there is only one reading: spaces and tabs behind a boundary, an
/// epilogue, no line end after it.
struct MultipartParser: Sendable {
  private enum Phase {
    case preamble
    case content
    /// Behind `CRLF--boundary`.
    case boundary
    /// Behind `CRLF--boundary-`.
    case hyphen
    case padding
    case lineFeed
    case headers
    case closingPadding
    case closingLineFeed
    case epilogue
  }

  private let delimiter: [UInt8]
  private let limits: MultipartLimits
  private var phase = Phase.preamble
  private var headers: PartHeaderReader
  /// How many bytes of the delimiter the input ends with. The first boundary has no CRLF before it,
  /// and that of an empty part may share the headers' last one: there the CRLF counts as seen.
  private var matched = 2
  /// How many of the matched bytes are not content should the rest not follow.
  private var borrowed = 2
  private var partNumber = 0
  private var preambleCount = 0
  private var isEmpty = true
  private var failure: (any Error)?

  init(boundary: MultipartBoundary, limits: MultipartLimits = MultipartLimits()) {
    delimiter = boundary.delimiter
    self.limits = limits
    headers = PartHeaderReader(limits: limits)
  }

  /// The bytes of the input that no event has told of yet and that are kept for the next call: less
  /// than a delimiter, or a header line.
  var heldBackBytes: Int {
    switch phase {
    case .preamble, .content: matched - borrowed
    case .headers: headers.heldBackBytes
    default: 0
    }
  }

  /// Reads the next bytes of the body. After an error, its own or the handler's, every call throws
  /// it.
  mutating func parse(
    _ bytes: UnsafeRawBufferPointer, handle: (MultipartEvent) throws -> Void
  ) throws {
    if let failure { throw failure }
    do {
      var position = 0
      while position < bytes.count {
        isEmpty = false
        switch phase {
        case .preamble, .content: position = try search(bytes, from: position, handle)
        case .epilogue: return
        default:
          try read(bytes[position], handle)
          position += 1
        }
      }
    } catch {
      failure = error
      throw error
    }
  }

  mutating func parse(
    _ bytes: ArraySlice<UInt8>, handle: (MultipartEvent) throws -> Void
  ) throws {
    try bytes.withUnsafeBytes { try parse($0, handle: handle) }
  }

  /// Says that the body has ended. Throws when its closing boundary has not come, or what `parse`
  /// threw.
  func finish() throws {
    if let failure { throw failure }
    switch phase {
    case .preamble: throw isEmpty ? MultipartError.emptyBody : .boundaryNotFound
    case .closingPadding, .closingLineFeed, .epilogue: return
    default: throw MultipartError.truncated(part: max(partNumber, 1))
    }
  }

  // MARK: Content

  /// Hands on what comes before the next delimiter; returns where to go on reading.
  private mutating func search(
    _ bytes: UnsafeRawBufferPointer, from start: Int, _ handle: (MultipartEvent) throws -> Void
  ) throws -> Int {
    guard matched == 0 else { return try continueMatch(bytes, from: start, handle) }
    switch DelimiterSearch.first(delimiter, in: bytes, from: start) {
    case .absent:
      try pass(bytes[start...], handle)
      return bytes.count
    case .beginning(let end):
      try pass(bytes[start..<end], handle)
      matched = bytes.count - end
      return bytes.count
    case .whole(let end):
      try pass(bytes[start..<end], handle)
      try delimiterEnded(handle)
      return end + delimiter.count
    }
  }

  /// Compares with the rest of a delimiter whose beginning was in the bytes before.
  private mutating func continueMatch(
    _ bytes: UnsafeRawBufferPointer, from start: Int, _ handle: (MultipartEvent) throws -> Void
  ) throws -> Int {
    var position = start
    while position < bytes.count, matched < delimiter.count,
      bytes[position] == delimiter[matched]
    {
      matched += 1
      position += 1
    }
    if matched == delimiter.count {
      try delimiterEnded(handle)
    } else if position < bytes.count {
      let held = borrowed..<matched
      matched = 0
      borrowed = 0
      try delimiter.withUnsafeBytes { try pass($0[held], handle) }
    }
    return position
  }

  private mutating func pass(
    _ bytes: Slice<UnsafeRawBufferPointer>, _ handle: (MultipartEvent) throws -> Void
  ) throws {
    guard !bytes.isEmpty else { return }
    if phase == .content {
      try handle(.partBytes(UnsafeRawBufferPointer(rebasing: bytes)))
    } else {
      preambleCount += bytes.count
      guard preambleCount <= limits.preambleBytes else {
        throw MultipartError.preambleTooLong(limit: limits.preambleBytes)
      }
    }
  }

  private mutating func delimiterEnded(_ handle: (MultipartEvent) throws -> Void) throws {
    if phase == .content { try handle(.partEnded) }
    phase = .boundary
    headers.reset()
  }

  // MARK: Boundary lines and headers

  private mutating func read(
    _ byte: UInt8, _ handle: (MultipartEvent) throws -> Void
  ) throws {
    switch (phase, byte) {
    case (.headers, _): try readHeader(byte, handle)
    case (.boundary, UInt8(ascii: "-")): phase = .hyphen
    case (.hyphen, UInt8(ascii: "-")):
      phase = .closingPadding
      try handle(.finished)
    case (.boundary, UInt8(ascii: " ")), (.boundary, UInt8(ascii: "\t")),
      (.padding, UInt8(ascii: " ")), (.padding, UInt8(ascii: "\t")):
      phase = .padding
      try inPart(partNumber + 1) { headers throws(MultipartPartFault) in try headers.count(byte) }
    case (.boundary, UInt8(ascii: "\r")), (.padding, UInt8(ascii: "\r")): phase = .lineFeed
    case (.lineFeed, UInt8(ascii: "\n")):
      partNumber += 1
      guard partNumber <= limits.parts else {
        throw MultipartError.tooManyParts(limit: limits.parts)
      }
      phase = .headers
    case (.closingPadding, UInt8(ascii: " ")), (.closingPadding, UInt8(ascii: "\t")): break
    case (.closingPadding, UInt8(ascii: "\r")): phase = .closingLineFeed
    case (.closingLineFeed, UInt8(ascii: "\n")): phase = .epilogue
    default: throw MultipartError.malformedDelimiter
    }
  }

  private mutating func readHeader(
    _ byte: UInt8, _ handle: (MultipartEvent) throws -> Void
  ) throws {
    let complete = try inPart(partNumber) { headers throws(MultipartPartFault) in
      try headers.read(byte)
    }
    guard let complete else { return }
    phase = .content
    matched = 2
    borrowed = 2
    try handle(.partBegan(complete))
  }

  /// Adds the part's number to what its headers throw.
  private mutating func inPart<Result>(
    _ number: Int,
    _ body: (inout PartHeaderReader) throws(MultipartPartFault) -> Result
  ) throws(MultipartError) -> Result {
    do {
      return try body(&headers)
    } catch {
      throw .part(number, error)
    }
  }
}
