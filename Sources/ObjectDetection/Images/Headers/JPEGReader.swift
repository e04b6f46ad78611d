/// Walks over the markers of a JPEG file, as tolerant as libjpeg: bytes between segments and fill bytes are
/// passed over, and so is whatever follows the end marker.
///
/// Source: ITU-T T.81, annex B. Thumbnails lie inside APP segments, which are skipped by their length.
struct JPEGReader: HeaderReader {
  /// Ten times what encoders write: a scan of a few bytes costs a decoder a pass over all pixels.
  static let maxScans = 100
  /// Far more than profiles and XMP packets of any real file need.
  static let maxSegments = 1 << 16

  private enum Marker {
    static let endOfImage: UInt8 = 0xd9
    static let startOfImage: UInt8 = 0xd8
    static let startOfScan: UInt8 = 0xda
    static let app1: UInt8 = 0xe1
    /// Baseline, extended, progressive, lossless; the same two with arithmetic coding.
    static let frames: [UInt8] = [0xc0, 0xc1, 0xc2, 0xc3, 0xc9, 0xca]
    /// Without a length: TEM, RST0 to RST7.
    static func isAlone(_ code: UInt8) -> Bool { code == 0x01 || (0xd0...0xd7).contains(code) }
    /// APP0 to APP15 and comments: nothing that pixels depend on.
    static func isRemark(_ code: UInt8) -> Bool { (0xe0...0xef).contains(code) || code == 0xfe }
    /// DHT, DAC, DQT, DNL, DRI.
    static let tables: [UInt8] = [0xc4, 0xcc, 0xdb, 0xdc, 0xdd]
  }

  private var window: ByteWindow
  /// Behind the start marker.
  private var offset = 2
  private var segments = 0

  init(_ window: ByteWindow) { self.window = window }

  /// Up to the first scan.
  mutating func readHeader() throws -> ImageHeader {
    var frame: ImageHeader?
    var orientation: Orientation?
    while true {
      let code = try nextMarker()
      switch code {
      case Marker.isAlone: continue
      case Marker.frames:
        guard frame == nil else { throw DetectionError.damaged("the JPEG has two frames") }
        frame = try readFrame()
      case Marker.app1:
        let payload = try readSegment(code)
        orientation = try orientation ?? exifOrientation(payload)
      case Marker.isRemark, Marker.tables:
        _ = try readSegment(code)
      case Marker.startOfScan:
        guard var header = frame else {
          throw DetectionError.damaged("the JPEG has pixels but no size")
        }
        header.orientation = orientation ?? .topLeft
        _ = try readSegment(code)
        return header
      case Marker.endOfImage: throw DetectionError.damaged("the JPEG ends before its pixels")
      default: throw DetectionError.damaged("the JPEG has an unknown segment")
      }
    }
  }

  /// Over all scans to the end marker.
  mutating func readRest(of header: ImageHeader) throws -> ImageHeader {
    var scans = 1
    while true {
      let code = try nextMarker()
      switch code {
      case Marker.endOfImage: return header
      case Marker.startOfImage:
        throw DetectionError.damaged("the JPEG has no end marker before the next picture")
      case Marker.startOfScan:
        scans += 1
        guard scans <= Self.maxScans else {
          throw DetectionError.damaged("the JPEG has more than \(Self.maxScans) scans")
        }
        _ = try readSegment(code)
      case Marker.isRemark, Marker.tables: _ = try readSegment(code)
      // Restart markers; others are damage that only decoding can weigh.
      default: continue
      }
    }
  }

  /// The code of the next marker; `offset` is then behind it. FF 00 is a byte of pixel data.
  private mutating func nextMarker() throws -> UInt8 {
    while true {
      let bytes = try window.available(at: offset)
      guard !bytes.isEmpty else { throw DetectionError.damaged("the JPEG has no end marker") }
      guard let mark = bytes.firstIndex(of: 0xff) else {
        offset += bytes.count
        continue
      }
      offset += mark - bytes.startIndex + 1
      while let code = try window.byte(at: offset) {
        offset += 1
        if code == 0 { break }
        if code != 0xff { return code }
      }
    }
  }

  /// The place of a segment's payload; `offset` is then behind it.
  private mutating func readSegment(_ code: UInt8) throws -> Range<Int> {
    segments += 1
    guard segments <= Self.maxSegments else {
      throw DetectionError.damaged("the JPEG has more than \(Self.maxSegments) segments")
    }
    guard let length = try window.number(at: offset, size: 2).map({ Int($0) }) else {
      throw DetectionError.damaged("the JPEG ends inside a segment")
    }
    // The length counts itself. libjpeg takes an impossible one for an empty remark.
    guard length >= 2 || Marker.isRemark(code) else {
      throw DetectionError.damaged("a segment of the JPEG has an impossible length")
    }
    let payload = offset + 2..<offset + max(2, length)
    guard window.contains(payload.lowerBound, payload.count) else {
      throw DetectionError.damaged("the JPEG ends inside a segment")
    }
    offset = payload.upperBound
    return payload
  }

  /// Bits a sample, height, width, components, and three bytes a component.
  private mutating func readFrame() throws -> ImageHeader {
    let payload = try readSegment(Marker.startOfImage)
    guard payload.count >= 6,
      let bytes = try window.bytes(at: payload.lowerBound, count: payload.count).map(Array.init)
    else { throw DetectionError.damaged("the JPEG's frame header is too short") }
    let components = Int(bytes[5])
    guard components >= 1, payload.count == 6 + 3 * components else {
      throw DetectionError.damaged("the JPEG's frame header has a wrong length")
    }
    let samplings = (0..<components).map { bytes[7 + 3 * $0] }
    guard samplings.allSatisfy({ 1...4 ~= $0 >> 4 && 1...4 ~= $0 & 15 }) else {
      throw DetectionError.damaged("the JPEG's frame header has an impossible sampling factor")
    }
    let height = Int(bytes[1]) << 8 | Int(bytes[2])
    let width = Int(bytes[3]) << 8 | Int(bytes[4])
    // A height of 0 that a later DNL marker sets is read by no common decoder.
    guard width > 0, height > 0 else { throw DetectionError.damaged("the JPEG has no pixels") }
    return ImageHeader(
      format: .jpeg, storedWidth: width, storedHeight: height, orientation: .topLeft,
      bitsPerSample: Int(bytes[0]), samplesPerPixel: components)
  }

  /// nil when the segment holds something else (XMP).
  private mutating func exifOrientation(_ payload: Range<Int>) throws -> Orientation? {
    guard let bytes = try window.bytes(at: payload.lowerBound, count: payload.count),
      bytes.starts(with: Orientation.exifMark)
    else { return nil }
    return Orientation(exifBlock: bytes)
  }
}

/// Lets `case` test a byte with a list or with a function.
private func ~= (codes: [UInt8], code: UInt8) -> Bool { codes.contains(code) }
private func ~= (matches: (UInt8) -> Bool, code: UInt8) -> Bool { matches(code) }
