import Testing

@testable import ObjectDetection

/// A frame of 96x72 pixels, one component.
private let frame: [UInt8] = [0xff, 0xc0, 0, 11, 8, 0, 72, 0, 96, 1, 1, 0x11, 0]
private let scan: [UInt8] = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 3, 0xff, 0, 4]
private let start: [UInt8] = [0xff, 0xd8]
private let end: [UInt8] = [0xff, 0xd9]

private func jpeg(_ segments: [UInt8]..., scans: [UInt8] = scan + end) -> [UInt8] {
  start + segments.flatMap { $0 } + frame + scans
}

/// An APP1 segment with a directory of one entry.
private func exif(
  orientation: UInt64, _ order: ByteOrder, type: UInt64 = 3, entries: UInt64 = 1
) -> [UInt8] {
  let mark: [UInt8] = Array((order == .littleEndian ? "II" : "MM").utf8)
  var block = mark + number(42, size: 2, order) + number(8, size: 4, order)
  block += number(entries, size: 2, order) + number(274, size: 2, order)
  block += number(type, size: 2, order) + number(1, size: 4, order)
  block += number(orientation, size: type == 3 ? 2 : 4, order)
  block += type == 3 ? [0, 0] : []
  return segment(0xe1, Array("Exif".utf8) + [0, 0] + block + [0, 0, 0, 0])
}

private func segment(_ code: UInt8, _ payload: [UInt8]) -> [UInt8] {
  [0xff, code] + number(UInt64(payload.count + 2), size: 2) + payload
}

@Suite("JPEG header")
struct JPEGHeaderTests {
  @Test("a minimal file has the size of its frame")
  func minimal() throws {
    let header = try header(jpeg())
    #expect((header.width, header.height) == (96, 72))
    #expect((header.bitsPerSample, header.samplesPerPixel) == (8, 1))
    #expect(!header.hasAlpha)
  }

  @Test("a file that is cut anywhere before its end marker is refused")
  func truncation() throws {
    let files = try ImageManifest.load().images.map(\.file).filter { $0.hasSuffix(".jpg") }
    #expect(files.count == 14)
    for file in files {
      let bytes = try fixtureBytes(file)
      #expect(bytes.suffix(2) == end[...], "\(file)")
      for length in stride(from: 3, to: bytes.count, by: 7) {
        #expect(try refusal(Array(bytes[..<length]))?.code == .corruptedFile, "\(file), \(length)")
      }
      #expect(try refusal(bytes.dropLast())?.code == .corruptedFile, "\(file)")
    }
  }

  /// What libjpeg passes over in silence or with a warning.
  @Test(
    "sloppy files are read",
    arguments: [
      ("trailing bytes", jpeg() + [1, 2, 3]),
      ("a second picture behind the first", jpeg() + jpeg()),
      ("fill bytes before a marker", jpeg([0xff, 0xff, 0xff], segment(0xe0, [1]))),
      ("a file that is all fill bytes in between", jpeg(.init(repeating: 0xff, count: 200_000))),
      ("bytes between segments", jpeg(segment(0xe0, [1]), [1, 2, 0xff, 0, 3])),
      ("an APP segment of length 0", jpeg([0xff, 0xe5, 0, 0])),
      ("a comment of length 1", jpeg([0xff, 0xfe, 0, 1])),
      ("restart markers", jpeg(scans: scan + [0xff, 0xd0, 1, 0xff, 0xd7, 2] + end)),
      ("several scans and tables", jpeg(scans: scan + segment(0xc4, [0]) + scan + scan + end)),
      ("fill bytes before the end", jpeg(scans: scan + [0xff, 0xff, 0xff] + end)),
      ("an unstuffed byte among the pixels", jpeg(scans: scan + [0xff, 0x42] + end)),
    ] as [(String, [UInt8])])
  func sloppy(what: String, bytes: [UInt8]) throws {
    #expect(try refusal(bytes) == nil)
  }

