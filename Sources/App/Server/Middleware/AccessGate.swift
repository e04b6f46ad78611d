import HTTPTypes
import Hummingbird
import Jobs

/// What stands before every route: who asks, how often, whether it may, and whether the things that the path names are
/// its own. No route can forget it.
struct AccessGate: Sendable {
  let access: AccessControl
  let routes: RouteTable
  let limiter: RateLimiter

  /// Says in the context who asks, and counts the request.
  /// - Returns: what is left of the requests of a minute.
  /// - Throws: `APIError`: `.unauthorized`, `.rateLimitExceeded`.
  func count(
    _ request: Request, _ context: inout HarrierContext, _ service: Service
  ) async throws -> RateLimiter.Quota? {
    let now = service.now()
    let isExempt = routes.isExempt(context.endpointPath ?? "")
    let network = AddressRange.network(of: context.client)
    context.caller = access.isOn ? .nobody : .anyone
    guard access.isOn, needed(request, context) != .anyone else {
      return isExempt ? nil : try await limiter.admit(network, at: now)
    }
    guard let credentials = try Credentials(request, isSecure: context.isSecure) else {
      if !isExempt { _ = try await limiter.admit(network, at: now) }
      throw APIError.unauthorized("Send the header Authorization: Bearer KEY, or X-API-Key: KEY")
    }
    let caller = try await access.caller(of: credentials, from: network, at: now)
    context.caller = caller
    if isExempt { return nil }
    return try await limiter.admit(
      caller.account, limit: caller.limits.requestsPerMinute, at: now)
  }

  /// Lets the caller of a counted request in.
  /// - Throws: `APIError(.forbidden)`; 404 for what is another one's.
  func check(_ request: Request, _ context: HarrierContext) async throws {
    let needed = needed(request, context)
    guard access.isOn, needed != .anyone else { return }
    try Self.check(context.caller, needed)
    try Self.checkPage(request, context.caller)
    try await checkOwner(context, context.caller)
  }

  private func needed(_ request: Request, _ context: HarrierContext) -> RouteAccess {
    routes.access(of: request.method, context.endpointPath ?? "")
  }

  private static func check(_ caller: Caller, _ needed: RouteAccess) throws {
    guard case .scope(let scope) = needed, !caller.may(scope) else { return }
    let has = caller.scopes.sorted().map(\.rawValue).joined(separator: ", ")
    throw APIError(
      .forbidden, "The key or token may not do this",
      details: "It needs the scope \(scope.rawValue); it has \(has.isEmpty ? "none" : has)")
  }

  /// A browser sends its cookie with whatever a page of another site makes it do.
  private static func checkPage(_ request: Request, _ caller: Caller) throws {
    guard case .token(_, isCookie: true) = caller.credential,
      request.method != .get, request.method != .head, !SessionCookie.isOwnPage(request)
    else { return }
    throw APIError(
      .forbidden, "A session changes things from the service's own pages only",
      details: "Programs send a key: Authorization: Bearer KEY")
  }

  /// What is no id names nothing, as the routes say.
  private func checkOwner(_ context: HarrierContext, _ caller: Caller) async throws {
    if context.parameters.get("job_id") != nil {
      try await access.ownership.check(try context.jobID(), for: caller)
    }
    if context.parameters.get("upload_id") != nil {
      try await access.ownership.check(try context.uploadID(), for: caller)
    }
    if context.parameters.get("file_id") != nil {
      try await access.ownership.check(try context.fileID(), for: caller)
    }
  }
}
