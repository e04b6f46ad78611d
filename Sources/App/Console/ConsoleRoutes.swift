import HTTPTypes
import Hummingbird

/// The web console: one page, and the modules and styles that it loads. All else it gets from the public interface.
struct ConsoleRoutes {
  /// Nothing but our own files runs or is loaded. Pictures may be drawn ones (`blob:`, `data:`).
  static let contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  /// `GET /`
  @Sendable func page(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    var answer = try file(ConsoleAssets.page).response(to: request)
    answer.headers[.contentSecurityPolicy] = Self.contentSecurityPolicy
    return answer
  }

  /// `GET /console/{asset}`
  @Sendable func asset(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    // The page is at `/` alone: it needs the policy that is set there.
    guard let name = context.parameters.get("asset"), name != ConsoleAssets.page else {
      throw Self.noSuchFile
    }
    return try file(name).response(to: request)
  }

  private func file(_ name: String) throws -> StaticDocument {
    guard let file = ConsoleAssets.documents[name] else { throw Self.noSuchFile }
    return file
  }

  private static let noSuchFile = APIError(.notFound, "No such file")
}
