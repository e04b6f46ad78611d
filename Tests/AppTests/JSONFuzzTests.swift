import Foundation
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("JSON parser, damaged bodies")
struct JSONFuzzTests {
  static let bodies = [
    predictExample,
    #"{"upload_id":"upl_0123456789ab","file_ids":null,"config":{"model_path":"a\\b.pt"}}"#,
    #"[1,-0,0.5e-3,12E+2,"\u00e9\ud83d\ude00\n",true,false,null,{"a":{"b":[[],{}]}}]"#,
  ]

  @Test(
    "damaged bodies are read or refused as Foundation does it, and never crash",
    arguments: [1, UInt64.random(in: 2...UInt64.max)])
  func damaged(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let clock = ContinuousClock()
    let start = clock.now
    var accepted = 0
    var refused = 0
    while clock.now - start < FuzzBudget.each {
      var body = Array((Self.bodies.randomElement(using: &random) ?? "").utf8)
      for _ in 0..<Int.random(in: 0...3, using: &random) { Self.damage(&body, using: &random) }
      let text = String(decoding: body, as: UTF8.self)
      do {
        let value = try JSONValue(parsing: body)
        accepted += 1
        #expect(Self.foundationAccepts(body), "seed \(seed), accepted \(text)")
        // A request is made of it or refused; neither traps.
        if case .object = value { try? Self.readRequest(body) }
      } catch {
        refused += 1
        let details = try #require(error.details)
        #expect(
          !Self.foundationAccepts(body) || Self.isStricter(details),
          "seed \(seed), refused \(text): \(details)")
      }
    }
    #expect(accepted > 0 && refused > 0, "seed \(seed): \(accepted) accepted, \(refused) refused")
  }

  private static func readRequest(_ body: [UInt8]) throws {
    _ = try PredictRequest(
      parsing: body, defaultModel: "tree-crowns", maxFiles: 100, callbacks: .internetOnly)
  }

  private static func foundationAccepts(_ body: [UInt8]) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed)) != nil
  }

  /// What Foundation reads all the same: duplicate keys, trailing commas, infinite numbers, byte order
  /// marks, more levels, UTF-8 that it repairs, and UTF-16, which it finds by zero bytes.
  private static func isStricter(_ details: String) -> Bool {
    [
      "Duplicate key", "character '}', expected a key", "character ']'", "too large",
      "byte order mark", "Nested more", "not UTF-8", "U+0000", "surrogate",
    ].contains { details.contains($0) }
  }

  private static func damage(_ body: inout [UInt8], using random: inout SeededGenerator) {
    let place = Int.random(in: 0...body.count, using: &random)
    let range = place..<min(body.count, place + Int.random(in: 0...12, using: &random))
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "0", "-", ".", "e", "E+", "1e309",
      "null", "NaN", "true", "\u{0}", "\n", "\u{feff}", "é", " ", "\"a\":1,",
      "99999999999999999999",
      String(repeating: "[", count: 40),
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
