import TestSupport
import Testing

@testable import App

@Suite("MultipartParser, content")
struct MultipartContentTests {
  static let lookAlikes = [
    "", "\r", "\n", "\r\n", "\r\r", "\r\n\r\n", "-", "--", "\r\n-", "\r\n--", "--boun",
    "\r\n--boun",
    "\r\n--\r\n--boun", "\r\r\n--boun\r", "\r\n--boun\r\n--bounD", "--", "x\r\n--", "x--bound",
    "x\n--bound\r\n", "x\r--bound\r\n", "\r\n --bound\r\n", "\r\n-- bound", "\r\n--Bound\r\n",
    "bound--\r\n", "x\r", "x\r\n", "x--", "\u{0}\r\n--boun\u{0}d",
  ]

  @Test("content that looks like a boundary is kept whole", arguments: lookAlikes)
  func lookAlike(content: String) {
    let body = formBody(Array(content.utf8), Array("next".utf8))
    for size in [1, 2, 3, 5, 7, 8, 9, 11, 13, Int.max] {
      let found = MultipartTranscript(body) { size }
      #expect(found.error == nil, "chunks of \(size)")
      #expect(found.contents == [content, "next"], "chunks of \(size)")
    }
  }

  @Test("a boundary at every offset of a chunk is found")
  func chunkEdges() {
    for length in 0...80 {
      let content = [UInt8](repeating: 0x0D, count: length)
      let found = MultipartTranscript(formBody(content, content)) { 16 }
      #expect(found.parts.map(\.content) == [content, content], "\(length) bytes")
    }
  }

  @Test(
    "1 MiB of random bytes arrives as it was sent, whatever the chunks",
    arguments: [1, UInt64.random(in: 2...UInt64.max)])
  func binary(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var content: [UInt8] = []
    while content.count < 1 << 20 {
      withUnsafeBytes(of: random.next()) { content += $0 }
      // Beginnings of the delimiter, more of them than chance would give.
      if content.count % 512 == 0 {
        content += Array("\r\n--boun".utf8).prefix(Int.random(in: 1...8, using: &random))
      }
    }
    let found = MultipartTranscript(formBody(content)) { Int.random(in: 1...9000, using: &random) }
    #expect(found.error == nil)
    #expect(found.parts.count == 1)
    #expect(found.parts.first?.content == content)
    #expect(found.mostHeldBack.value < "\r\n--bound".utf8.count + 80)
  }

  @Test("bytes of a chunk are handed on without a copy")
  func noCopy() throws {
    var parser = MultipartParser(
      boundary: try MultipartBoundary(contentType: "multipart/form-data; boundary=bound"))
    let body = formBody([UInt8](repeating: 7, count: 1000))
    try body.withUnsafeBytes { input in
      var slices: [UnsafeRawBufferPointer] = []
      try parser.parse(input) { if case .partBytes(let bytes) = $0 { slices.append(bytes) } }
      let slice = try #require(slices.first)
      #expect(slices.count == 1 && slice.count == 1000)
      let start = try #require(input.baseAddress)
      let end = try #require(slice.baseAddress) + slice.count
      #expect(end == start + input.count - "\r\n--bound--\r\n".utf8.count)
    }
  }

  @Test("content is what stands before the first delimiter", arguments: UInt64(1)...4)
  func firstDelimiter(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let delimiter = Array("\r\n--ab".utf8)
    for _ in 0..<2000 {
      var content: [UInt8] = []
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        let piece = ["\r\n--ab", "\r\n--a", "\r\n", "--ab", "\r", "-", "abx"].randomElement(
          using: &random)
        content += Array((piece ?? "").utf8)
      }
      // The CRLF of the empty line before the content may belong to a delimiter: RFC 2046, 5.1.1.
      let searched = Array("\r\n".utf8) + content + delimiter
      let first = Self.firstIndex(of: delimiter, in: searched) ?? searched.count
      let expected = first == 0 ? [] : Array(searched[2..<first])
      let body = Array("--ab\r\n\(filesHeader)\r\n\r\n".utf8) + content + delimiter
      let found = MultipartTranscript(body, boundary: "ab") {
        Int.random(in: 1...9, using: &random)
      }
      #expect(found.parts.first?.content == expected, "seed \(seed), content \(content)")
    }
  }

  @Test("the search finds what a look at every byte finds", arguments: UInt64(1)...4)
  func search(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let delimiter = Array("\r\n--a-a".utf8)
    for _ in 0..<5000 {
      let pieces = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        delimiter.prefix(Int.random(in: 0...7, using: &random))
          + [UInt8](repeating: 0x2D, count: Int.random(in: 0...4, using: &random))
      }
      let bytes = pieces.flatMap { $0 }
      let start = Int.random(in: 0...bytes.count, using: &random)
      let found = bytes.withUnsafeBytes { DelimiterSearch.first(delimiter, in: $0, from: start) }
      let whole = Self.firstIndex(of: delimiter, in: Array(bytes[start...]))
      let beginning = (start..<bytes.count).first { delimiter.starts(with: bytes[$0...]) }
      let expected: DelimiterSearch.Match =
        whole.map { .whole(at: start + $0) } ?? beginning.map { .beginning(at: $0) } ?? .absent
      #expect(found == expected, "seed \(seed), from \(start) in \(bytes)")
    }
  }

  private static func firstIndex(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= pattern.count else { return nil }
    return (0...(bytes.count - pattern.count)).first { bytes[$0...].starts(with: pattern) }
  }
}
