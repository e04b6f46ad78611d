import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ObjectDetection

/// The start page, `/openapi.json`, and Swagger UI at `/docs`; nothing comes from another host.
struct DocumentationRoutes {
  private let assets: SwaggerAssets

  private let asksCallers: Bool

  init(service: Service) {
    self.init(
      swaggerDirectory: service.settings.swaggerDirectory,
      asksCallers: service.settings.authentication == .on)
  }

  /// nil serves the pages without Swagger UI.
  init(swaggerDirectory: String?, asksCallers: Bool = false) {
    assets = SwaggerAssets(directory: swaggerDirectory)
    self.asksCallers = asksCallers
  }

  /// `GET /`
  @Sendable func start(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    return Self.html(DocumentationPages.start(host: request.head.authority))
  }

  /// `GET /openapi.json`
  @Sendable func openAPI(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    return (asksCallers ? Self.document : Self.openDocument).response(to: request)
  }

  /// `GET /docs`
  @Sendable func page(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    return Self.html(
      assets.directory == nil ? DocumentationPages.withoutSwagger : DocumentationPages.swagger)
  }

  /// `GET /docs/{asset}`
  @Sendable func asset(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    guard let name = context.parameters.get("asset"), let asset = try await assets.asset(name)
    else { throw APIError(.notFound, "No such file") }
    return asset.response(to: request)
  }

  private static let document = json(OpenAPIDocument.text)
  private static let openDocument = json(OpenAPIDocument.openText)

  private static func json(_ text: String) -> StaticDocument {
    StaticDocument(type: "application/json; charset=utf-8", bytes: ByteBuffer(string: text))
  }

  private static func html(_ text: String) -> Response {
    Response(
      status: .ok,
      headers: [
        .contentType: "text/html; charset=utf-8",
        .contentSecurityPolicy: DocumentationPages.contentSecurityPolicy,
        .xContentTypeOptions: "nosniff",
        .cacheControl: "no-cache",
      ],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}

/// Bytes that do not change while the process runs, with their entity tag.
struct StaticDocument: Sendable {
  let type: String
  let bytes: ByteBuffer
  let entityTag: EntityTag

  init(type: String, bytes: ByteBuffer) {
    self.type = type
    self.bytes = bytes
    entityTag = EntityTag(
      opaque: SHA256.hash(data: bytes.readableBytesView).prefix(16).hexadecimal)
  }

  /// The bytes, or 304 for a client that has them.
  func response(to request: Request) -> Response {
    var headers: HTTPFields = [
      .eTag: entityTag.headerValue,
      // Asked for again each time: the address stays the same when the server is updated.
      .cacheControl: "no-cache",
    ]
    if entityTag.matches(ifNoneMatch: request.headers[.ifNoneMatch]) {
      return Response(status: .notModified, headers: headers)
    }
    headers[.contentType] = type
    headers[.xContentTypeOptions] = "nosniff"
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
  }
}
