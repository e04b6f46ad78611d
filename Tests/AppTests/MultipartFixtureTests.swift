import Foundation
import TestSupport
import Testing

@testable import App

/// A body that a real client sent, from Tests/Fixtures/multipart, and what was put into it.
struct MultipartFixture: Decodable, Sendable, CustomTestStringConvertible {
  struct Part: Decodable, Sendable {
    var name: String
    var filename: String?
    var contentType: String?
    var content: Data
  }

  var file: String
  var contentType: String
  var parts: [Part]

  var testDescription: String { file }

  static func all() throws -> [MultipartFixture] {
    try Fixtures.decode([MultipartFixture].self, from: "multipart/manifest.json")
  }

  func body() throws -> [UInt8] {
    Array(try Data(contentsOf: Fixtures.url("multipart/\(file)")))
  }
}

@Suite("MultipartParser, bodies of real clients")
struct MultipartFixtureTests {
  @Test(
    "names and content are those that the client was given",
    arguments: try MultipartFixture.all())
  func reads(_ fixture: MultipartFixture) throws {
    let boundary = try MultipartBoundary(contentType: fixture.contentType)
    let text = String(decoding: boundary.delimiter.dropFirst(4), as: UTF8.self)
    for size in [1, 7, Int.max] {
      let found = MultipartTranscript(try fixture.body(), boundary: text) { size }
      #expect(found.error == nil)
      #expect(found.hasFinished)
      #expect(found.parts.count == fixture.parts.count)
      for (found, sent) in zip(found.parts, fixture.parts) {
        #expect(found.headers.name == sent.name)
        #expect(found.headers.filename == sent.filename)
        #expect(found.headers.contentType == sent.contentType)
        #expect(found.content == Array(sent.content))
      }
    }
  }

  @Test("the manifest holds bodies of six clients")
  func manifest() throws {
    let clients = try MultipartFixture.all().compactMap { $0.file.split(separator: "-").first }
    #expect(Set(clients) == ["curl", "requests", "urllib3", "email", "werkzeug", "node"])
  }
}
