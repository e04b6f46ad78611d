import Testing

@testable import ObjectDetection

@Suite("TIFF header")
struct TIFFHeaderTests {
  /// Up to where each file is needed: the end of the first page's directory and strips or tiles, by
  /// tifffile 2026.3.3 (`offset` and `tags`, `dataoffsets` and `databytecounts` of the first page).
  private static let neededBytes = [
    ("tiff-1bit.tif", 974), ("tiff-alpha.tif", 662), ("tiff-big-endian.tif", 20928),
    ("tiff-bigtiff-big-endian.tif", 682), ("tiff-bigtiff.tif", 682), ("tiff-deflate.tif", 570),
    ("tiff-grey-packbits.tif", 560), ("tiff-grey16-big-endian.tif", 14000),
    ("tiff-jpeg-tiles.tif", 6807), ("tiff-jpeg.tif", 1014), ("tiff-lzw-predictor.tif", 1029),
    ("tiff-orientation-6.tif", 430), ("tiff-packbits.tif", 20936), ("tiff-pages.tif", 570),
    ("tiff-palette.tif", 8640), ("tiff-planar.tif", 20960), ("tiff-rgb16.tif", 953),
    ("tiff-strips.tif", 20976), ("tiff-tiles.tif", 27968), ("tiff-float64.tif", 662),
  ]

  @Test("a cut that takes away strips, tiles or the directory is found", arguments: neededBytes)
  func truncation(file: String, needed: Int) throws {
    let bytes = try fixtureBytes(file)
    for length in Array(stride(from: 8, to: needed, by: 13)) + [needed - 1] {
      #expect(try refusal(Array(bytes[..<length]))?.code == .corruptedFile, "\(length)")
    }
  }

  @Test("a cut that takes away only later pages is none of the first picture's")
  func laterPages() throws {
    let bytes = try fixtureBytes("tiff-pages.tif")
    #expect(try refusal(Array(bytes[..<570])) == nil)
  }

  @Test("a hand-made file is read in both sizes and byte orders", arguments: [false, true])
  func handMade(isBig: Bool) throws {
    for order in [ByteOrder.littleEndian, .bigEndian] {
      let file = TIFFFile(order: order, isBig: isBig)
      let header = try header(file.bytes)
      #expect((header.width, header.height) == (96, 72))
      #expect((header.bitsPerSample, header.samplesPerPixel) == (8, 1))
      #expect(!header.hasAlpha)
      // The directory stands behind the pixels and ends with the place of the next one.
      #expect(try refusal(file.bytes.dropLast(isBig ? 8 : 4)) == nil)
      #expect(try refusal(file.bytes.dropLast(isBig ? 9 : 5))?.code == .corruptedFile)
    }
  }

