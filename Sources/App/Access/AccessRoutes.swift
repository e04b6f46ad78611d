import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import ObjectDetection

/// Where one says who one is.
struct AccessRoutes {
  let service: Service
  let access: AccessControl

  /// `POST /api/v1/auth/token`: a key for a short token, with fewer rights if wanted.
  @Sendable func token(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    try checkOn()
    guard let credentials = try Credentials(request), !credentials.isCookie else {
      throw APIError.unauthorized("Send the key: Authorization: Bearer KEY, or X-API-Key: KEY")
    }
    let (caller, key) = try await keyHolder(credentials, context)
    let wish = try TokenWish(
      parsing: try await body(of: request), scopes: caller.scopes,
      lifetime: service.settings.tokenLifetime)
    let token = try await access.tokens.token(
      AccessTokens.Content(key: key, scopes: wish.scopes, use: .access), lifetime: wish.lifetime,
      at: service.now())
    return .json(
      Envelope.success { json in
        json.string("access_token", token)
        json.string("token_type", "Bearer")
        json.integer("expires_in", Int(wish.lifetime / .seconds(1)))
        json.array("scopes") { json in
          for scope in wish.scopes.sorted() { json.element(scope.rawValue) }
        }
      }, headers: [.cacheControl: "no-store"])
  }

  /// `GET /api/v1/auth/me`: who the service takes the caller for, and what is left to it.
  @Sendable func me(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    return .json(try await document(context.caller), headers: [.cacheControl: "no-store"])
  }

  /// `POST /api/v1/auth/session`: a browser's session, begun with a key.
  @Sendable func begin(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    try checkOn()
    var fields = try JSONFields(
      try JSONValue(parsing: try await JobIntake(service: service).jsonBody(of: request)))
    let text = fields.requiredString("key")
    try fields.finish()
    guard let secret = text.flatMap({ APIKeySecret($0) }) else {
      throw APIError.unauthorized("No key looks like this", cause: "a session without a key")
    }
    let (caller, key) = try await keyHolder(Credentials(text: secret.text), context)
    let lifetime = service.settings.sessionLifetime
    let token = try await access.tokens.token(
      AccessTokens.Content(key: key, scopes: caller.scopes, use: .session), lifetime: lifetime,
      at: service.now())
    let cookie = SessionCookie.header(
      token, isSecure: context.isSecure, seconds: Int(lifetime / .seconds(1)))
    return .json(
      try await document(caller), headers: [.setCookie: cookie, .cacheControl: "no-store"])
  }

  /// `DELETE /api/v1/auth/session`: the browser forgets it.
  @Sendable func end(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    try checkOn()
    let cookie = SessionCookie.header("", isSecure: context.isSecure, seconds: 0)
    return .json(
      Envelope.success(message: "The session has ended") { _ in },
      headers: [.setCookie: cookie, .cacheControl: "no-store"])
  }

  private func checkOn() throws {
    guard access.isOn else {
      throw APIError(
        .notFound, "Access is not controlled here", details: "Nobody needs a key or a token")
    }
  }

  /// A token is not exchanged for another one: it would never end.
  private func keyHolder(
    _ credentials: Credentials, _ context: HarrierContext
  ) async throws -> (Caller, APIKeyID) {
    let caller = try await access.caller(
      of: credentials, from: AddressRange.network(of: context.client), at: service.now())
    context.audited.caller = caller
    guard case .key(let key) = caller.credential else {
      throw APIError.unauthorized("A key is needed, no token")
    }
    return (caller, key)
  }

  private func body(of request: Request) async throws -> [UInt8] {
    guard request.headers[.contentType] != nil else { return Array("{}".utf8) }
    return try await JobIntake(service: service).jsonBody(of: request)
  }

  private func document(_ caller: Caller) async throws -> String {
    let limits = caller.limits(service.settings)
    let counts = try await caller.owner.mapAsync { try await service.jobs.counts(of: $0) }
    let bytes = try await service.byteQuota.bytes(of: caller, at: service.now())
    return Envelope.success { json in
      json.string("authentication", access.isOn ? "on" : "off")
      json.string("credential", caller.credentialName)
      if let owner = caller.owner { json.string("owner", owner) }
      if let key = caller.keyID { json.string("key_id", "\(key)") }
      json.array("scopes") { json in
        for scope in caller.scopes.sorted() { json.element(scope.rawValue) }
      }
      json.object("limits") { json in
        json.optionalInteger("requests_per_minute", limits.requestsPerMinute)
        json.optionalInteger("bytes_per_day", limits.bytesPerDay)
        json.optionalInteger("queued_jobs", limits.queuedJobs)
        json.optionalInteger("running_jobs", limits.runningJobs)
      }
      json.object("used") { json in
        if let bytes { json.integer("bytes_today", bytes) }
        if let counts {
          json.integer("queued_jobs", counts.queued)
          json.integer("running_jobs", counts.processing)
        }
      }
    }
  }
}

/// What a token is to be.
private struct TokenWish {
  let scopes: Set<AccessScope>
  let lifetime: Duration

  /// - Parameters:
  ///   - scopes: of the key: a token has no others.
  ///   - lifetime: the longest, and what is taken where nothing is said.
  init(parsing body: [UInt8], scopes: Set<AccessScope>, lifetime: Duration) throws {
    var fields = try JSONFields(try JSONValue(parsing: body))
    let longest = Int(lifetime / .seconds(1))
    let seconds = fields.integer("expires_in", in: 1...max(1, longest), default: longest)
    var wanted = scopes
    if let texts = fields.optionalStrings("scopes", count: 1...AccessScope.allCases.count) {
      wanted = []
      for (index, text) in texts.enumerated() {
        guard let scope = AccessScope(rawValue: text),
          scopes.contains(scope) || scopes.contains(.admin)
        else {
          fields.note("scopes", at: index, "INVALID_VALUE", "Must be one of the key's own scopes")
          continue
        }
        wanted.insert(scope)
      }
    }
    try fields.finish()
    self.scopes = wanted
    self.lifetime = .seconds(seconds)
  }
}

extension Optional where Wrapped: Sendable {
  fileprivate func mapAsync<Result>(
    _ transform: (Wrapped) async throws -> Result
  ) async rethrows -> Result? {
    guard let self else { return nil }
    return try await transform(self)
  }
}

extension JSONWriter {
  /// Nothing where there is no number.
  fileprivate mutating func optionalInteger(_ key: String, _ value: Int?) {
    if let value { integer(key, value) }
  }
}
