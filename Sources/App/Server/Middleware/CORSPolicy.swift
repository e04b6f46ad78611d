import HTTPTypes
import Hummingbird

/// Cross-origin requests of browsers: off unless origins are configured.
struct CORSPolicy: Sendable {
  /// Browsers ask again after an hour.
  private static let maxAgeSeconds = 3600
  private static let requestHeaders =
    "Content-Type, Idempotency-Key, X-Request-Id, If-None-Match, Range, Last-Event-ID, Authorization, X-API-Key"
  private static let exposedHeaders =
    "Location, ETag, Retry-After, X-Request-Id, X-API-Version, Content-Range, Content-Disposition, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"

  let origins: [String]

  /// The answer to a preflight request; nil when it is none, or its origin may not.
  func preflight(
    _ request: Request, allowing methods: @autoclosure () -> [HTTPRequest.Method]
  ) -> Response? {
    guard request.method == .options, request.headers[.accessControlRequestMethod] != nil,
      isAllowed(request)
    else { return nil }
    let methods = methods()
    guard !methods.isEmpty else { return nil }
    return Response(
      status: .noContent,
      headers: [
        .accessControlAllowMethods: methods.map(\.rawValue).joined(separator: ", "),
        .accessControlAllowHeaders: Self.requestHeaders,
        .accessControlMaxAge: "\(Self.maxAgeSeconds)",
      ])
  }

  func decorate(_ response: inout Response, for request: Request) {
    guard !origins.isEmpty else { return }
    if !origins.contains("*") { response.headers[values: .vary].append("Origin") }
    guard isAllowed(request), let origin = request.headers[.origin] else { return }
    response.headers[.accessControlAllowOrigin] = origins.contains("*") ? "*" : origin
    response.headers[.accessControlExposeHeaders] = Self.exposedHeaders
  }

  private func isAllowed(_ request: Request) -> Bool {
    guard let origin = request.headers[.origin] else { return false }
    return origins.contains("*") || origins.contains(origin)
  }
}