  /// Changes to a sound file of 96x72 grey bytes in one strip at offset 16; nil takes a tag away.
  @Test(
    "damaged files are refused",
    arguments: [
      ("no width", [256: nil]), ("no height", [257: nil]), ("width 0", [256: .long(0)]),
      ("a width of text", [256: .init(2, [96])]), ("a width of floats", [256: .init(11, [96])]),
      ("no value for the width", [256: .init(3, [])]),
      ("0 bits", [258: .short(0)]), ("0 samples", [277: .short(0)]),
      ("no offsets", [273: nil]), ("an offset of 0", [273: .long(0)]),
      ("an offset behind the end", [273: .long(1 << 20)]),
      ("an offset so that the last byte is missing", [273: .long(16 + 2 * 96 * 72)]),
      ("strips without rows", [278: .long(0)]), ("more strips than offsets", [278: .long(10)]),
      ("too few strips for separate planes", [284: .short(2), 277: .short(3)]),
      ("tiles without width", [322: .long(0), 323: .long(16)]),
      ("tiles without height", [322: .long(16)]),
      ("more tiles than offsets", [322: .long(16), 323: .long(16)]),
      ("a palette that is missing", [262: .short(3)]),
      (
        "a palette that is too short",
        [262: .short(3), 320: .init(3, .init(repeating: 1, count: 99))]
      ),
      ("a compressed strip without end", [259: .short(5), 279: .long(1 << 20)]),
      (
        "compressed strips, one without length",
        [259: .short(5), 278: .long(36), 273: .init(4, [16, 17]), 279: .init(4, [1, 0])]
      ),
      (
        "compressed strips, lengths for one",
        [259: .short(5), 278: .long(36), 273: .init(4, [16, 17]), 279: .init(4, [1])]
      ),
      ("offsets of 2^64 - 1", [273: .init(16, [.max])]),
      ("lengths of 2^64 - 1", [259: .short(5), 279: .init(16, [.max])]),
      ("a width of 2^64 - 1", [256: .init(16, [.max])]),
      (
        "sizes whose product has no number",
        [256: .init(16, [1 << 62]), 257: .init(16, [1 << 62]), 322: .long(16), 323: .long(16)]
      ),
      (
        "rows whose bytes have no number",
        [256: .init(16, [1 << 62]), 258: .short(64), 277: .short(65535)]
      ),
    ] as [(String, [UInt16: TIFFFile.Values?])])
  func damaged(what: String, changes: [UInt16: TIFFFile.Values?]) throws {
    for isBig in [false, true] {
      let error = try refusal(TIFFFile(changes, isBig: isBig).bytes)
      #expect(error?.code == .corruptedFile, "\(isBig)")
      #expect(error?.message.contains("TIFF") == true)
    }
  }

  /// What libtiff reads, with a warning or without.
  @Test(
    "unusual files are read",
    arguments: [
      ("no length of the only strip", [279: nil]),
      ("no length of the only compressed strip", [259: .short(5), 279: nil]),
      ("a length of 0", [259: .short(5), 279: .long(0)]),
      ("a wrong length without compression", [279: .long(1 << 30)]),
      ("the largest number of rows", [278: .long(0xffff_ffff)]),
      ("no number of rows", [278: nil]),
      ("strips that overlap", [278: .long(36), 273: .init(4, [16, 16]), 279: .init(4, [9, 9])]),
      ("more strips than needed", [273: .init(4, [16, 1 << 30]), 279: .init(4, [6912, 1])]),
      ("a short last strip", [278: .long(50), 273: .init(4, [16, 16 + 6912 + 2112])]),
      (
        "offsets of strips for tiles",
        [322: .long(96), 323: .long(80), 273: .long(16), 279: .long(1)]
      ),
      ("old JPEG without strips", [259: .short(6), 273: nil, 279: nil]),
      ("an orientation out of range", [274: .short(9)]),
      ("an orientation of floats", [274: .init(11, [6])]),
      ("a palette that a grey picture does not use", [320: .init(3, [1, 2], claiming: 1 << 30)]),
      ("a list without values", [338: .init(3, [])]),
      ("sizes of one byte", [256: .init(1, [96]), 257: .init(1, [72])]),
      (
        "planes of their own",
        [284: .short(2), 277: .short(3), 258: .init(3, [8, 8, 8]), 273: .init(4, [16, 16, 16])]
      ),
    ] as [(String, [UInt16: TIFFFile.Values?])])
  func unusual(what: String, changes: [UInt16: TIFFFile.Values?]) throws {
    #expect(try refusal(TIFFFile(changes).bytes) == nil)
    #expect(try header(TIFFFile(changes).bytes).orientation == .topLeft)
  }

  @Test("only an extra sample of kind 1 or 2 is alpha", arguments: [0, 1, 2, 3] as [UInt64])
  func extraSamples(kind: UInt64) throws {
    let one = TIFFFile([277: .short(2), 338: .short(kind)])
    #expect(try header(one.bytes).hasAlpha == (kind == 1 || kind == 2))
    let three = TIFFFile([338: .init(3, [kind, 0, 1])])
    #expect(try header(three.bytes).hasAlpha == (kind == 1 || kind == 2))
  }

