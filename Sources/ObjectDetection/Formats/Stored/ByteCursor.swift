/// Reads little-endian numbers and texts one after the other. What is not there is a damaged file, never a trap.
struct ByteCursor {
  private let bytes: [UInt8]
  private var offset: Int

  init(_ bytes: [UInt8], from offset: Int = 0) {
    self.bytes = bytes
    self.offset = min(offset, bytes.count)
  }

  var isAtEnd: Bool { offset == bytes.count }

  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self
  ) throws -> Number {
    let start = try advance(MemoryLayout<Number>.size)
    return bytes.withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self))
    }
  }

  mutating func float() throws -> Float { Float(bitPattern: try number()) }

  mutating func bytes(_ count: Int) throws -> [UInt8] {
    let start = try advance(count)
    return Array(bytes[start..<offset])
  }

  /// Four bytes of length, then UTF-8.
  mutating func text() throws -> String {
    let length = Int(try number(UInt32.self))
    guard let text = String(validating: try bytes(length), as: UTF8.self) else {
      throw DetectionsFile.damaged("a text that is no UTF-8")
    }
    return text
  }

  /// Returns where it was.
  private mutating func advance(_ count: Int) throws -> Int {
    guard count <= bytes.count - offset else {
      throw DetectionsFile.damaged("the end before its time")
    }
    defer { offset += count }
    return offset
  }
}
