import HTTPTypes
public import Tracing

/// Names a trace: 16 bytes, never all zero.
public struct TraceID: Hashable, Sendable {
  /// The first eight bytes.
  let high: UInt64
  /// The last eight bytes; sampling decides by them.
  let low: UInt64

  /// nil for all zero, which names nothing.
  init?(high: UInt64, low: UInt64) {
    guard high != 0 || low != 0 else { return nil }
    self.high = high
    self.low = low
  }

  /// 32 lower-case hexadecimal digits.
  public var hex: String { hexDigits(high) + hexDigits(low) }
}

/// Names a span of a trace: 8 bytes, never all zero.
public struct SpanID: Hashable, Sendable {
  let bits: UInt64

  /// nil for zero, which names nothing.
  init?(_ bits: UInt64) {
    guard bits != 0 else { return nil }
    self.bits = bits
  }

  /// 16 lower-case hexadecimal digits.
  public var hex: String { hexDigits(bits) }
}

/// Where a span stands in its trace: what travels from process to process.
public struct SpanContext: Hashable, Sendable {
  public let traceID: TraceID
  public let spanID: SpanID
  /// Whether spans of this trace are kept.
  public let isSampled: Bool
  /// What other tracing systems added, as `tracestate` has it; empty for nothing. It is handed on as it came.
  public let traceState: String
  /// Whether it came from another process.
  public let isRemote: Bool

  init(
    traceID: TraceID, spanID: SpanID, isSampled: Bool, traceState: String = "",
    isRemote: Bool = false
  ) {
    self.traceID = traceID
    self.spanID = spanID
    self.isSampled = isSampled
    self.traceState = traceState
    self.isRemote = isRemote
  }

  /// That of the task's span; nil where none is open. Its ids belong into log lines.
  public static var current: SpanContext? { ServiceContext.current?.spanContext }
}

extension ServiceContext {
  private enum SpanContextKey: ServiceContextKey {
    typealias Value = SpanContext
    static let nameOverride: String? = "span"
  }

  /// The span that this context belongs to; nil at the top level.
  public internal(set) var spanContext: SpanContext? {
    get { self[SpanContextKey.self] }
    set { self[SpanContextKey.self] = newValue }
  }
}

/// The header `traceparent` of W3C Trace Context, level 1: `00-TRACE_ID-SPAN_ID-FLAGS`.
enum TraceParent {
  static let header = "traceparent"
  /// Of version 00; later versions may be longer.
  private static let length = 55

  /// nil for what is malformed, for version ff and for ids that are all zero. A later version is read as far as this
  /// one knows it.
  static func parse(_ text: some StringProtocol) -> SpanContext? {
    let bytes = Array(text.utf8.prefix(length + 1))
    let dash = UInt8(ascii: "-")
    guard bytes.count >= length, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
      let version = number(bytes[0..<2]), version != 0xff,
      let high = number(bytes[3..<19]), let low = number(bytes[19..<35]),
      let span = number(bytes[36..<52]), let flags = number(bytes[53..<55]),
      // Nothing follows in version 00, and in later ones only another field.
      bytes.count == length || version > 0 && bytes[length] == dash,
      let traceID = TraceID(high: high, low: low), let spanID = SpanID(span)
    else { return nil }
    return SpanContext(traceID: traceID, spanID: spanID, isSampled: flags & 1 == 1, isRemote: true)
  }

  /// As this version writes it, whatever was read.
  static func text(of context: SpanContext) -> String {
    "00-\(context.traceID.hex)-\(context.spanID.hex)-\(context.isSampled ? "01" : "00")"
  }

  /// At most 16 digits, none of them a capital.
  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return number
  }
}

/// The header `tracestate`: what other tracing systems want handed on. Nothing of it is ours.
enum TraceState {
  static let header = "tracestate"
  /// The least that the recommendation wants to be handed on, and all that is.
  private static let maxBytes = 512
  private static let maxMembers = 32
  /// Of a key and of a value.
  private static let maxPartBytes = 256

  /// The members without the spaces around them; empty for what is malformed or too long. Keys are those of level 2
  /// of the recommendation, which takes all of level 1.
  static func checked(_ text: some StringProtocol) -> String {
    let bytes = Array(text.utf8.prefix(maxBytes + 1))
    guard bytes.count <= maxBytes else { return "" }
    // Empty members are what joined headers leave.
    let members = bytes.split(separator: UInt8(ascii: ",")).map(trimmed).filter { !$0.isEmpty }
    guard members.count <= maxMembers, members.allSatisfy(isMember) else { return "" }
    return String(decoding: Array(members.joined(separator: [UInt8(ascii: ",")])), as: UTF8.self)
  }

  private static func isMember(_ bytes: ArraySlice<UInt8>) -> Bool {
    let parts = bytes.split(
      separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let first = parts[0].first, isLetterOrDigit(first) else { return false }
    return parts.allSatisfy { (1...maxPartBytes).contains($0.count) }
      && parts[0].allSatisfy { isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
      && parts[1].allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "=") }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension SpanContext {
  /// What two headers say; nil when the first one is missing or malformed, whatever the second one is. Several headers
  /// of one name come joined by commas: several `traceparent` are none, several `tracestate` are one.
  init?(traceparent: String?, tracestate: String?) {
    guard let traceparent, let parent = TraceParent.parse(unpadded(traceparent)) else {
      return nil
    }
    self.init(
      traceID: parent.traceID, spanID: parent.spanID, isSampled: parent.isSampled,
      traceState: tracestate.map { TraceState.checked($0) } ?? "", isRemote: true)
  }

  /// What an outgoing request carries.
  var headers: [(name: String, value: String)] {
    let parent = (name: TraceParent.header, value: TraceParent.text(of: self))
    return traceState.isEmpty ? [parent] : [parent, (TraceState.header, traceState)]
  }
}

/// Reads and writes the headers of HTTP messages for a tracer.
struct HTTPFieldsCarrier: Extractor, Injector {
  func extract(key: String, from fields: HTTPFields) -> String? {
    HTTPField.Name(key).flatMap { fields[$0] }
  }

  func inject(_ value: String, forKey key: String, into fields: inout HTTPFields) {
    if let name = HTTPField.Name(key) { fields[name] = value }
  }
}

/// Without the spaces and tabs that may stand around a header's value (RFC 9110, 5.5).
private func unpadded(_ text: String) -> String {
  guard let first = text.utf8.first, let last = text.utf8.last, isPadding(first) || isPadding(last)
  else { return text }
  return String(decoding: trimmed(Array(text.utf8)[...]), as: UTF8.self)
}

private func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var bytes = bytes
  while let first = bytes.first, isPadding(first) { bytes.removeFirst() }
  while let last = bytes.last, isPadding(last) { bytes.removeLast() }
  return bytes
}

private func isPadding(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// 16 lower-case hexadecimal digits, the most significant first.
private func hexDigits(_ value: UInt64) -> String {
  String(unsafeUninitializedCapacity: 16) { buffer in
    for index in 0..<16 {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index) & 0xf)
      buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
    return 16
  }
}
