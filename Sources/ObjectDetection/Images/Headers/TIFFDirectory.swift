/// The first directory of a TIFF or BigTIFF file, in either byte order; later ones are not looked at.
///
/// Source: Adobe, "TIFF 6.0"; the BigTIFF proposal at awaresystems.be/imaging/tiff/bigtiff.html.
struct TIFFDirectory {
  /// Tags that a reader of headers needs.
  enum Tag: UInt16 {
    case imageWidth = 256
    case imageLength = 257
    case bitsPerSample = 258
    case compression = 259
    case photometricInterpretation = 262
    case stripOffsets = 273
    case orientation = 274
    case samplesPerPixel = 277
    case rowsPerStrip = 278
    case stripByteCounts = 279
    case planarConfiguration = 284
    case colourMap = 320
    case tileWidth = 322
    case tileLength = 323
    case tileOffsets = 324
    case tileByteCounts = 325
    case extraSamples = 338
    case sampleFormat = 339
    case jpegTables = 347
    case modelPixelScale = 33550
    case modelTiepoint = 33922
    case modelTransformation = 34264
    case geoKeyDirectory = 34735
  }

  /// Where the values of a tag are: `count` of `size` bytes each from `start` on, all inside the file.
  struct Values {
    let start: Int
    let count: Int
    let size: Int
    let order: ByteOrder

    /// nil behind the last one.
    func value(_ index: Int, _ window: inout ByteWindow) throws -> UInt64? {
      guard 0..<count ~= index else { return nil }
      return try window.number(at: start + index * size, size: size, order: order)
    }
  }

  private struct Entry {
    let type: UInt64
    let count: UInt64
    /// Of the value, or of the place of the value.
    let valueOffset: Int
  }

  /// libtiff's own limit.
  static let maxEntries = 4096

  let order: ByteOrder
  let isBig: Bool
  /// Whether all entries lie inside the file.
  let isComplete: Bool
  private let entries: [Tag: Entry]

  /// - Throws: `DetectionError(.corruptedFile)` when there is no directory where the file says.
  init(_ window: inout ByteWindow) throws {
    guard ImageFormat(firstBytes: try window.available(at: 0).prefix(8)) == .tiff else {
      throw DetectionError.damaged("not a TIFF file")
    }
    let order: ByteOrder = try window.byte(at: 0) == 0x49 ? .littleEndian : .bigEndian
    let isBig = try window.number(at: 2, size: 2, order: order) == 43
    if isBig {
      let offsetSize = try window.number(at: 4, size: 2, order: order)
      guard offsetSize == 8, try window.number(at: 6, size: 2, order: order) == 0 else {
        throw DetectionError.damaged("the BigTIFF's header is wrong")
      }
    }
    let pointer = try window.number(at: isBig ? 8 : 4, size: isBig ? 8 : 4, order: order)
    guard let pointer, let start = Int(exactly: pointer), start > 0,
      let count = try window.number(at: start, size: isBig ? 8 : 2, order: order)
    else { throw DetectionError.damaged("the TIFF's directory lies outside the file") }
    guard 1...UInt64(Self.maxEntries) ~= count else {
      throw DetectionError.damaged("the TIFF's directory has an impossible number of entries")
    }
    let first = start + (isBig ? 8 : 2)
    let size = isBig ? 20 : 12
    self.order = order
    self.isBig = isBig
    isComplete = window.contains(first, Int(count) * size)
    var entries: [Tag: Entry] = [:]
    for index in 0..<Int(count) {
      let entry = first + index * size
      guard window.contains(entry, size),
        let number = try window.number(at: entry, size: 2, order: order),
        let type = try window.number(at: entry + 2, size: 2, order: order),
        let length = try window.number(at: entry + 4, size: isBig ? 8 : 4, order: order)
      else { break }
      // Of repeated tags libtiff takes the first.
      guard let tag = Tag(rawValue: UInt16(number)), entries[tag] == nil else { continue }
      entries[tag] = Entry(type: type, count: length, valueOffset: entry + (isBig ? 12 : 8))
    }
    self.entries = entries
  }

  /// nil when the tag is missing or has no values.
  ///
  /// - Throws: `DetectionError(.corruptedFile)` when the values are no integers or lie outside the file.
  func values(_ tag: Tag, _ window: inout ByteWindow) throws -> Values? {
    guard let entry = entries[tag], entry.count > 0 else { return nil }
    guard let size = Self.size(ofType: entry.type) else {
      throw DetectionError.damaged("a value of the TIFF has a wrong type")
    }
    return try values(entry, size: size, &window)
  }

  /// 64-bit floats, at most `limit` of them; nil when the tag is missing or has other values.
  ///
  /// - Throws: `DetectionError(.corruptedFile)` when they lie outside the file.
  func doubles(_ tag: Tag, atMost limit: Int, _ window: inout ByteWindow) throws -> [Double]? {
    guard let entry = entries[tag], entry.count > 0, entry.type == Self.doubleType else {
      return nil
    }
    let values = try values(entry, size: 8, &window)
    return try (0..<min(values.count, limit)).compactMap {
      try values.value($0, &window).map { Double(bitPattern: $0) }
    }
  }

  private func values(_ entry: Entry, size: Int, _ window: inout ByteWindow) throws -> Values {
    let (byteCount, overflow) = entry.count.multipliedReportingOverflow(by: UInt64(size))
    var start: Int? = entry.valueOffset
    if overflow || byteCount > (isBig ? 8 : 4) {
      start = try window.number(at: entry.valueOffset, size: isBig ? 8 : 4, order: order)
        .flatMap { Int(exactly: $0) }
    }
    guard !overflow, let start, let length = Int(exactly: byteCount),
      window.contains(start, length)
    else { throw DetectionError.damaged("a value of the TIFF lies outside the file") }
    return Values(start: start, count: length / size, size: size, order: order)
  }

  /// The first value of a tag; nil when the tag is missing.
  func first(_ tag: Tag, _ window: inout ByteWindow) throws -> UInt64? {
    try values(tag, &window)?.value(0, &window)
  }

  /// Upright when the tag is missing or unreadable.
  func orientation(_ window: inout ByteWindow) throws -> Orientation {
    guard let entry = entries[.orientation], entry.count == 1,
      Self.size(ofType: entry.type) != nil, let value = try first(.orientation, &window)
    else { return .topLeft }
    return Orientation(exif: Int(truncatingIfNeeded: value))
  }

  private static let doubleType: UInt64 = 12

  /// Bytes of an integer of that type; nil for other types. A negative one reads as a huge number.
  private static func size(ofType type: UInt64) -> Int? {
    switch type {
    // BYTE, SBYTE; UNDEFINED, the type of JPEG tables.
    case 1, 6, 7: 1
    // SHORT, SSHORT
    case 3, 8: 2
    // LONG, SLONG, IFD
    case 4, 9, 13: 4
    // LONG8, SLONG8, IFD8
    case 16, 17, 18: 8
    default: nil
    }
  }
}
