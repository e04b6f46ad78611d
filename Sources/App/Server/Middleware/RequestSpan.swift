import HTTPTypes
import Hummingbird
import Tracing

/// What the span of a request says, by OpenTelemetry's semantic conventions for HTTP servers.
enum RequestSpan {
  static func attributes(
    of request: Request, _ context: HarrierContext, _ endpoint: String
  ) -> SpanAttributes {
    var attributes: SpanAttributes = [
      "http.request.method": .string(RouteTable.knownMethod(request.method)),
      "http.route": .string(endpoint),
      "url.path": .string(request.uri.path),
      "url.scheme": .string(context.isSecure ? "https" : "http"),
      "client.address": .string(context.client),
      "harrier.request_id": .string(context.requestID),
    ]
    if let agent = request.headers[.userAgent] {
      attributes["user_agent.original"] = agent
    }
    return attributes
  }

  /// A client's mistake is no failure of the service.
  static func end(_ span: OTLPSpan, with status: HTTPResponse.Status) {
    span.attributes["http.response.status_code"] = Int64(status.code)
    guard status.code >= 500 else { return }
    span.attributes["error.type"] = "\(status.code)"
    span.setStatus(SpanStatus(code: .error))
  }
}
