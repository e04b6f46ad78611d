/// Where a delimiter begins in some bytes.
///
/// A delimiter starts with CR and has no other CR (RFC 2046). So a failed comparison never has to
/// be taken back further than the byte that differed, and the search is linear whatever the bytes
/// are.
enum DelimiterSearch {
  enum Match: Equatable {
    case absent
    /// The bytes end with a beginning of the delimiter, which starts at this offset.
    case beginning(at: Int)
    case whole(at: Int)
  }

  static func first(
    _ delimiter: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Match {
    var position = candidate(in: bytes, from: start)
    while position < bytes.count {
      var length = 1
      while length < delimiter.count, position + length < bytes.count,
        bytes[position + length] == delimiter[length]
      { length += 1 }
      if length == delimiter.count { return .whole(at: position) }
      if position + length == bytes.count { return .beginning(at: position) }
      position = candidate(in: bytes, from: position + length)
    }
    return .absent
  }

  /// The first CR that may begin `CRLF--`, or the end of the bytes.
  ///
  /// Looks at eight positions at once: CR here and a hyphen three bytes on. Both are zero bytes of
  /// the word after the exclusive or. Source of the zero byte test: Anderson, "Bit Twiddling
  /// Hacks"; only the lowest bit that it sets is sure, which is the first byte.
  private static func candidate(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let carriageReturns = ones &* 0x0D
    let hyphens = ones &* 0x2D
    var position = start
    while position + 11 <= bytes.count {
      let here = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let later = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: position + 3, as: UInt64.self))
      let difference = (here ^ carriageReturns) | (later ^ hyphens)
      let zeros = (difference &- ones) & ~difference & (ones &* 0x80)
      if zeros != 0 { return position + zeros.trailingZeroBitCount / 8 }
      position += 8
    }
    while position < bytes.count, bytes[position] != 0x0D { position += 1 }
    return position
  }
}
