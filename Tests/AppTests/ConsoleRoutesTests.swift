import Foundation
import NIOCore
import TestSupport
import Testing

@testable import App

@Suite("Console: its files")
struct ConsoleRoutesTests {
  private static let types = [
    "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
  ]

  private func serving(
    _ body: @escaping @Sendable (RouteServer.Get) async throws -> Void
  ) async throws {
    let routes = ConsoleRoutes()
    try await RouteServer.serving([("/", routes.page), ("/console/{asset}", routes.asset)], body)
  }

  @Test("the binary has each file of the folder, as it is there, and no other")
  func files() throws {
    let folder = Checkout.path("Console")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
      Self.types[($0 as NSString).pathExtension] != nil
    }
    #expect(names.sorted() == ConsoleAssets.files.map(\.name).sorted())
    for (name, bytes) in ConsoleAssets.files {
      let stored = try Checkout.data("\(folder)/\(name)")
      #expect(stored == Data(bytes.readableBytesView), "\(name)")
    }
  }

  @Test("the page lets nothing run but our own files, and nothing in it names another host")
  func page() async throws {
    try await serving { get in
      let page = try await get("/", [:])
      #expect(page.status == 200)
      #expect(page.headers["content-type"] == "text/html; charset=utf-8")
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"))
      #expect(!policy.contains("unsafe"))
      #expect(!page.body.contains("://") && !page.body.contains("<script>"))
      let again = try await get("/", ["If-None-Match": try #require(page.headers["etag"])])
      #expect(again.status == 304)
    }
  }

  @Test("files come with the types that browsers ask of them, and are asked for again each time")
  func assets() async throws {
    try await serving { get in
      for (name, bytes) in ConsoleAssets.files where name != ConsoleAssets.page {
        let answer = try await get("/console/\(name)", [:])
        #expect(answer.status == 200, "\(name)")
        #expect(
          answer.headers["content-type"] == Self.types[(name as NSString).pathExtension],
          "\(name)")
        #expect(answer.headers["cache-control"] == "no-cache")
        #expect(answer.body.utf8.count == bytes.readableBytes, "\(name)")
      }
    }
  }

  @Test("no file makes markup or code of text", arguments: ConsoleAssets.files.map(\.name))
  func textStaysText(name: String) throws {
    let text = String(decoding: try Checkout.data(Checkout.path("Console/\(name)")), as: UTF8.self)
    for call in [
      "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
      "setHTML", "srcdoc", "javascript:",
    ] {
      #expect(!text.contains(call), "\(call)")
    }
  }

  @Test("there are no other files", arguments: ["none.js", "..%2Findex.html", "", "index.html"])
  func strangers(name: String) async throws {
    try await serving { get in
      let answer = try await get("/console/\(name)", [:])
      #expect(answer.status == 404)
    }
  }
}
