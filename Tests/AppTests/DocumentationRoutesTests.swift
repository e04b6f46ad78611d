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

  @Test("the start page names the version and the address that it was asked under")
  func start() async throws {
    try await serving(swagger: nil) { get in
      let page = try await get("/", ["Host": "detect.example.org:8080"])
      #expect(page.body.contains("Version \(harrierVersion)"))
      #expect(page.body.contains("http://detect.example.org:8080/api/v1/inference/upload"))
      for address in ["/docs", "/openapi.json", "/metrics", "/health/ready"] {
        #expect(page.body.contains("href=\"\(address)\""))
      }
    }
  }

  @Test("a host that is none is not repeated", arguments: ["a\"><b>", "a b", ""])
  func strangeHost(host: String) {
    let page = DocumentationPages.start(host: host)
    #expect(page.contains("http://HOST:8000/api/v1/inference/upload"))
  }

  @Test("unknown query parameters are refused", arguments: ["/", "/docs", "/openapi.json"])
  func query(path: String) async throws {
    try await serving(swagger: nil) { get in
      let answer = try await get("\(path)?a=1", [:])
      #expect(answer.status == 400)
    }
  }

  // MARK: A server with these routes alone

  private struct Answer: Sendable {
    var status: Int
    /// By lower-case name.
    var headers: [String: String]
    var body: String
  }

  private typealias Get =
    @Sendable (_ path: String, _ headers: [String: String]) async throws ->
    Answer

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("bundle", to: "swagger-ui-bundle.js")
    try folder.write("styles", to: "swagger-ui.css")
    try folder.write("icon", to: "favicon-32x32.png")
    return folder
  }

  private func serving(
    swagger directory: String?, _ body: @escaping @Sendable (Get) async throws -> Void
  ) async throws {
    let routes = DocumentationRoutes(swaggerDirectory: directory)
    let router = Router(context: HarrierContext.self)
    router.get("/", use: Self.mapping(routes.start))
    router.get("/openapi.json", use: Self.mapping(routes.openAPI))
    router.get("/docs", use: Self.mapping(routes.page))
    router.get("/docs/{asset}", use: Self.mapping(routes.asset))
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        port.yield(channel.localAddress?.port ?? 0)
      }, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      let port = try #require(await ports.first { _ in true })
      try await body { path, headers in
        try await Self.get("http://127.0.0.1:\(port)\(path)", headers)
      }
      group.cancelAll()
    }
  }

  /// Errors with their status, as the service's middleware does it.
  private static func mapping(
    _ handler: @escaping @Sendable (Request, HarrierContext) async throws -> Response
  ) -> @Sendable (Request, HarrierContext) async throws -> Response {
    { request, context in
      do { return try await handler(request, context) } catch let error as APIError {
        return Response(
          status: error.code.status,
          body: ResponseBody(byteBuffer: ByteBuffer(string: error.message)))
      }
    }
  }

  private static func get(_ url: String, _ headers: [String: String]) async throws -> Answer {
    var request = URLRequest(url: try #require(URL(string: url)))
    request.cachePolicy = .reloadIgnoringLocalCacheData
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = try #require(response as? HTTPURLResponse)
    var fields: [String: String] = [:]
    for (name, value) in http.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
    return Answer(
      status: http.statusCode, headers: fields, body: String(decoding: data, as: UTF8.self))
  }
}
