@testable import App

/// All that a parser said about a body, with adjoining bytes of a part joined.
struct MultipartTranscript: Equatable {
  struct Part: Equatable {
    var headers: MultipartPartHeaders
    var content: [UInt8] = []
    var hasEnded = false
  }

  var parts: [Part] = []
  var hasFinished = false
  var error: MultipartError?

  /// The most bytes that the parser kept between two chunks. Depends on the chunks.
  private(set) var mostHeldBack = Ignored(value: 0)

  var names: [String] { parts.map(\.headers.name) }
  var contents: [String] { parts.map { String(decoding: $0.content, as: UTF8.self) } }

  /// Parses `body` in chunks of the sizes that `chunkSize` gives; as one chunk when there is none.
  init(
    _ body: [UInt8], boundary: String = "bound", limits: MultipartLimits = MultipartLimits(),
    chunkSize: () -> Int = { .max }
  ) {
    do {
      let boundary = try MultipartBoundary(
        contentType: "multipart/form-data; boundary=\"\(boundary)\"")
      var parser = MultipartParser(boundary: boundary, limits: limits)
      var rest = body[...]
      while !rest.isEmpty {
        let chunk = rest.prefix(chunkSize())
        rest = rest.dropFirst(chunk.count)
        try parser.parse(chunk) { add($0) }
        mostHeldBack.value = max(mostHeldBack.value, parser.heldBackBytes)
      }
      try parser.finish()
    } catch {
      self.error = error as? MultipartError
    }
  }

  init(_ body: String, boundary: String = "bound", limits: MultipartLimits = MultipartLimits()) {
    self.init(Array(body.utf8), boundary: boundary, limits: limits)
  }

  private mutating func add(_ event: MultipartEvent) {
    switch event {
    case .partBegan(let headers): parts.append(Part(headers: headers))
    case .partBytes(let bytes): parts[parts.count - 1].content += bytes
    case .partEnded: parts[parts.count - 1].hasEnded = true
    case .finished: hasFinished = true
    }
  }

  /// A value that does not count when two transcripts are compared.
  struct Ignored: Equatable {
    var value: Int
    static func == (left: Self, right: Self) -> Bool { true }
  }
}

/// A body with the boundary `bound` and a part of the name `files` for each content.
func formBody(_ contents: [UInt8]...) -> [UInt8] {
  contents.flatMap { Array("--bound\r\n\(filesHeader)\r\n\r\n".utf8) + $0 + Array("\r\n".utf8) }
    + Array("--bound--\r\n".utf8)
}

/// A body of one part with these header lines, each without its line end, and no content.
func headerBody(_ lines: String...) -> String {
  "--bound\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n\r\n--bound--\r\n"
}

let filesHeader = "Content-Disposition: form-data; name=\"files\""
