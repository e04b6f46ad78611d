import Foundation
import NIOCore
import TestSupport
import Testing

@testable import App

@Suite("Static documents")
struct StaticDocumentTests {
  private let text = String(repeating: "Harrier ", count: 400)

  private func serving(
    _ document: StaticDocument, _ body: @escaping @Sendable (RouteServer.Get) async throws -> Void
  ) async throws {
    try await RouteServer.serving([("/a", { request, _ in document.response(to: request) })], body)
  }

  @Test("gzip is what gunzip makes the same bytes of")
  func inverse() async throws {
    let folder = try TemporaryFolder()
    let compressed = try #require(Gzip.compress(Array(text.utf8)))
    #expect(compressed.count < 200)
    try Data(compressed).write(to: URL(fileURLWithPath: folder.path("a.gz")))
    let output = try await HarrierProcess(
      program: "/bin/sh", ["-c", "gunzip -c \"$0\"", folder.path("a.gz")]
    ).run()
    #expect(output.status == 0 && output.text == text)
    // What does not become smaller is left as it is.
    #expect(Gzip.compress((0..<600).map { _ in UInt8.random(in: .min ... .max) }) == nil)
    #expect(Gzip.compress([UInt8]()) == nil)
  }

  @Test(
    "who accepts gzip, gets it",
    arguments: [
      ("gzip", true), ("deflate, gzip;q=0.5", true), ("GZIP", true), ("*", true),
      ("br, *;q=0.1", true),
      ("x-gzip", true), ("gzip ; q=1", true), (nil, false), ("", false), ("br", false),
      ("gzip;q=0", false), ("gzip; q=0.000", false), ("*;q=0", false), ("*, gzip;q=0", false),
      ("gzip;q=x", false), (";,;", false),
    ] as [(String?, Bool)])
  func acceptance(field: String?, isAccepted: Bool) {
    #expect(Gzip.isAccepted(field) == isAccepted)
  }

  @Test("each coding has a tag of its own, and caches are told what the answer depends on")
  func tags() async throws {
    let document = StaticDocument(
      type: "text/css; charset=utf-8", bytes: ByteBuffer(string: text))
    try await serving(document) { get in
      // The client of these tests decodes what it gets.
      let packed = try await get("/a", ["Accept-Encoding": "gzip"])
      let plain = try await get("/a", ["Accept-Encoding": "identity"])
      #expect(packed.headers["content-encoding"] == "gzip")
      #expect(plain.headers["content-encoding"] == nil)
      #expect(packed.body == plain.body)
      let tags = [packed, plain].compactMap { $0.headers["etag"] }
      #expect(Set(tags).count == 2)
      for answer in [packed, plain] { #expect(answer.headers["vary"] == "Accept-Encoding") }
      let unchanged = try await get(
        "/a", ["Accept-Encoding": "gzip", "If-None-Match": tags.first ?? ""])
      #expect(unchanged.status == 304)
      let other = try await get(
        "/a", ["Accept-Encoding": "identity", "If-None-Match": tags.first ?? ""])
      #expect(other.status == 200)
    }
  }

  @Test("what is small, or compressed already, is sent as it is")
  func plain() async throws {
    for document in [
      StaticDocument(type: "text/css", bytes: ByteBuffer(string: "a { }")),
      StaticDocument(type: "image/png", bytes: ByteBuffer(string: text)),
    ] {
      try await serving(document) { get in
        let answer = try await get("/a", ["Accept-Encoding": "gzip"])
        #expect(answer.headers["content-encoding"] == nil && answer.headers["vary"] == nil)
      }
    }
  }
}
