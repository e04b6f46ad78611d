import Foundation
import ObjectDetection

/// The first directory of a TIFF or BigTIFF file, as far as libvips does not tell it.
///
/// Source: Adobe, "TIFF 6.0"; the BigTIFF proposal at awaresystems.be. Reads at most 64 KiB of directory.
struct TIFFDirectory {
  /// Tag 338: what the bands beyond the colours are. 1 and 2 are alpha, 0 is unspecified.
  let extraSamples: [Int]

  var hasAlpha: Bool { extraSamples.first == 1 || extraSamples.first == 2 }

  /// nil when the file cannot be read that far; decoding then says what is wrong.
  init?(path: String) {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    guard let head = try? file.read(upToCount: 16), head.count == 16 else { return nil }
    let header = TIFFBytes(data: head, isLittleEndian: head.first == 0x49)
    let isBig = header.number(at: 2, size: 2) == 43
    guard let offset = header.number(at: isBig ? 8 : 4, size: isBig ? 8 : 4),
      (try? file.seek(toOffset: UInt64(offset))) != nil,
      let data = try? file.read(upToCount: 1 << 16)
    else { return nil }
    let bytes = TIFFBytes(data: data, isLittleEndian: header.isLittleEndian)
    guard let count = bytes.number(at: 0, size: isBig ? 8 : 2) else { return nil }
    extraSamples = Self.extraSamples(bytes, count: count, isBig: isBig)
  }

  private static func extraSamples(_ bytes: TIFFBytes, count: Int, isBig: Bool) -> [Int] {
    let entrySize = isBig ? 20 : 12
    for index in 0..<min(count, (1 << 16) / entrySize) {
      let entry = (isBig ? 8 : 2) + index * entrySize
      guard bytes.number(at: entry, size: 2) == 338 else { continue }
      let values = entry + (isBig ? 12 : 8)
      let length = bytes.number(at: entry + 4, size: isBig ? 8 : 4) ?? 0
      // More than fit into the entry: the first ones are elsewhere, and more than one band is no alpha.
      guard (1...(isBig ? 4 : 2)).contains(length) else { return [] }
      return (0..<length).compactMap { bytes.number(at: values + 2 * $0, size: 2) }
    }
    return []
  }
}

/// Numbers in a file's byte order.
private struct TIFFBytes {
  let data: Data
  let isLittleEndian: Bool

  /// nil outside the data, or for a number that no file offset can be.
  func number(at offset: Int, size: Int) -> Int? {
    guard offset >= 0, offset + size <= data.count else { return nil }
    let start = data.startIndex + offset
    let bytes = data[start..<start + size]
    let value = (isLittleEndian ? Array(bytes.reversed()) : Array(bytes))
      .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }
}
