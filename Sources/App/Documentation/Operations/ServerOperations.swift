import Jobs

extension APIOperation {
  /// Models, health, metrics, the dashboard's numbers and this documentation.
  static let server = [
    APIOperation(
      method: "GET", path: "/api/v1/models", id: "listModels", tag: .models,
      summary: "Installed and registered models",
      description: """
        By name. Those of the operator's folder are all on the first page; `next_cursor`, given as `cursor`, goes on with \
        the registered ones. Of each of those the version is shown that its name means.
        """,
      parameters: ["ModelLimit", "ModelCursor"],
      answers: [.json("ModelListAnswer", "A page of models", examples: APIExamples.models)],
      errors: stored + [.invalidRequest, .storageError]),
    APIOperation(
      method: "GET", path: "/api/v1/models/{name}", id: "getModel", tag: .models,
      summary: "One model, or one version of a registered one",
      parameters: ["ModelName", "IfNoneMatch"],
      answers: [
        .json("ModelAnswer", "The model", headers: [.eTag], examples: APIExamples.model),
        .notModified,
      ],
      errors: stored + [.invalidRequest, .notFound, .storageError]),
    APIOperation(
      method: "GET", path: "/api/v1/monitoring/dashboard", id: "getDashboard", tag: .monitoring,
      summary: "Numbers for a dashboard, with a short history of each",
      answers: [.json("DashboardAnswer", "The numbers", examples: APIExamples.dashboard)],
      errors: stored + [.invalidRequest], access: .scope(.metrics)),
    APIOperation(
      method: "GET", path: "/metrics", id: "getMetrics", tag: .monitoring,
      summary: "Metrics in the Prometheus text format 0.0.4",
      description: """
        Of this process and its workers; docs/metrics.md lists every metric. In OpenMetrics 1.0.0, with exemplars, where \
        `Accept` asks for it.
        """,
      answers: [
        APIAnswer(
          status: 200, description: "The metrics",
          content: [
            .init(
              mediaType: "text/plain", schema: #"{"type":"string"}"#, examples: APIExamples.metrics),
            .init(
              mediaType: "application/openmetrics-text", schema: #"{"type":"string"}"#,
              examples: nil),
          ])
      ],
      errors: [.internalError], access: .scope(.metrics)),
    APIOperation(
      method: "GET", path: "/health/live", id: "getLiveness", tag: .monitoring,
      summary: "Whether the process answers",
      answers: [.json("HealthAnswer", "It does", examples: APIExamples.live)],
      errors: [.internalError], access: .anyone),
    APIOperation(
      method: "GET", path: "/health/ready", id: "getReadiness", tag: .monitoring,
      summary: "Whether the service can take work",
      description:
        "Names each store and whether it answers; 503 while one does not, or while draining.",
      answers: [.json("HealthAnswer", "It can", examples: APIExamples.ready)],
      errors: [.internalError, .serviceUnavailable], access: .anyone),
    documentation(
      "/openapi.json", id: "getOpenAPI", summary: "This document",
      APIAnswer(
        status: 200, description: "OpenAPI 3.1", headers: [.eTag, .cacheControl],
        content: [
          .init(mediaType: "application/json", schema: #"{"type":"object","required":["openapi"]}"#)
        ])),
    documentation(
      "/docs", id: "getDocumentation", summary: "This document for people, with Swagger UI",
      .text("text/html", "A page")),
    files(
      of: "/docs", id: "getDocumentationAsset", summary: "Files of the page", parameter: "Asset",
      picture: .init(mediaType: "image/png", schema: #"{"type":"string","format":"binary"}"#)),
    documentation(
      "/", id: "getConsole", summary: "The web console",
      APIAnswer(
        status: 200, description: "A page", headers: [.eTag, .cacheControl],
        content: [.init(mediaType: "text/html", schema: #"{"type":"string"}"#)])),
    files(
      of: "/console", id: "getConsoleAsset", summary: "Files of the web console",
      parameter: "ConsoleAsset",
      picture: .init(mediaType: "image/svg+xml", schema: #"{"type":"string"}"#)),
  ]

  /// Scripts, styles and pictures of a page.
  private static func files(
    of page: String, id: String, summary: String, parameter: String, picture: APIAnswer.Content
  ) -> APIOperation {
    APIOperation(
      method: "GET", path: "\(page)/{asset}", id: id, tag: .documentation, summary: summary,
      parameters: [parameter, "IfNoneMatch"],
      answers: [
        APIAnswer(
          status: 200, description: "The file", headers: [.eTag, .cacheControl],
          content: [
            .init(mediaType: "text/javascript", schema: #"{"type":"string"}"#),
            .init(mediaType: "text/css", schema: #"{"type":"string"}"#), picture,
          ]), .notModified,
      ],
      errors: [.internalError, .invalidRequest, .notFound], access: .anyone)
  }

  private static func documentation(
    _ path: String, id: String, summary: String, _ answer: APIAnswer
  ) -> APIOperation {
    let conditional = answer.headers.contains(.eTag)
    return APIOperation(
      method: "GET", path: path, id: id, tag: .documentation, summary: summary,
      parameters: conditional ? ["IfNoneMatch"] : [],
      answers: conditional ? [answer, .notModified] : [answer],
      errors: [.internalError, .invalidRequest], access: .anyone)
  }
}
