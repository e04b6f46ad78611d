import Testing

@testable import App

@Suite("MultipartParser")
struct MultipartParserTests {
  /// Every state of the parser: preamble, padding, two headers, look-alikes, an empty part,
  /// epilogue.
  static let thorough = Array(
    """
    preamble\r\n--boun\r\n--bound \t\r\nContent-Disposition: form-data; name="a"; filename="é.jpg"\r
    Content-Type: image/jpeg\r\n\r\n--bou\r\n--boun\r\r\n--\r\n\r\n--bound\r
    \(filesHeader)\r\n\r\n\r\n--bound\r\n\(filesHeader)\r\n\r\n--bound-- \r\nepilogue\r\n--bound
    """.utf8)

  static func expectThorough(_ found: MultipartTranscript, _ comment: String) {
    #expect(found.error == nil, "\(comment)")
    #expect(found.hasFinished, "\(comment)")
    #expect(found.names == ["a", "files", "files"], "\(comment)")
    #expect(found.contents == ["--bou\r\n--boun\r\r\n--\r\n", "", ""], "\(comment)")
    #expect(!found.parts.contains { !$0.hasEnded }, "\(comment)")
    #expect(found.parts.first?.headers.filename == "é.jpg", "\(comment)")
    #expect(found.parts.first?.headers.contentType == "image/jpeg", "\(comment)")
  }

  @Test("a body in one chunk gives its parts")
  func whole() { Self.expectThorough(MultipartTranscript(Self.thorough), "one chunk") }

  @Test("a body cut in two at any place gives the same parts")
  func twoChunks() {
    for cut in 1..<Self.thorough.count {
      var sizes = [cut, .max][...]
      let found = MultipartTranscript(Self.thorough) { sizes.popFirst() ?? 1 }
      Self.expectThorough(found, "cut at \(cut)")
    }
  }

  @Test("a body in chunks of a few bytes gives the same parts", arguments: 1...24)
  func smallChunks(size: Int) {
    Self.expectThorough(MultipartTranscript(Self.thorough) { size }, "chunks of \(size)")
  }

  @Test("a body that ends at any place before the closing boundary is reported as cut off")
  func truncated() {
    let end = Self.thorough.count - " \r\nepilogue\r\n--bound".utf8.count
    for length in 0..<end {
      let found = MultipartTranscript(Array(Self.thorough[..<length]))
      #expect(!found.hasFinished, "\(length) bytes")
      switch found.error {
      case .emptyBody: #expect(length == 0)
      // The preamble of 16 bytes ends with the beginning of a boundary; the first boundary has 7.
      case .boundaryNotFound: #expect((1..<25).contains(length))
      case .truncated(let part): #expect(length >= 25 && part >= found.parts.count)
      default: Issue.record("\(length) bytes: \(String(describing: found.error))")
      }
    }
    #expect(MultipartTranscript(Array(Self.thorough[..<end])).hasFinished)
  }

  @Test(
    "a body may end right behind the closing boundary",
    arguments: ["", " ", "\r", "\r\n", "\r\nmore\r\n--bound\r\n", " \t\r\n--bound--"])
  func ends(tail: String) {
    let found = MultipartTranscript("--bound\r\n\(filesHeader)\r\n\r\nx\r\n--bound--\(tail)")
    #expect(found.error == nil)
    #expect(found.hasFinished)
    #expect(found.contents == ["x"])
  }

  @Test("a form without parts is a body of its own")
  func noParts() {
    let found = MultipartTranscript("--bound--\r\n")
    #expect(found.error == nil)
    #expect(found.hasFinished)
    #expect(found.parts.isEmpty)
  }

  @Test("a thousand parts come in their order")
  func manyParts() {
    let body = (1...1000).map {
      "--bound\r\nContent-Disposition: form-data; name=n\($0)\r\n\r\n\($0)\r\n"
    }
    let found = MultipartTranscript(body.joined() + "--bound--")
    #expect(found.error == nil)
    #expect(found.names == (1...1000).map { "n\($0)" })
    #expect(found.contents == (1...1000).map(String.init))
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    var body: String
    var error: MultipartError
    var testDescription: String { body.debugDescription }
  }

  static let refused = [
    Refused(body: "", error: .emptyBody),
    Refused(body: "{\"json\": true}", error: .boundaryNotFound),
    Refused(body: "--other\r\n\(filesHeader)\r\n\r\n\r\n--other--", error: .boundaryNotFound),
    // Readers differ in whether these lines are boundaries: refused, not guessed.
    Refused(body: "--bounds\r\n", error: .malformedDelimiter),
    Refused(body: "--bound\n\(filesHeader)\n\n\n--bound--", error: .malformedDelimiter),
    Refused(body: "--bound\r\r\n", error: .malformedDelimiter),
    Refused(body: "--bound \rx", error: .malformedDelimiter),
    Refused(body: "--bound-\r\n", error: .malformedDelimiter),
    Refused(body: "--bound--x", error: .malformedDelimiter),
    Refused(body: "--bound-- \n", error: .malformedDelimiter),
    Refused(body: "--bound--\rx", error: .malformedDelimiter),
    Refused(
      body: "--bound\r\n\(filesHeader)\r\n\r\nx\r\n--bound2\r\n", error: .malformedDelimiter),
    // A boundary with bare line feeds is content, so the part never ends.
    Refused(
      body: "--bound\r\n\(filesHeader)\r\n\r\nx\n--bound--\n", error: .truncated(part: 1)),
    Refused(body: "--bound", error: .truncated(part: 1)),
    Refused(
      body: "--bound\r\n\(filesHeader)\r\n\r\nx\r\n--bound\r\n", error: .truncated(part: 2)),
  ]

  @Test("a body whose frame is wrong is refused with what is wrong", arguments: refused)
  func refuses(_ refused: Refused) {
    let found = MultipartTranscript(refused.body)
    #expect(found.error == refused.error)
    let bytewise = MultipartTranscript(Array(refused.body.utf8)) { 1 }
    #expect(bytewise == found)
  }

  @Test("after an error every further call throws it again")
  func staysFailed() throws {
    var parser = MultipartParser(
      boundary: try MultipartBoundary(contentType: "multipart/form-data; boundary=bound"))
    for bytes in ["--boundX", "\r\n--bound\r\n"] {
      #expect(throws: MultipartError.malformedDelimiter) {
        try parser.parse(Array(bytes.utf8)[...]) { _ in Issue.record("an event after an error") }
      }
    }
    #expect(throws: MultipartError.malformedDelimiter) { try parser.finish() }
  }

  @Test("what the handler throws ends the parsing")
  func handlerThrows() throws {
    struct DiskFull: Error {}
    var parser = MultipartParser(
      boundary: try MultipartBoundary(contentType: "multipart/form-data; boundary=bound"))
    let body = formBody([1], [2])
    var calls = 0
    for _ in 0..<2 {
      #expect(throws: DiskFull.self) {
        try parser.parse(body[...]) { _ in
          calls += 1
          throw DiskFull()
        }
      }
    }
    #expect(calls == 1)
    #expect(throws: DiskFull.self) { try parser.finish() }
  }

  @Test("messages say in plain words what is wrong, and in which part")
  func messages() {
    #expect(
      "\(MultipartError.truncated(part: 2))"
        == "The body ends in part 2, before the closing boundary: it was cut off")
    #expect(
      "\(MultipartError.part(3, .missingName))"
        == "Part 3: the Content-Disposition header has no name")
  }
}
