import Foundation
import FoundationNetworking
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TestSupport
import Testing

@testable import App

@Suite("Documentation routes")
struct DocumentationRoutesTests {
  @Test("the document is served as JSON and, while it is the same, answered with 304")
  func document() async throws {
    try await serving(swagger: nil) { get in
      let answer = try await get("/openapi.json", [:])
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
      #expect(answer.body == OpenAPIDocument.openText)
      let tag = try #require(answer.headers["etag"])
      for sent in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
        let again = try await get("/openapi.json", ["If-None-Match": sent])
        #expect(again.status == 304, "\(sent)")
        #expect(again.body == "")
        #expect(again.headers["etag"] == tag)
      }
      let changed = try await get("/openapi.json", ["If-None-Match": "\"other\""])
      #expect(changed.status == 200)
    }
  }

  @Test("the page loads Swagger UI and its script from this server, none of it inline")
  func page() async throws {
    try await serving(swagger: try folder().path) { get in
      let page = try await get("/docs", [:])
      #expect(page.status == 200)
      #expect(page.headers["content-type"] == "text/html; charset=utf-8")
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.hasPrefix("default-src 'self';"))
      #expect(!page.body.contains("<script>") && !page.body.contains("http"))
      for address in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
        #expect(page.body.contains("\"/docs/\(address)\""))
      }
    }
  }

  @Test(
    "the files of the page come with their types",
    arguments: [
      ("swagger-ui-bundle.js", "text/javascript; charset=utf-8", "bundle"),
      ("swagger-ui.css", "text/css; charset=utf-8", "styles"),
      ("favicon-32x32.png", "image/png", "icon"),
    ])
  func assets(name: String, type: String, content: String) async throws {
    let folder = try folder()
    try await serving(swagger: folder.path) { get in
      let asset = try await get("/docs/\(name)", [:])
      #expect(asset.status == 200)
      #expect(asset.headers["content-type"] == type)
      #expect(asset.headers["x-content-type-options"] == "nosniff")
      #expect(asset.body == content)
      let tag = try #require(asset.headers["etag"])
      let again = try await get("/docs/\(name)", ["If-None-Match": tag])
      #expect(again.status == 304)
    }
  }

  @Test("the script that starts Swagger UI opens the served document and asks no other host")
  func initializer() async throws {
    try await serving(swagger: try folder().path) { get in
      let script = try await get("/docs/swagger-initializer.js", [:])
      #expect(script.status == 200)
      #expect(script.body.contains("url: \"/openapi.json\""))
      #expect(script.body.contains("validatorUrl: null"))
    }
  }

  @Test(
    "other files of the folder are not served",
    arguments: ["secret.txt", "..%2Fsecret.txt", "swagger-ui.css.bak", "index.html"])
  func others(name: String) async throws {
    let folder = try folder()
    try folder.write("secret", to: "secret.txt")
    try await serving(swagger: folder.path) { get in
      let answer = try await get("/docs/\(name)", [:])
      #expect(answer.status == 404)
    }
  }

  @Test("a file that is missing from the folder is an error, and no path is told")
  func incomplete() async throws {
    let folder = try TemporaryFolder()
    try await serving(swagger: folder.path) { get in
      let answer = try await get("/docs/swagger-ui.css", [:])
      #expect(answer.status == 500)
      #expect(answer.body == "Swagger UI is not installed completely")
    }
  }

  @Test("without the folder the page says how to install it, and there are no files")
  func withoutSwagger() async throws {
    try await serving(swagger: nil) { get in
      let page = try await get("/docs", [:])
      #expect(page.status == 200)
      #expect(page.body.contains("/openapi.json") && page.body.contains("scripts/setup"))
      let asset = try await get("/docs/swagger-ui.css", [:])
      #expect(asset.status == 404)
    }
  }

  @Test(
    "unknown query parameters are refused",
    arguments: ["/", "/console/main.js", "/docs", "/openapi.json"])
  func query(path: String) async throws {
    try await serving(swagger: nil) { get in
      let answer = try await get("\(path)?a=1", [:])
      #expect(answer.status == 400)
    }
  }

  // MARK: A server with these routes alone

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("bundle", to: "swagger-ui-bundle.js")
    try folder.write("styles", to: "swagger-ui.css")
    try folder.write("icon", to: "favicon-32x32.png")
    return folder
  }

  private func serving(
    swagger directory: String?, _ body: @escaping @Sendable (RouteServer.Get) async throws -> Void
  ) async throws {
    let routes = DocumentationRoutes(swaggerDirectory: directory)
    let console = ConsoleRoutes()
    try await RouteServer.serving(
      [
        ("/", console.page), ("/console/{asset}", console.asset), ("/openapi.json", routes.openAPI),
        ("/docs", routes.page), ("/docs/{asset}", routes.asset),
      ], body)
  }
}
