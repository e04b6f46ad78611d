import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOCore
import ObjectDetection
import Tracing

/// The outermost layer of every request: its id, limits before the route, the envelope of errors, the
/// headers that every answer carries, metrics and the log line.
struct RequestMiddleware: RouterMiddleware {
  typealias Context = HarrierContext

  let service: Service
  let routes: RouteTable
  let gate: AccessGate
  let audit: AuditLog?
  let cors: CORSPolicy
  let proxies: TrustedProxies
  let security: SecurityHeaders
  private let clock = ContinuousClock()
  /// What takes as long as its client sends, or as a model needs for many pictures.
  private static let uploads: Set = [
    UploadRoutes.path, RegistryRoutes.path, GoldenRoutes.path, GoldenRoutes.checkPath,
  ]

  /// - Parameter audit: nil where nobody keeps one.
  init(
    service: Service, routes: RouteTable, access: AccessControl, audit: AuditLog?
  ) throws {
    self.service = service
    self.routes = routes
    gate = AccessGate(
      access: access, routes: routes,
      limiter: RateLimiter(
        requestsPerMinute: service.settings.rateLimit, shared: service.rateLimit))
    self.audit = audit
    security = SecurityHeaders(hstsSeconds: service.settings.hstsSeconds)
    cors = CORSPolicy(origins: service.settings.corsOrigins)
    proxies = try TrustedProxies(service.settings.trustedProxies)
  }

