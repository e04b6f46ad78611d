extension APIOperation {
  /// Who asks.
  static let access = [
    APIOperation(
      method: "POST", path: "/api/v1/auth/token", id: "createToken", tag: .access,
      summary: "Exchange a key for a short token",
      description: """
        Send the key in `Authorization: Bearer KEY` or `X-API-Key: KEY`. The token ends by itself, and with its key; it \
        can have fewer scopes than the key. 404 where the server asks nobody who they are.
        """,
      body: APISchemas.tokenBody,
      answers: [.json("TokenAnswer", "The token", examples: APIExamples.token)],
      errors: stored + [
        .invalidRequest, .invalidConfig, .unauthorized, .notFound, .uploadTooLarge,
        .unsupportedMediaType,
      ], access: .anyone),
    APIOperation(
      method: "GET", path: "/api/v1/auth/me", id: "getCaller", tag: .access,
      summary: "Who the server takes you for, and what is left to you",
      answers: [.json("CallerAnswer", "The caller", examples: APIExamples.caller)],
      errors: stored + [.invalidRequest], access: .known),
    APIOperation(
      method: "POST", path: "/api/v1/auth/session", id: "beginSession", tag: .access,
      summary: "Begin a browser's session with a key",
      description: "The cookie is `HttpOnly` and `SameSite=Strict`; programs send the key instead.",
      body: APISchemas.sessionBody,
      answers: [
        .json("CallerAnswer", "The caller", headers: [.setCookie], examples: APIExamples.caller)
      ],
      errors: stored + [
        .invalidRequest, .invalidConfig, .unauthorized, .notFound, .uploadTooLarge,
        .unsupportedMediaType,
      ], access: .anyone),
    APIOperation(
      method: "DELETE", path: "/api/v1/auth/session", id: "endSession", tag: .access,
      summary: "Let the browser forget its session",
      answers: [
        .json("EmptyAnswer", "It is over", headers: [.setCookie], examples: APIExamples.ended)
      ],
      errors: always + [.invalidRequest, .notFound], access: .anyone),
  ]
}
