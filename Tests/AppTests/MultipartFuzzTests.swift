import TestSupport
import Testing

@testable import App

@Suite("MultipartParser, damaged bodies")
struct MultipartFuzzTests {
  @Test(
    "a damaged body says the same in any chunks, and little of it is kept",
    arguments: [1, UInt64.random(in: 2...UInt64.max)])
  func damaged(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let originals = try MultipartFixture.all().map { fixture in
      (boundary: try Self.boundary(of: fixture), body: try fixture.body())
    }
    let limits = MultipartLimits(headerBytes: 512, headersPerPart: 4, parts: 4, preambleBytes: 64)
    let clock = ContinuousClock()
    let start = clock.now
    var refused = 0
    var accepted = 0
    while clock.now - start < FuzzBudget.each {
      let original = try #require(originals.randomElement(using: &random))
      var body = original.body
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        Self.damage(&body, boundary: original.boundary, using: &random)
      }
      let whole = MultipartTranscript(body, boundary: original.boundary, limits: limits)
      let bytewise = MultipartTranscript(body, boundary: original.boundary, limits: limits) { 1 }
      let mixed = MultipartTranscript(body, boundary: original.boundary, limits: limits) {
        Int.random(in: 1...40, using: &random)
      }
      #expect(bytewise == whole && mixed == whole, "seed \(seed), body \(body)")
      #expect(whole.hasFinished || whole.error != nil, "seed \(seed), body \(body)")
      for transcript in [whole, bytewise, mixed] {
        #expect(transcript.mostHeldBack.value <= limits.headerBytes, "seed \(seed), body \(body)")
      }
      if whole.error == nil { accepted += 1 } else { refused += 1 }
    }
    #expect(accepted > 0 && refused > 0, "seed \(seed): \(accepted) accepted, \(refused) refused")
  }

  @Test(
    "of content no more is kept than a delimiter has",
    arguments: ["b", String(repeating: "b", count: 70)])
  func heldBack(boundary: String) {
    let delimiter = Array("\r\n--\(boundary)".utf8)
    var body = Array("--\(boundary)\r\n\(filesHeader)\r\n\r\n".utf8)
    let head = body.count
    for length in 0..<delimiter.count { body += delimiter.prefix(length) + [0x21] }
    var sizes = [head][...]
    let found = MultipartTranscript(body + delimiter, boundary: boundary) { sizes.popFirst() ?? 1 }
    #expect(found.error == .truncated(part: 1))
    #expect(found.mostHeldBack.value < delimiter.count)
  }

  private static func boundary(of fixture: MultipartFixture) throws -> String {
    let delimiter = try MultipartBoundary(contentType: fixture.contentType).delimiter
    return String(decoding: delimiter.dropFirst(4), as: UTF8.self)
  }

  private static func damage(
    _ body: inout [UInt8], boundary: String, using random: inout SeededGenerator
  ) {
    let place = Int.random(in: 0...body.count, using: &random)
    let range = place..<min(body.count, place + Int.random(in: 0...30, using: &random))
    let pieces = [
      "\r", "\n", "\r\n", "-", "--", "\"", "\\", ";", "%", "'", "*", "=", " ", "\t", "\u{0}", "é",
      "\r\n--\(boundary)", "--\(boundary)--", "\r\n--\(boundary.dropLast())", "\r\n\(filesHeader)",
      String(repeating: "x", count: 600),
    ]
    switch Int.random(in: 0...4, using: &random) {
    case 0: body.removeSubrange(range)
    case 1: body.insert(contentsOf: body[range], at: Int.random(in: 0...body.count, using: &random))
    case 2: body.removeSubrange(place...)
    case 3: for index in range.prefix(1) { body[index] = UInt8.random(in: 0...255, using: &random) }
    default: body.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: place)
    }
  }
}
