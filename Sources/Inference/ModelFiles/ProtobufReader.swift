/// Walks the fields of one Protocol Buffers message without copying or decoding what nobody asks for.
///
/// Source: protobuf.dev, "Encoding". Every length is checked against the bytes that are there.
struct ProtobufReader {
  enum Value {
    case varint(UInt64)
    case bytes(Slice<UnsafeRawBufferPointer>)
    /// A fixed 32- or 64-bit number; no field of ours has one.
    case fixed
  }

  struct Malformed: Error {}

  private var rest: Slice<UnsafeRawBufferPointer>

  init(_ bytes: Slice<UnsafeRawBufferPointer>) { rest = bytes }

  /// The next field, or nil at the end of the message.
  mutating func next() throws -> (number: Int, value: Value)? {
    guard !rest.isEmpty else { return nil }
    let tag = try varint()
    let number = Int(truncatingIfNeeded: tag >> 3)
    guard number > 0, number < 1 << 29 else { throw Malformed() }
    switch tag & 7 {
    case 0: return (number, .varint(try varint()))
    case 1:
      _ = try take(8)
      return (number, .fixed)
    case 2:
      let length = try varint()
      guard length <= UInt64(rest.count) else { throw Malformed() }
      return (number, .bytes(try take(Int(length))))
    case 5:
      _ = try take(4)
      return (number, .fixed)
    default: throw Malformed()
    }
  }

  private mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst(), shift < 64 else { throw Malformed() }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw Malformed()
  }

  private mutating func take(_ count: Int) throws -> Slice<UnsafeRawBufferPointer> {
    guard count <= rest.count else { throw Malformed() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