  @Test(
    "damaged files are refused",
    arguments: [
      ("no size", start + scan + end),
      ("no pixels", start + frame + end),
      ("nothing", start + end + [0]),
      ("no end", jpeg(scans: scan)),
      ("an end without its last byte", jpeg(scans: scan + [0xff])),
      ("fill bytes instead of an end", jpeg(scans: scan + .init(repeating: 0xff, count: 99))),
      ("two frames", start + frame + frame + scan + end),
      ("a second start", jpeg(start)),
      ("the next picture before the end", jpeg(scans: scan + jpeg())),
      ("a table of length 0", jpeg([0xff, 0xdb, 0, 0])),
      ("a segment longer than the file", jpeg([0xff, 0xe0, 0xff, 0xff])),
      ("a length that is cut", start + [0xff, 0xe0, 0]),
      ("a reserved marker", jpeg([0xff, 0x02, 0, 2])),
      ("a frame of differences", start + [0xff, 0xc5, 0, 11, 8, 0, 72, 0, 96, 1, 1, 0x11, 0]),
      ("height 0", start + [0xff, 0xc0, 0, 11, 8, 0, 0, 0, 96, 1, 1, 0x11, 0] + scan + end),
      ("width 0", start + [0xff, 0xc0, 0, 11, 8, 0, 72, 0, 0, 1, 1, 0x11, 0] + scan + end),
      ("no component", start + [0xff, 0xc0, 0, 8, 8, 0, 72, 0, 96, 0] + scan + end),
      (
        "too few components",
        start + [0xff, 0xc0, 0, 11, 8, 0, 72, 0, 96, 3, 1, 17, 0] + scan + end
      ),
      ("a frame that is cut", start + [0xff, 0xc0, 0, 4, 8, 0] + scan + end),
      ("sampling factor 0", start + [0xff, 0xc0, 0, 11, 8, 0, 72, 0, 96, 1, 1, 1, 0] + scan + end),
      ("101 scans", jpeg(scans: (0..<101).flatMap { _ in scan } + end)),
      ("too many segments", jpeg((0...65_536).flatMap { _ in segment(0xe3, []) })),
    ] as [(String, [UInt8])])
  func damaged(what: String, bytes: [UInt8]) throws {
    let error = try refusal(bytes)
    #expect(error?.code == .corruptedFile)
    #expect(error?.message.contains("JPEG") == true)
  }

  @Test("EXIF is read in both byte orders", arguments: 1...8 as ClosedRange<UInt64>)
  func bothByteOrders(orientation: UInt64) throws {
    for order in [ByteOrder.littleEndian, .bigEndian] {
      for type in [UInt64(3), 4] {
        let block = exif(orientation: orientation, order, type: type)
        #expect(try header(jpeg(block)).orientation.rawValue == Int(orientation))
      }
    }
  }

  @Test("a picture that lies on its side has the size of the upright one")
  func upright() throws {
    let header = try header(jpeg(exif(orientation: 6, .bigEndian)))
    #expect((header.width, header.height) == (72, 96))
    #expect((header.storedWidth, header.storedHeight) == (96, 72))
  }

  @Test("an entry count that lies does not hide the entries that are there")
  func longDirectory() throws {
    let block = exif(orientation: 6, .littleEndian, entries: 4000)
    #expect(try header(jpeg(block)).orientation == .rightTop)
  }

  @Test(
    "broken EXIF means upright",
    arguments: [
      ("orientation 9", exif(orientation: 9, .bigEndian)),
      ("orientation 0", exif(orientation: 0, .littleEndian)),
      ("a float", exif(orientation: 6, .bigEndian, type: 11)),
      ("no entries", exif(orientation: 6, .bigEndian, entries: 0)),
      ("more entries than any file has", exif(orientation: 6, .bigEndian, entries: 65_535)),
      ("a cut block", segment(0xe1, exif(orientation: 6, .bigEndian)[4...].prefix(24) + [])),
      ("nothing but the mark", segment(0xe1, Array("Exif".utf8) + [0])),
      ("no byte order", segment(0xe1, Array("Exif".utf8) + [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
      (
        "an offset behind the end",
        segment(0xe1, Array("Exif".utf8) + [0, 0, 0x49, 0x49, 42, 0, 255, 255, 255, 255])
      ),
    ] as [(String, [UInt8])])
  func brokenEXIF(what: String, block: [UInt8]) throws {
    #expect(try header(jpeg(block)).orientation == .topLeft)
  }

  @Test("of two EXIF segments the first counts, and XMP is none")
  func severalSegments() throws {
    let xmp = segment(0xe1, Array("http://ns.adobe.com/xap/1.0/".utf8) + [0])
    let bytes = jpeg(
      xmp, exif(orientation: 3, .bigEndian), exif(orientation: 6, .bigEndian))
    #expect(try header(bytes).orientation == .bottomRight)
  }

  @Test("a thumbnail inside a segment is not taken for the picture")
  func thumbnail() throws {
    let thumbnail = segment(0xe1, Array("Exif".utf8) + [0, 0] + jpeg())
    let large: [UInt8] = [0xff, 0xc0, 0, 11, 8, 1, 0, 2, 0, 1, 1, 0x11, 0]
    let bytes = start + thumbnail + large + scan
    #expect(try header(bytes + end).width == 512)
    #expect(try refusal(bytes)?.code == .corruptedFile)
  }

  @Test("markers are found wherever the window of 64 KiB ends", arguments: 65_500...65_540)
  func windowEdges(length: Int) throws {
    let bytes = jpeg(scans: scan + [UInt8](repeating: 7, count: length) + end)
    #expect(try refusal(bytes) == nil)
    #expect(try refusal(bytes.dropLast())?.code == .corruptedFile)
  }
}
