import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ObjectDetection

/// `/openapi.json`, and Swagger UI at `/docs`; nothing comes from another host.
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
