import TestSupport
import Testing

@testable import ObjectDetection

@Suite("Header readers and arbitrary bytes")
struct HeaderFuzzTests {
  /// A second in a debug build each.
  @Test(
    "mutated files and noise end in a header or an error", arguments: 1...2 as ClosedRange<UInt64>)
  func mutations(seed: UInt64) throws {
    let manifest = try ImageManifest.load()
    let files =
      (manifest.images.map(\.file) + manifest.refused.map(\.file))
      + manifest.hostile.map(\.file)
    var mutator = HeaderMutator(try files.map(fixtureBytes), seed: seed)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(1)
    var tries = 0
    while clock.now < end {
      try mutator.check()
      tries += 1
    }
    print("header readers: \(tries) mutations, \(mutator.accepted) accepted, seed \(seed)")
    #expect(mutator.violations == [])
  }
}

/// Makes files that are almost right, and reads their headers.
struct HeaderMutator {
  private let files: [[UInt8]]
  private var random: SeededGenerator
  private(set) var accepted = 0
  /// Broken promises about reads.
  private(set) var violations: [String] = []

  init(_ files: [[UInt8]], seed: UInt64) {
    self.files = files
    random = SeededGenerator(seed: seed)
  }

  mutating func check() throws {
    let bytes = mutation()
    let source = CountingSource(bytes)
    do {
      let header = try ImageHeader.read(from: source, limits: noLimits)
      accepted += 1
      if header.width < 1 || header.height < 1 { violations.append("no pixels") }
    } catch is DetectionError {
      // The one error that is promised.
    }
    if source.largestRead > 65536 { violations.append("a read of \(source.largestRead)") }
    // Directory and lists of a TIFF may lie anywhere, each with a window of its own.
    if source.bytesRead > 3 * source.count + 64 * 65536 {
      violations.append("\(source.bytesRead) bytes of \(source.count)")
    }
  }

  private mutating func mutation() -> [UInt8] {
    if Int.random(in: 0..<20, using: &random) == 0 { return noise() }
    var bytes = files.randomElement(using: &random) ?? []
    for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&bytes) }
    return bytes
  }

  /// Right first bytes, and then anything.
  private mutating func noise() -> [UInt8] {
    let heads: [[UInt8]] = [
      [0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], [0x49, 0x49, 42, 0],
      [0x4d, 0x4d, 0, 42], [0x49, 0x49, 43, 0, 8, 0, 0, 0], [0x4d, 0x4d, 0, 43, 0, 8, 0, 0], [],
    ]
    let count = Int.random(in: 0...600, using: &random)
    return (heads.randomElement(using: &random) ?? [])
      + (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    // Mostly where headers are.
    let range = Bool.random(using: &random) ? bytes.count : min(bytes.count, 300)
    let place = Int.random(in: 0..<range, using: &random)
    let extremes: [UInt8] = [0, 1, 2, 0x7f, 0x80, 0xff, 0xfe, 0xd9, 0xda]
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes[place] = extremes.randomElement(using: &random) ?? 0
    case 3:
      let value = extremes.randomElement(using: &random) ?? 0
      for index in place..<min(bytes.count, place + 8) { bytes[index] = value }
    case 4: bytes.removeSubrange(place..<min(bytes.count, place + 9))
    case 5:
      let other = Int.random(in: 0..<bytes.count, using: &random)
      bytes.insert(contentsOf: Array(bytes[other..<min(bytes.count, other + 20)]), at: place)
    default: bytes.removeSubrange(place...)
    }
  }
}