  func handle(
    _ request: Request, context: HarrierContext,
    next: (Request, HarrierContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    context.requestID = RequestIdentifier.of(request, at: service.now)
    context.client = proxies.client(of: request, connectedTo: context.remoteAddress)
    context.isSecure =
      service.settings.tlsCertificate != nil
      || proxies.saysSecure(request, connectedTo: context.remoteAddress)
    // The server's own logger is quieter than the service's.
    context.logger = service.logger
    context.logger[metadataKey: "request_id"] = "\(context.requestID)"
    let endpoint = endpoint(of: request, context)
    guard isTraced(endpoint) else { return await observed(request, context, endpoint, next) }
    return await service.traces.span(
      "\(RouteTable.knownMethod(request.method)) \(endpoint)", kind: .server,
      parent: service.traces.context(of: request.headers),
      attributes: RequestSpan.attributes(of: request, context, endpoint)
    ) { [context] span in
      let response = await observed(request, context, endpoint, next)
      if let span { RequestSpan.end(span, with: response.status) }
      return response
    }
  }

  /// Scrapes and probes come every few seconds and say nothing in a trace.
  private func isTraced(_ endpoint: String) -> Bool {
    service.traces.tracer != nil && endpoint != "/metrics" && !endpoint.hasPrefix("/health/")
  }

  /// The answer, counted and logged.
  private func observed(
    _ request: Request, _ context: HarrierContext, _ endpoint: String,
    _ next: (Request, HarrierContext) async throws -> Response
  ) async -> Response {
    let start = clock.now
    let parts = OperationParts()
    var response = await OperationParts.$current.withValue(parts) {
      await enveloped(request, context, next)
    }
    response.headers[.xRequestID] = context.requestID
    response.headers[.xAPIVersion] = "1.0"
    security.decorate(&response)
    cors.decorate(&response, for: request)
    let duration = clock.now - start
    // What the client asked to wait is not the service's time.
    let ownDuration = max(.zero, duration - parts.held)
    service.metrics.request(
      method: RouteTable.knownMethod(request.method), endpoint: endpoint,
      status: response.status.code, duration: ownDuration)
    log(response, request, context, duration)
    if ownDuration > service.settings.slowRequest, !Self.uploads.contains(endpoint) {
      logSlow(request, context, ownDuration, parts)
    }
    return response
  }

  /// The route's answer, or the envelope of its error.
  private func enveloped(
    _ request: Request, _ context: HarrierContext,
    _ next: (Request, HarrierContext) async throws -> Response
  ) async -> Response {
    var context = context
    do {
      let response = try await answer(request, &context, next)
      await record(request, context, status: response.status.code, errorCode: nil)
      return request.method == .head ? try await response.withoutBody() : response
    } catch {
      var failure = APIError(error)
      await record(
        request, context, status: failure.code.status.code, errorCode: failure.code)
      log(failure, request, context)
      RefusedBody.close(context.channel, after: &failure, to: request)
      let response = failure.response(requestID: context.requestID, at: service.now())
      return request.method == .head ? response.createHeadResponse() : response
    }
  }

  /// The route's template; also where a path has routes, but none of this method.
  private func endpoint(of request: Request, _ context: HarrierContext) -> String {
    if let path = context.endpointPath, path.hasPrefix("/") { return path }
    return routes.template(of: request.uri.path) ?? "unmatched"
  }

  private func record(
    _ request: Request, _ context: HarrierContext, status: Int, errorCode: APIErrorCode?
  ) async {
    guard let audit else { return }
    let template = context.endpointPath ?? ""
    await audit.record(
      request, context, routes.access(of: request.method, template),
      action: "\(RouteTable.knownMethod(request.method)) \(endpoint(of: request, context))",
      status: status, errorCode: errorCode, at: service.now())
  }

  private func answer(
    _ request: Request, _ context: inout HarrierContext,
    _ next: (Request, HarrierContext) async throws -> Response
  ) async throws -> Response {
    try RequestLimits.check(request)
    if let preflight = cors.preflight(request, allowing: routes.methods(for: request.uri.path)) {
      return preflight
    }
    let quota = try await gate.count(request, &context, service)
    do {
      try await gate.check(request, context)
      var response = try await next(request, context)
      if let quota { response.headers.append(contentsOf: quota.headers) }
      return response
    } catch let error as HTTPError where error.status == .notFound {
      throw routes.noRoute(for: request)
    } catch {
      var failure = APIError(error)
      if let quota { failure.headers.append(contentsOf: quota.headers) }
      throw failure
    }
  }

  private func log(_ failure: APIError, _ request: Request, _ context: HarrierContext) {
    var metadata: Logger.Metadata = ["error_code": "\(failure.code.rawValue)"]
    if let cause = failure.cause { metadata["cause"] = "\(cause)" }
    let level: Logger.Level = failure.code.status.code >= 500 ? .error : .info
    context.logger.log(level: level, "\(failure.message)", metadata: metadata)
  }

  private func log(
    _ response: Response, _ request: Request, _ context: HarrierContext, _ duration: Duration
  ) {
    // Polls and scrapes are many and say little.
    let level: Logger.Level = request.method == .get || request.method == .head ? .debug : .info
    guard context.logger.logLevel <= level else { return }
    context.logger.log(
      level: level, "request",
      metadata: [
        "method": "\(request.method.rawValue)", "path": "\(request.uri.path)",
        "status": "\(response.status.code)", "client": "\(context.client)",
        "duration_ms": "\(duration.milliseconds)",
      ])
  }
}

extension RequestMiddleware {
  /// Says what the time went into: parts that ran at once add up to more than there was.
  private func logSlow(
    _ request: Request, _ context: HarrierContext, _ duration: Duration, _ parts: OperationParts
  ) {
    context.logger.warning(
      "slow request",
      metadata: [
        "method": "\(request.method.rawValue)", "path": "\(request.uri.path)",
        "duration_ms": .stringConvertible(duration.milliseconds), "parts": "\(parts.description)",
      ])
  }
}

/// What is refused before any route sees it.
enum RequestLimits {
  /// Longer than any route with any query of ours.
  static let maxURIBytes = 8192

  static func check(_ request: Request) throws {
    guard request.uri.string.utf8.count <= maxURIBytes else {
      throw APIError(
        .invalidRequest, "The URL is too long", details: "At most \(maxURIBytes) bytes")
    }
  }
}