  @Test("only unsigned samples of up to 16 bits are supported")
  func sampleFormats() throws {
    for (format, isSupported) in [1: true, 2: false, 3: false, 4: true, 5: false] as [UInt64: Bool]
    {
      let file = TIFFFile([339: .short(format)])
      #expect(try header(file.bytes).hasSupportedSamples == isSupported, "\(format)")
    }
    for (bits, isSupported) in [1: true, 12: true, 16: true, 24: false, 32: false] as [UInt64: Bool]
    {
      let file = TIFFFile([258: .short(bits), 257: .short(1)])
      #expect(try header(file.bytes).hasSupportedSamples == isSupported, "\(bits)")
    }
  }

  @Test("the first of repeated tags counts")
  func repeatedTags() throws {
    var file = TIFFFile()
    file.entries.append((256, .long(5000)))
    #expect(try header(file.bytes).width == 96)
  }

  @Test(
    "a directory that is not there is found",
    arguments: [
      ("offset 0", [0x49, 0x49, 42, 0, 0, 0, 0, 0]),
      ("offset behind the end", [0x49, 0x49, 42, 0, 255, 255, 255, 255]),
      ("no offset", [0x4d, 0x4d, 0, 42]),
      ("no entries", [0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 0]),
      ("65535 entries", [0x49, 0x49, 42, 0, 8, 0, 0, 0, 255, 255]),
      ("4096 entries that are not there", [0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 16]),
      (
        "offsets of 4 bytes in a BigTIFF", [0x49, 0x49, 43, 0, 4, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]
      ),
      (
        "offset 2^64 - 1",
        [0x49, 0x49, 43, 0, 8, 0, 0, 0] + [UInt8](repeating: 255, count: 8)
      ),
      (
        "offset 2^63 - 1",
        [0x4d, 0x4d, 0, 43, 0, 8, 0, 0, 127] + [UInt8](repeating: 255, count: 7)
      ),
      (
        "2^64 - 1 entries",
        [0x4d, 0x4d, 0, 43, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16]
          + [UInt8](repeating: 255, count: 99)
      ),
    ] as [(String, [UInt8])])
  func missingDirectory(what: String, bytes: [UInt8]) throws {
    #expect(try refusal(bytes)?.code == .corruptedFile)
  }

  @Test("counts near 2^64 are refused for every tag that is read")
  func hugeCounts() throws {
    // A wrong orientation means upright; lengths, palettes, tables and tiles are not asked for where a
    // grey picture in one strip without compression has none.
    let notAsked: [UInt16] = [274, 279, 320, 323, 325, 347]
    for tag in TIFFDirectory.Tag.all where !notAsked.contains(tag) {
      for count: UInt64 in [.max, .max / 2, .max / 8 + 1, 1 << 40] {
        var file = TIFFFile(isBig: true)
        file.entries.removeAll { $0.tag == tag }
        file.entries.append((tag, .init(4, [16], claiming: count)))
        #expect(try refusal(file.bytes)?.code == .corruptedFile, "\(tag), \(count)")
      }
    }
  }

  @Test("thousands of tiles cost one pass over each of their lists")
  func manyTiles() throws {
    let places = [UInt64](repeating: 16, count: 64 * 64)
    let file = TIFFFile([
      256: .long(1024), 257: .long(1024), 259: .short(5), 322: .long(16), 323: .long(16),
      324: .init(4, places), 325: .init(4, places),
    ])
    let source = CountingSource(file.bytes)
    _ = try ImageHeader.read(from: source, limits: noLimits)
    #expect(source.largestRead <= 65536)
    #expect(source.bytesRead <= 4 * source.count + 20 * 65536)
  }
}

extension TIFFDirectory.Tag {
  fileprivate static var all: [UInt16] {
    (UInt16(256)...347).filter { TIFFDirectory.Tag(rawValue: $0) != nil }
  }
}
