/// Walks over the chunks of a PNG file and checks each one's length and checksum, up to the end chunk.
///
/// Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)". What follows the end
/// chunk is not looked at.
struct PNGReader: HeaderReader {
  /// IDAT chunks of 50 bytes fill the largest upload with fewer.
  static let maxChunks = 1 << 20

  private struct Chunk {
    let name: ArraySlice<UInt8>
    let payload: Range<Int>

    func `is`(_ name: StaticString) -> Bool {
      name.withUTF8Buffer { self.name.elementsEqual($0) }
    }
  }

  private var window: ByteWindow
  /// Behind the signature.
  private var offset = 8
  private var chunks = 0
  private var hasOrientation = false

  init(_ window: ByteWindow) { self.window = window }

  /// Up to and with the first chunk of pixels.
  mutating func readHeader() throws -> ImageHeader {
    var header = try readImageHeader(try nextChunk())
    let isPalette = header.isPalette
    var hasPalette = false
    while true {
      let chunk = try nextChunk()
      if chunk.is("IDAT") {
        guard hasPalette || !isPalette else {
          throw DetectionError.damaged("the PNG has no palette")
        }
        return header.image
      } else if chunk.is("PLTE") {
        let length = chunk.payload.count
        guard !isPalette || (length.isMultiple(of: 3) && 3...768 ~= length) else {
          throw DetectionError.damaged("the PNG's palette has an impossible length")
        }
        hasPalette = true
      } else if chunk.is("tRNS") {
        header.image.hasAlpha = true
      } else if chunk.is("IEND") {
        throw DetectionError.damaged("the PNG ends before its pixels")
      } else {
        try readOrientation(chunk, into: &header.image)
      }
    }
  }

  /// To the end chunk.
  mutating func readRest(of header: ImageHeader) throws -> ImageHeader {
    var header = header
    while true {
      let chunk = try nextChunk()
      if chunk.is("IEND") { return header }
      guard !chunk.is("IHDR") else { throw DetectionError.damaged("the PNG has two headers") }
      try readOrientation(chunk, into: &header)
    }
  }

  /// Length, name, payload, checksum of name and payload.
  private mutating func nextChunk() throws -> Chunk {
    chunks += 1
    guard chunks <= Self.maxChunks else {
      throw DetectionError.damaged("the PNG has more than \(Self.maxChunks) chunks")
    }
    guard let length = try window.number(at: offset, size: 4).map({ Int($0) }),
      let name = try window.bytes(at: offset + 4, count: 4),
      window.contains(offset, 12 + length)
    else { throw DetectionError.damaged("the PNG has no end chunk") }
    let payload = offset + 8..<offset + 8 + length
    var checksum = CRC32()
    checksum.update(name)
    var position = payload.lowerBound
    while position < payload.upperBound {
      let bytes = try window.available(at: position).prefix(payload.upperBound - position)
      guard !bytes.isEmpty else { throw DetectionError.damaged("the PNG has no end chunk") }
      checksum.update(bytes)
      position += bytes.count
    }
    guard try window.number(at: payload.upperBound, size: 4) == UInt64(checksum.value) else {
      throw DetectionError.damaged("a chunk of the PNG has a wrong checksum")
    }
    offset = payload.upperBound + 4
    return Chunk(name: name, payload: payload)
  }

  private mutating func readImageHeader(
    _ chunk: Chunk
  ) throws -> (image: ImageHeader, isPalette: Bool) {
    guard chunk.is("IHDR"), chunk.payload.count == 13,
      let bytes = try window.bytes(at: chunk.payload.lowerBound, count: 13).map(Array.init)
    else { throw DetectionError.damaged("the PNG does not begin with its header") }
    let sides = [0, 4].map { start in bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard sides.allSatisfy({ 1...Int(Int32.max) ~= $0 }) else {
      throw DetectionError.damaged("the PNG has an impossible size")
    }
    let depths: [UInt8]
    let samples: Int
    switch bytes[9] {
    case 0: (depths, samples) = ([1, 2, 4, 8, 16], 1)
    case 2: (depths, samples) = ([8, 16], 3)
    case 3: (depths, samples) = ([1, 2, 4, 8], 1)
    case 4: (depths, samples) = ([8, 16], 2)
    case 6: (depths, samples) = ([8, 16], 4)
    default: (depths, samples) = ([], 0)
    }
    guard depths.contains(bytes[8]), bytes[10] == 0, bytes[11] == 0, bytes[12] <= 1 else {
      throw DetectionError.damaged("the PNG's header has an unknown kind of pixels")
    }
    let image = ImageHeader(
      format: .png, storedWidth: sides[0], storedHeight: sides[1], orientation: .topLeft,
      bitsPerSample: Int(bytes[8]), samplesPerPixel: samples,
      hasAlpha: bytes[9] == 4 || bytes[9] == 6)
    return (image, bytes[9] == 3)
  }

  /// The first eXIf chunk counts, before the pixels or behind them.
  private mutating func readOrientation(_ chunk: Chunk, into header: inout ImageHeader) throws {
    guard !hasOrientation, chunk.is("eXIf") else { return }
    hasOrientation = true
    let length = min(chunk.payload.count, ByteWindow.size)
    if let block = try window.bytes(at: chunk.payload.lowerBound, count: length) {
      header.orientation = Orientation(exifBlock: block)
    }
  }
}

/// The checksum of PNG chunks. Source: ISO 3309, the polynomial of ITU-T V.42.
struct CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1) * 0xedb8_8320 }
  }

  private var state = UInt32.max

  var value: UInt32 { ~state }

  mutating func update(_ bytes: ArraySlice<UInt8>) {
    let table = Self.table
    var state = state
    for byte in bytes { state = state >> 8 ^ table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] }
    self.state = state
  }
}
