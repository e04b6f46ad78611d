import Foundation
import Synchronization
import TestSupport

@testable import ObjectDetection

/// Tests/Fixtures/images/manifest.json, as far as headers are concerned. Sizes and colours there were
/// verified with Pillow, OpenCV and tifffile.
struct ImageManifest: Decodable {
  struct Image: Decodable {
    var file: String
    var width: Int
    var height: Int
    var samplesAlphaDropped: [Sample]?

    /// Whether readers that drop alpha see other colours.
    var hasAlpha: Bool { samplesAlphaDropped != nil }
  }

  /// The colour of a pixel, which no header tells.
  struct Sample: Decodable {
    init(from decoder: any Decoder) {}
  }

  struct Refused: Decodable {
    var file: String
  }

  var images: [Image]
  var refused: [Refused]
  var hostile: [Refused]

  static func load() throws -> ImageManifest {
    try Fixtures.decode(from: "images/manifest.json")
  }
}

func fixtureBytes(_ file: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: Fixtures.url("images/\(file)")))
}

/// Any size and number of bytes.
let noLimits = ImageLimits(minSide: 1, maxSide: .max, maxBytes: .max)

func header(_ bytes: [UInt8], limits: ImageLimits = noLimits) throws -> ImageHeader {
  try ImageHeader.read(from: MemoryBytes(bytes), limits: limits)
}

/// Why the bytes are refused; nil when they are not.
func refusal(_ bytes: [UInt8], limits: ImageLimits = noLimits) throws -> DetectionError? {
  do {
    _ = try header(bytes, limits: limits)
    return nil
  } catch let error as DetectionError {
    return error
  }
}

/// Counts what is read from it.
final class CountingSource: ByteSource {
  private let memory: MemoryBytes
  private let totals = Mutex((bytes: 0, largest: 0))

  init(_ bytes: [UInt8]) { memory = MemoryBytes(bytes) }

  var count: Int { memory.count }
  var bytesRead: Int { totals.withLock(\.bytes) }
  var largestRead: Int { totals.withLock(\.largest) }

  func read(at offset: Int, count: Int) -> [UInt8] {
    totals.withLock { totals in
      totals.bytes += count
      totals.largest = max(totals.largest, count)
    }
    return memory.read(at: offset, count: count)
  }
}

/// A number as bytes.
func number(_ value: UInt64, size: Int, _ order: ByteOrder = .bigEndian) -> [UInt8] {
  let bytes = (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  return order == .littleEndian ? bytes : bytes.reversed()
}
