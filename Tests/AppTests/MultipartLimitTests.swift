import Testing

@testable import App

@Suite("MultipartLimits")
struct MultipartLimitTests {
  @Test("a preamble may have its limit of bytes and no more")
  func preamble() {
    let limits = MultipartLimits(preambleBytes: 20)
    for (length, error) in [(20, nil), (21, MultipartError.preambleTooLong(limit: 20))] {
      let body = String(repeating: "-", count: length) + "\r\n--bound--"
      #expect(MultipartTranscript(body, limits: limits).error == error, "\(length) bytes")
    }
  }

  @Test("an endless preamble is refused while it arrives")
  func endlessPreamble() {
    // The last CR may still begin a delimiter and does not count yet.
    let found = MultipartTranscript([UInt8](repeating: 0x0D, count: 8194)) { 100 }
    #expect(found.error == .preambleTooLong(limit: 8192))
  }

  @Test("the headers of a part may have their limit of bytes, the empty line included")
  func headerBytes() {
    let limits = MultipartLimits(headerBytes: filesHeader.utf8.count + 4)
    let exact = MultipartTranscript(headerBody(filesHeader), limits: limits)
    #expect(exact.error == nil)
    let expected = MultipartError.part(1, .headersTooLong(limit: limits.headerBytes))
    #expect(MultipartTranscript(headerBody(filesHeader + ";"), limits: limits).error == expected)
    let padded = headerBody(filesHeader).replacing("--bound\r\nC", with: "--bound \r\nC")
    #expect(MultipartTranscript(padded, limits: limits).error == expected)
  }

  @Test(
    "a header that never ends is refused at the limit, and no more than it is kept",
    arguments: ["X: ", "X", "", "--bound\r\n\(filesHeader)\r\n\r\nx\r\n--bound\r\n"])
  func endlessHeader(start: String) {
    let body = Array("--bound\r\n".utf8) + Array(start.replacing("--bound\r\nC", with: "C").utf8)
    let found = MultipartTranscript(body + [UInt8](repeating: 0x41, count: 1 << 20)) { 1000 }
    let number = start.hasPrefix("--bound") ? 2 : 1
    #expect(found.error == .part(number, .headersTooLong(limit: 16384)))
    #expect(found.mostHeldBack.value <= 16384)
  }

  @Test("padding behind a boundary that never ends is refused")
  func endlessPadding() {
    let body = Array("--bound".utf8) + [UInt8](repeating: 0x20, count: 1 << 16)
    #expect(MultipartTranscript(body).error == .part(1, .headersTooLong(limit: 16384)))
  }

  @Test("a part may have 32 headers and no more")
  func headerCount() {
    for (count, error) in [(32, nil), (33, MultipartError.part(1, .tooManyHeaders(limit: 32)))] {
      let more = (1..<count).map { "X-\($0): y\r\n" }.joined()
      let body = "--bound\r\n\(filesHeader)\r\n\(more)\r\n\r\n--bound--"
      #expect(MultipartTranscript(body).error == error, "\(count) headers")
    }
  }

  @Test("a body may have its limit of parts and no more")
  func partCount() {
    let limits = MultipartLimits(parts: 2)
    #expect(MultipartTranscript(formBody([], []), limits: limits).error == nil)
    let found = MultipartTranscript(formBody([], [], []), limits: limits)
    #expect(found.error == .tooManyParts(limit: 2))
    #expect(found.parts.count == 2)
    #expect(!found.hasFinished)
  }

  @Test("the defaults are those of the documentation")
  func defaults() {
    let limits = MultipartLimits()
    #expect(limits.headerBytes == 16384 && limits.headersPerPart == 32)
    #expect(limits.parts == 1000 && limits.preambleBytes == 8192)
  }
}

extension MultipartTranscript {
  fileprivate init(_ body: [UInt8], limits: MultipartLimits) {
    self.init(body, boundary: "bound", limits: limits)
  }
}
