import Testing

@testable import ObjectDetection

private let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
private let end = chunk("IEND")
private let pixels = chunk("IDAT", [1, 2, 3])

/// The checksum bit by bit, as the PNG specification's appendix defines it.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
  var value = UInt32.max
  for byte in bytes {
    for bit in 0..<8 {
      let feedback = (value ^ UInt32(byte >> UInt8(bit))) & 1
      value = value >> 1 ^ (feedback == 1 ? 0xedb8_8320 : 0)
    }
  }
  return ~value
}

private func chunk(_ name: String, _ payload: [UInt8] = []) -> [UInt8] {
  let named = Array(name.utf8) + payload
  return number(UInt64(payload.count), size: 4) + named
    + number(UInt64(checksum(named)), size: 4)
}

private func start(
  width: UInt64 = 96, height: UInt64 = 72, depth: UInt8 = 8, colour: UInt8 = 2,
  _ methods: [UInt8] = [0, 0, 0]
) -> [UInt8] {
  signature
    + chunk("IHDR", number(width, size: 4) + number(height, size: 4) + [depth, colour] + methods)
}

private func exif(_ orientation: UInt8, mark: String = "") -> [UInt8] {
  let block: [UInt8] = [
    0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0,
  ]
  return chunk("eXIf", Array(mark.utf8) + block)
}

@Suite("PNG header")
struct PNGHeaderTests {
  @Test("the checksum is the published one")
  func publishedChecksum() {
    // The check value of CRC-32/ISO-HDLC, and the checksum of every IEND chunk.
    var checksum = CRC32()
    checksum.update(Array("123456789".utf8)[...])
    #expect(checksum.value == 0xcbf4_3926)
    var end = CRC32()
    end.update(Array("IE".utf8)[...])
    end.update(Array("ND".utf8)[...])
    #expect(end.value == 0xae42_6082)
  }

  @Test("a file that is cut anywhere is refused")
  func truncation() throws {
    let files = try ImageManifest.load().images.map(\.file).filter { $0.hasSuffix(".png") }
    #expect(files.count == 15)
    for file in files {
      let bytes = try fixtureBytes(file)
      for length in 8..<bytes.count {
        let error = try refusal(Array(bytes[..<length]))
        #expect(error?.code == .corruptedFile, "\(file), \(length)")
      }
    }
  }

  @Test(
    "any single bit that is flipped is found", arguments: ["png-grey1.png", "png-palette4.png"])
  func flippedBits(file: String) throws {
    let bytes = try fixtureBytes(file)
    for position in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[position] ^= 1 << UInt8(bit)
        let code = try refusal(damaged)?.code
        #expect(code == (position < 8 ? .invalidFormat : .corruptedFile), "\(position), bit \(bit)")
      }
    }
  }

  /// Depths allowed for each colour type: PNG specification, table 12.
  @Test("only the specified kinds of pixels are accepted")
  func kinds() throws {
    let allowed: [UInt8: Set<UInt8>] = [
      0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16],
    ]
    let samples: [UInt8: Int] = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]
    for colour in UInt8(0)...8 {
      for depth in UInt8(0)...17 {
        let bytes =
          start(depth: depth, colour: colour) + chunk("PLTE", [1, 2, 3]) + pixels
          + end
        if allowed[colour]?.contains(depth) == true {
          let header = try header(bytes)
          #expect(header.samplesPerPixel == samples[colour])
          #expect(header.bitsPerSample == Int(depth))
          #expect(header.hasAlpha == (colour == 4 || colour == 6))
        } else {
          #expect(try refusal(bytes)?.code == .corruptedFile, "\(colour), \(depth)")
        }
      }
    }
  }

  @Test(
    "damaged files are refused",
    arguments: [
      ("compression 1", start([1, 0, 0]) + pixels + end),
      ("filter 1", start([0, 1, 0]) + pixels + end),
      ("interlace 2", start([0, 0, 2]) + pixels + end),
      ("width 0", start(width: 0) + pixels + end),
      ("height 0", start(height: 0) + pixels + end),
      ("a width beyond 31 bits", start(width: 1 << 31) + pixels + end),
      ("no pixels", start() + end),
      ("no end", start() + pixels),
      ("no header", signature + pixels + end),
      ("two headers", start() + pixels + start().dropFirst(8) + end),
      ("a short header", signature + chunk("IHDR", [1, 2]) + pixels + end),
      ("no palette", start(colour: 3) + pixels + end),
      ("a palette behind the pixels", start(colour: 3) + pixels + chunk("PLTE", [1, 2, 3]) + end),
      ("an empty palette", start(colour: 3) + chunk("PLTE") + pixels + end),
      ("a palette of 4 bytes", start(colour: 3) + chunk("PLTE", [1, 2, 3, 4]) + pixels + end),
      ("a chunk of 4 GB", start() + [255, 255, 255, 255] + Array("IDAT".utf8) + pixels + end),
      ("a chunk of 2 GB", start() + [127, 255, 255, 255] + Array("IDAT".utf8) + pixels + end),
      ("a wrong checksum of text", start() + chunk("tEXt", [1]).dropLast() + [9] + pixels + end),
    ] as [(String, [UInt8])])
  func damaged(what: String, bytes: [UInt8]) throws {
    let error = try refusal(bytes)
    #expect(error?.code == .corruptedFile)
    #expect(error?.message.contains("PNG") == true)
  }

  @Test(
    "unusual files are read",
    arguments: [
      ("bytes behind the end", start() + pixels + end + [1, 2, 3]),
      ("empty chunks of pixels", start() + chunk("IDAT") + pixels + chunk("IDAT") + end),
      ("chunks that nobody knows", start() + chunk("prVt", [1]) + pixels + chunk("vpAg") + end),
      ("a suggested palette", start() + chunk("PLTE", [1, 2, 3, 4, 5, 6]) + pixels + end),
    ] as [(String, [UInt8])])
  func unusual(what: String, bytes: [UInt8]) throws {
    #expect(try refusal(bytes) == nil)
  }

  @Test("transparency of a colour is alpha when it stands before the pixels")
  func transparency() throws {
    let transparency = chunk("tRNS", [0, 1, 0, 2, 0, 3])
    #expect(try header(start() + transparency + pixels + end).hasAlpha)
    #expect(try !header(start() + pixels + transparency + end).hasAlpha)
  }

  @Test("the first orientation counts, before the pixels or behind them")
  func orientation() throws {
    let before = start() + exif(6) + pixels + exif(3) + end
    #expect(try header(before).orientation == .rightTop)
    let behind = start() + pixels + exif(3) + end
    #expect(try header(behind).orientation == .bottomRight)
    let marked = start() + exif(8, mark: "Exif\0\0") + pixels + end
    #expect(try header(marked).orientation == .leftBottom)
    let broken = start() + chunk("eXIf", [1, 2]) + pixels + end
    #expect(try header(broken).orientation == .topLeft)
  }

  @Test("chunks are checked wherever the window of 64 KiB ends", arguments: 65_460...65_500)
  func windowEdges(length: Int) throws {
    let pixels = chunk("IDAT", [UInt8](repeating: 7, count: length))
    let bytes = start() + pixels + exif(6) + end
    #expect(try header(bytes).orientation == .rightTop)
    #expect(try refusal(bytes.dropLast(20))?.code == .corruptedFile)
  }
}
