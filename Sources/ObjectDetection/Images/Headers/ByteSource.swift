/// Bytes that can be read anywhere: a file, or memory.
public protocol ByteSource {
  /// How many there are.
  var count: Int { get }

  /// `count` bytes from `offset` on; fewer only where the source ends. Header readers ask for at most
  /// 64 KiB at once. May block.
  func read(at offset: Int, count: Int) throws -> [UInt8]
}

/// Bytes in memory.
public struct MemoryBytes: ByteSource, Sendable {
  private let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public var count: Int { bytes.count }

  public func read(at offset: Int, count: Int) -> [UInt8] {
    guard offset >= 0, offset < bytes.count, count > 0 else { return [] }
    return Array(bytes[offset..<offset + min(count, bytes.count - offset)])
  }
}

/// The order of the bytes of a number in a file.
enum ByteOrder {
  case littleEndian
  case bigEndian
}

/// A view of at most 64 KiB that moves over a source. No offset or length makes it trap.
struct ByteWindow {
  static let size = 1 << 16

  private let source: any ByteSource
  private var bytes: [UInt8] = []
  /// Offset of the first byte of `bytes`.
  private var start = 0

  init(_ source: any ByteSource) { self.source = source }

  var count: Int { source.count }

  /// Whether `length` bytes from `offset` on lie inside the source.
  func contains(_ offset: Int, _ length: Int) -> Bool {
    offset >= 0 && length >= 0 && offset <= count && length <= count - offset
  }

  /// nil beyond the end.
  mutating func byte(at offset: Int) throws -> UInt8? {
    try cover(offset, 1) ? bytes[offset - start] : nil
  }

  /// `count` bytes, at most 64 Ki; nil when the source ends before.
  mutating func bytes(at offset: Int, count: Int) throws -> ArraySlice<UInt8>? {
    guard try cover(offset, count) else { return nil }
    return bytes[offset - start..<offset - start + count]
  }

  /// As many bytes from `offset` on as are at hand: at least one, none beyond the end.
  mutating func available(at offset: Int) throws -> ArraySlice<UInt8> {
    try cover(offset, 1) ? bytes[(offset - start)...] : []
  }

  /// An unsigned number of at most 8 bytes; nil when the source ends before.
  mutating func number(
    at offset: Int, size: Int, order: ByteOrder = .bigEndian
  ) throws -> UInt64? {
    guard try cover(offset, size) else { return nil }
    let first = offset - start
    var value: UInt64 = 0
    for index in 0..<size {
      let byte = bytes[order == .bigEndian ? first + index : first + size - 1 - index]
      value = value << 8 | UInt64(byte)
    }
    return value
  }

  /// Moves the window so that it shows `length` bytes from `offset` on; false where there are none.
  private mutating func cover(_ offset: Int, _ length: Int) throws -> Bool {
    guard contains(offset, length), length <= Self.size else { return false }
    if offset >= start, length <= bytes.count - (offset - start) { return true }
    bytes = try source.read(at: offset, count: min(Self.size, count - offset))
    start = offset
    // A file that shrinks meanwhile gives less than it promised.
    return length <= bytes.count
  }
}
