import ObjectDetection

/// The OpenAPI 3.1 document that `/openapi.json` serves: the contract, for machines. It is composed once, from
/// the operations and the schemas beside this file.
enum OpenAPIDocument {
  /// Of the contract, as `X-API-Version` says it; the product has versions of its own.
  static let apiVersion = "1.0"

  /// The parts of the service, in the order of use.
  static let operationTable: [APIOperation] = [
    APIOperation.access, APIOperation.inference, APIOperation.jobs, APIOperation.results,
    APIOperation.reasoning, APIOperation.comparisons,
    APIOperation.files, APIOperation.rules, APIOperation.registry, APIOperation.shadows,
    APIOperation.golden,
    APIOperation.server,
  ].flatMap(\.self)

  /// Every route, as `GET /api/v1/jobs/{job_id}/status`. `HEAD` exists wherever `GET` is and is not listed.
  static let operations = Set(operationTable.map { "\($0.method) \($0.path)" })

  /// The whole document, where callers say who they are.
  static let text = composed(asksCallers: true)
  /// The same where nobody has to: no route has a scheme of security.
  static let openText = composed(asksCallers: false)

  private static func composed(asksCallers: Bool) -> String {
    var json = JSONWriter()
    json.object { json in
      json.string("openapi", "3.1.0")
      json.object("info") { json in
        json.string("title", "Harrier")
        json.string("summary", "Object detection in aerial and other large pictures")
        json.string("description", introduction)
        json.string("version", apiVersion)
        json.object("license") { json in
          json.string("name", "Apache-2.0")
          json.string("identifier", "Apache-2.0")
        }
      }
      json.array("servers") { json in
        json.object { json in json.string("url", "/") }
      }
      json.array("tags") { json in
        for tag in APITag.allCases {
          json.object { json in
            json.string("name", tag.rawValue)
            json.string("description", tag.summary)
          }
        }
      }
      json.object("paths") { writePaths(asksCallers: asksCallers, to: &$0) }
      json.raw("webhooks", APISchemas.webhookOperations)
      json.object("components", writeComponents)
    }
    return json.text
  }

  private static func writePaths(asksCallers: Bool, to json: inout JSONWriter) {
    var paths: [String] = []
    for operation in operationTable where !paths.contains(operation.path) {
      paths.append(operation.path)
    }
    for path in paths {
      json.object(path) { json in
        for operation in operationTable where operation.path == path {
          operation.write(to: &json, asksCallers: asksCallers)
        }
      }
    }
  }

  private static func writeComponents(_ json: inout JSONWriter) {
    let schemas = [
      APISchemas.access, APISchemas.requests, APISchemas.jobs, APISchemas.webhooks,
      APISchemas.results, APISchemas.comparisons,
      APISchemas.resultFiles, APISchemas.rules, APISchemas.models, APISchemas.shadows,
      APISchemas.golden,
      APISchemas.server,
      APISchemas.errors,
    ].joined()
    json.object("schemas") { json in
      for (name, schema) in schemas { json.raw(name, schema) }
    }
    json.object("parameters") { json in
      for (name, parameter) in APISchemas.parameters { json.raw(name, parameter) }
    }
    json.object("securitySchemes") { json in
      for (name, scheme) in APISchemas.securitySchemes { json.raw(name, scheme) }
    }
    json.object("headers") { json in
      for (name, header) in APISchemas.headers { json.raw(name, header) }
    }
    json.object("examples") { json in
      for code in APIErrorCode.allCases {
        json.object(code.rawValue) { json in
          json.string("summary", code.meaning)
          json.raw("value", code.exampleEnvelope)
        }
      }
    }
  }

  private static let introduction = """
    Upload pictures, start a job, watch it, fetch what was found: as JSON, YOLO, COCO, PASCAL VOC, CSV or GeoJSON, \
    and as annotated pictures.

    - Everything is JSON in UTF-8 unless an answer says otherwise. Success is `{"status": "success", "data": {...}}`, \
    every failure of every route is the one envelope `Error`; `errors` lists all fields or files at fault at once.
    - Times are RFC 3339 in UTC with milliseconds; durations are seconds. Pixels count from the top-left of the \
    upright picture (EXIF orientation applied).
    - Unknown fields of a request body are refused with `INVALID_CONFIG`, unknown or repeated query parameters with \
    `INVALID_REQUEST`; an empty query parameter counts as not there. Clients should ignore fields of an answer that they do not know.
    - `HEAD` is answered wherever `GET` is. Where an answer has an `ETag`, `If-None-Match` is answered with 304. Any \
    other method on a known path gives 405 `METHOD_NOT_ALLOWED` with `Allow`, any other path 404 `NOT_FOUND`.
    - Every answer carries `X-Request-Id` (the client's, if it sent a sane one; it is in the log too) and \
    `X-API-Version`.
    - `RATE_LIMIT_EXCEEDED` counts requests of a client in a minute. Picture bytes, health, metrics and this \
    documentation are not counted.
    - Where the server asks who you are (`auth` is on), send a key or a token: `Authorization: Bearer KEY`, or \
    `X-API-Key: KEY`. What is another one's looks like what is not there: 404.
    """
}

/// The sections of the document.
enum APITag: String, CaseIterable {
  case access, inference, jobs, results, files, rules, models, monitoring, documentation

  var summary: String {
    switch self {
    case .access: "Say who you are, where the server asks"
    case .inference: "Upload pictures and start jobs"
    case .jobs: "Watch, list and cancel jobs"
    case .results: "What was found, in every format, and what rules made of it"
    case .files: "Picture bytes, and the deletion of uploads"
    case .rules: "Installed rule sets"
    case .models: "Installed and registered models"
    case .monitoring: "Health, metrics and numbers for a dashboard"
    case .documentation: "This document and its pages"
    }
  }
}
