public import NIOCore

/// Reads RESP2 and RESP3 values from bytes that arrive in pieces; no byte is looked at twice.
///
/// Attributes are skipped. Streamed strings and aggregates (`$?`, `*?`), which no Redis sends, are violations.
/// After an error the stream has no meaning any more.
public struct RESPParser {
  /// What one reply may cost.
  public struct Limits: Sendable {
    /// Aggregates inside each other. XAUTOCLAIM's reply needs 4.
    public var depth = 16
    /// Values in all. A list of all jobs' ids is far smaller.
    public var elements = 1 << 20
    /// Of all strings together. Redis' own limit for one is 512 MB; ours hold documents of some KB.
    public var bytes = 64 << 20
    /// Of a line: numbers, simple strings and errors.
    public var lineBytes = 64 << 10

    public init() {}
  }

  private struct Frame {
    enum Kind { case array, map, set, push, attribute }
    var kind: Kind
    var missing: Int
    var values: [RESPValue] = []
  }

  private let limits: Limits
  private var buffer = ByteBuffer()
  private var frames: [Frame] = []
  /// A string whose length was read and whose bytes are still to come.
  private var awaited: (type: UInt8, length: Int)?
  /// Bytes at the buffer's start in which no line ends.
  private var searchedBytes = 0
  /// Set when `scalar` opened an aggregate instead of returning a value.
  private var isOpened = false
  private var elements = 0
  private var bytes = 0

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Takes what has arrived.
  public mutating func feed(_ bytes: ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
    } else {
      buffer.discardReadBytes()
      buffer.writeImmutableBuffer(bytes)
    }
  }

  /// The next whole value; nil until more arrives.
  /// - Throws: `RedisError(.protocolViolation)`.
  public mutating func next() throws -> RESPValue? {
    while true {
      guard let value = try scalar() else {
        // An aggregate was opened, or bytes are missing.
        if isOpened { isOpened = false } else { return nil }
        continue
      }
      if let whole = add(value) { return whole }
    }
  }

  /// Adds a value to the innermost aggregate; the outermost value when that is complete.
  private mutating func add(_ value: RESPValue) -> RESPValue? {
    var value = value
    while var frame = frames.popLast() {
      frame.values.append(value)
      frame.missing -= 1
      guard frame.missing == 0 else {
        frames.append(frame)
        return nil
      }
      switch frame.kind {
      case .array: value = .array(frame.values)
      case .map: value = .map(frame.values)
      case .set: value = .set(frame.values)
      case .push: value = .push(frame.values)
      // It describes the value that follows, in whose place it stands.
      case .attribute: return nil
      }
    }
    elements = 0
    bytes = 0
    return value
  }

  private mutating func scalar() throws -> RESPValue? {
    if awaited != nil { return try awaitedString() }
    guard let (type, line) = try line() else { return nil }
    elements += 1
    bytes += line.utf8.count
    guard elements <= limits.elements, bytes <= limits.bytes else {
      throw violation("a reply is too large")
    }
    switch type {
    case UInt8(ascii: "+"): return .simple(line)
    case UInt8(ascii: "-"): return .error(line)
    case UInt8(ascii: ":"):
      guard let number = Int64(line) else { throw violation("a bad integer") }
      return .integer(number)
    case UInt8(ascii: ","):
      guard let number = Double(line) else { throw violation("a bad double") }
      return .double(number)
    case UInt8(ascii: "#"):
      guard line == "t" || line == "f" else { throw violation("a bad boolean") }
      return .boolean(line == "t")
    case UInt8(ascii: "("):
      let digits = line.utf8.first == UInt8(ascii: "-") ? line.utf8.dropFirst() : line.utf8[...]
      guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else {
        throw violation("a bad big number")
      }
      return .bigNumber(line)
    case UInt8(ascii: "_"):
      guard line.isEmpty else { throw violation("a bad null") }
      return .null
    case UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="):
      if line == "-1", type == UInt8(ascii: "$") { return .null }
      let length = try count(line, upTo: limits.bytes - bytes)
      bytes += length
      awaited = (type, length)
      return try awaitedString()
    case UInt8(ascii: "*"): return try open(.array, line)
    case UInt8(ascii: "%"): return try open(.map, line)
    case UInt8(ascii: "~"): return try open(.set, line)
    case UInt8(ascii: ">"): return try open(.push, line)
    case UInt8(ascii: "|"): return try open(.attribute, line)
    default: throw violation("an unknown type of value")
    }
  }

  /// The aggregate itself when it is empty.
  private mutating func open(_ kind: Frame.Kind, _ line: String) throws -> RESPValue? {
    if line == "-1", kind == .array { return .null }
    var missing = try count(line, upTo: limits.elements)
    if kind == .map || kind == .attribute { missing *= 2 }
    guard missing > 0 else {
      switch kind {
      case .array: return .array([])
      case .map: return .map([])
      case .set: return .set([])
      case .push: return .push([])
      case .attribute:
        isOpened = true
        return nil
      }
    }
    guard frames.count < limits.depth else { throw violation("a reply is too deep") }
    frames.append(Frame(kind: kind, missing: missing))
    isOpened = true
    return nil
  }

  private mutating func awaitedString() throws -> RESPValue? {
    guard let (type, length) = awaited, buffer.readableBytes >= length + 2,
      let string = buffer.readSlice(length: length),
      let end = buffer.readInteger(as: UInt16.self)
    else { return nil }
    guard end == 0x0D0A else { throw violation("a string without its end") }
    awaited = nil
    switch type {
    case UInt8(ascii: "!"): return .error(String(buffer: string))
    case UInt8(ascii: "="):
      var string = string
      guard let format = string.readString(length: 3), string.readInteger() == UInt8(ascii: ":")
      else { throw violation("a verbatim string without its format") }
      return .verbatim(format: format, string)
    default: return .bulk(string)
    }
  }

  /// The type's byte and the text up to the line's end.
  private mutating func line() throws -> (UInt8, String)? {
    let view = buffer.readableBytesView
    let start = view.startIndex
    guard let feed = view[(start + searchedBytes)...].firstIndex(of: UInt8(ascii: "\n")) else {
      searchedBytes = view.count
      guard searchedBytes <= limits.lineBytes else { throw violation("a line is too long") }
      return nil
    }
    searchedBytes = 0
    guard feed - start <= limits.lineBytes else { throw violation("a line is too long") }
    guard feed - start >= 2, view[feed - 1] == UInt8(ascii: "\r") else {
      throw violation("a line without its end")
    }
    let text = String(decoding: view[(start + 1)..<(feed - 1)], as: UTF8.self)
    let type = view[start]
    buffer.moveReaderIndex(forwardBy: feed - start + 1)
    return (type, text)
  }

  private func count(_ line: String, upTo limit: Int) throws -> Int {
    guard let count = Int(line), count >= 0 else { throw violation("a bad length") }
    guard count <= limit else { throw violation("a reply is too large") }
    return count
  }

  private func violation(_ text: String) -> RedisError {
    RedisError(.protocolViolation, "Redis does not speak its protocol", cause: text)
  }
}
