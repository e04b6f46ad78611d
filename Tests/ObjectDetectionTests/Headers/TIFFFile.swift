@testable import ObjectDetection

/// A TIFF made by hand: 96x72 grey bytes in one strip at offset 16, zeros up to 20,000, values, directory.
struct TIFFFile {
  /// Integers of a TIFF type (3 SHORT, 4 LONG, 16 LONG8 ...).
  struct Values: Sendable {
    var type: UInt64
    var numbers: [UInt64]
    /// What the entry says, where it lies about the number of values.
    var count: UInt64

    init(_ type: UInt64, _ numbers: [UInt64], claiming count: UInt64? = nil) {
      self.type = type
      self.numbers = numbers
      self.count = count ?? UInt64(numbers.count)
    }

    static func short(_ number: UInt64) -> Values { Values(3, [number]) }
    /// DOUBLE
    static func doubles(_ numbers: [Double]) -> Values { Values(12, numbers.map(\.bitPattern)) }
    static func long(_ number: UInt64) -> Values { Values(4, [number]) }

    func bytes(_ order: ByteOrder) -> [UInt8] {
      let size = [1: 1, 2: 1, 3: 2, 12: 8, 16: 8][type] ?? 4
      return numbers.flatMap { number($0, size: size, order) }
    }
  }

  var order: ByteOrder
  var isBig: Bool
  var entries: [(tag: UInt16, values: Values)]

  /// `changes` replace, add or, where nil, take away entries.
  init(
    _ changes: [UInt16: Values?] = [:], order: ByteOrder = .littleEndian, isBig: Bool = false
  ) {
    self.order = order
    self.isBig = isBig
    var tags: [UInt16: Values?] = [
      256: .short(96), 257: .short(72), 258: .short(8), 259: .short(1), 262: .short(1),
      273: .long(16), 277: .short(1), 278: .short(72), 279: .long(6912),
    ]
    tags.merge(changes) { $1 }
    entries = tags.keys.sorted().compactMap { tag in tags[tag].flatMap(\.self).map { (tag, $0) } }
  }

  var bytes: [UInt8] {
    let wide = isBig ? 8 : 4
    var file = [UInt8](repeating: 0, count: 20_000)
    var directory = number(UInt64(entries.count), size: isBig ? 8 : 2, order)
    for (tag, values) in entries {
      directory += number(UInt64(tag), size: 2, order) + number(values.type, size: 2, order)
      directory += number(values.count, size: wide, order)
      let value = values.bytes(order)
      if value.count <= wide {
        directory += value + [UInt8](repeating: 0, count: wide - value.count)
      } else {
        directory += number(UInt64(file.count), size: wide, order)
        file += value
      }
    }
    let mark: [UInt8] = Array((order == .littleEndian ? "II" : "MM").utf8)
    let start =
      mark + number(isBig ? 43 : 42, size: 2, order) + (isBig ? number(8, size: 2, order) : [])
      + (isBig ? [0, 0] : []) + number(UInt64(file.count), size: wide, order)
    file.replaceSubrange(..<start.count, with: start)
    return file + directory + [UInt8](repeating: 0, count: wide)
  }
}
