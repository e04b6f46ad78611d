public import NIOCore

/// A value of the Redis protocol, RESP2 or RESP3 (redis.io/docs/latest/develop/reference/protocol-spec).
public enum RESPValue: Sendable, Hashable {
  /// RESP3's null, and RESP2's null string and null array.
  case null
  case simple(String)
  case bulk(ByteBuffer)
  /// A simple or a bulk error: a word in capitals, then text.
  case error(String)
  case integer(Int64)
  case double(Double)
  case boolean(Bool)
  /// In decimal digits.
  case bigNumber(String)
  /// `format` has three letters: `txt` or `mkd`.
  case verbatim(format: String, ByteBuffer)
  case array([RESPValue])
  /// Keys and values in turn, as RESP2 sends them in an array.
  case map([RESPValue])
  case set([RESPValue])
  /// Sent by the server without being asked.
  case push([RESPValue])

  /// The text of a string of any kind; nil for everything else.
  public var text: String? {
    switch self {
    case .simple(let text): text
    case .bulk(let bytes), .verbatim(_, let bytes): String(buffer: bytes)
    default: nil
    }
  }

  /// The bytes of a bulk string; nil for everything else.
  public var bytes: ByteBuffer? {
    if case .bulk(let bytes) = self { bytes } else { nil }
  }

  /// An integer, or a string that holds one; nil for everything else.
  public var integer: Int64? {
    if case .integer(let value) = self { value } else { text.flatMap { Int64($0) } }
  }

  /// The elements of an array, map, set or push; nil for everything else.
  public var elements: [RESPValue]? {
    switch self {
    case .array(let values), .map(let values), .set(let values), .push(let values): values
    default: nil
    }
  }

  /// The value of a key that is text, in a map or an array of keys and values in turn; nil where there is none.
  subscript(key: String) -> RESPValue? {
    guard let elements else { return nil }
    return stride(from: 0, to: elements.count - 1, by: 2).first { elements[$0].text == key }
      .map { elements[$0 + 1] }
  }
}
