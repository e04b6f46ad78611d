import HTTPTypes
import Jobs
import ObjectDetection

/// One route of the contract: what it takes, what it answers, and every error code that it can give.
struct APIOperation {
  /// `GET`, `POST` or `DELETE`.
  var method: String
  /// The template, as the router has it: `/api/v1/jobs/{job_id}/status`.
  var path: String
  /// Names the operation in generated clients.
  var id: String
  var tag: APITag
  var summary: String
  var description: String?
  /// Names in `components/parameters`.
  var parameters: [String] = []
  /// A Request Body Object, as JSON.
  var body: String?
  var answers: [APIAnswer]
  var errors: [APIErrorCode]
  /// Who may ask; nil for the scope that its method needs.
  var access: RouteAccess?

  /// What any route with a rate limit and a bug can answer.
  static let always: [APIErrorCode] = [.rateLimitExceeded, .internalError]
  /// Of routes that ask the metadata store.
  static let stored: [APIErrorCode] = always + [.databaseError, .serviceUnavailable]

  /// Writes the operation as a member of its path.
  /// - Parameter asksCallers: whether the server asks who calls.
  func write(to json: inout JSONWriter, asksCallers: Bool) {
    json.object(method.lowercased()) { json in
      json.string("operationId", id)
      json.array("tags") { json in json.element(tag.rawValue) }
      json.string("summary", summary)
      if let description { json.string("description", description) }
      json.array("parameters") { json in
        for name in parameters + ["RequestId"] {
          json.object { json in json.string("$ref", "#/components/parameters/\(name)") }
        }
      }
      if let body { json.raw("requestBody", body) }
      json.array("security") { if asksCallers { writeSecurity(to: &$0) } }
      json.object("responses") { json in
        for answer in answers { answer.write(to: &json) }
        writeErrors(to: &json)
      }
    }
  }

  private var routeAccess: RouteAccess { access ?? .standard(method) }

  /// Which of the document's schemes; none at all for what anyone may ask.
  private func writeSecurity(to json: inout JSONWriter) {
    guard routeAccess != .anyone else { return }
    for scheme in APISchemas.securitySchemes {
      json.object { json in
        json.array(scheme.name) { json in
          if case .scope(let scope) = routeAccess { json.element(scope.rawValue) }
        }
      }
    }
  }

  private var accessErrors: [APIErrorCode] {
    switch routeAccess {
    case .anyone: []
    case .known: [.unauthorized]
    case .scope: [.unauthorized, .forbidden]
    }
  }

  /// One answer a status: the envelope, with the codes that this route gives, and an example of each.
  private func writeErrors(to json: inout JSONWriter) {
    let byStatus = Dictionary(
      grouping: APIErrorCode.allCases.filter((errors + accessErrors).contains)
    ) {
      $0.status.code
    }
    for (status, codes) in byStatus.sorted(by: { $0.key < $1.key }) {
      let names = codes.map(\.rawValue)
      json.object("\(status)") { json in
        json.string(
          "description", codes.map { "`\($0.rawValue)`: \($0.meaning)" }.joined(separator: ". "))
        json.object("headers") { json in
          for header in APIAnswer.commonHeaders + codes[0].documentedHeaders {
            header.write(to: &json)
          }
        }
        json.object("content") { json in
          json.object("application/json") { json in
            json.raw("schema", Self.errorSchema(of: names))
            json.object("examples") { json in
              for name in names {
                json.object(name) { json in json.string("$ref", "#/components/examples/\(name)") }
              }
            }
          }
        }
      }
    }
  }

  private static func errorSchema(of codes: [String]) -> String {
    var json = JSONWriter()
    json.object { json in
      json.array("allOf") { json in
        json.object { json in json.string("$ref", "#/components/schemas/Error") }
        json.object { json in
          json.object("properties") { json in
            json.object("error_code") { json in
              json.array("enum") { json in
                for code in codes { json.element(code) }
              }
            }
          }
        }
      }
    }
    return json.text
  }
}

/// One answer of a route that is not a failure.
struct APIAnswer {
  /// A body in one media type.
  struct Content {
    var mediaType: String
    /// A Schema Object, as JSON.
    var schema: String
    /// An Examples map, as JSON.
    var examples: String?
  }

  var status: Int
  var description: String
  var headers: [APIHeader] = []
  var content: [Content] = []

  static let commonHeaders: [APIHeader] = [.requestID, .apiVersion]

  /// A JSON document of a schema in `components/schemas`.
  static func json(
    _ schema: String, _ description: String, status: Int = 200, headers: [APIHeader] = [],
    examples: String
  ) -> APIAnswer {
    let reference = "{\"$ref\":\"#/components/schemas/\(schema)\"}"
    return APIAnswer(
      status: status, description: description, headers: headers,
      content: [Content(mediaType: "application/json", schema: reference, examples: examples)])
  }

  /// Text in a media type of its own.
  static func text(
    _ mediaType: String, _ description: String, headers: [APIHeader] = [], examples: String? = nil
  ) -> APIAnswer {
    APIAnswer(
      status: 200, description: description, headers: headers,
      content: [Content(mediaType: mediaType, schema: #"{"type":"string"}"#, examples: examples)])
  }

  /// Bytes, in one of several media types.
  static func bytes(
    _ mediaTypes: [String], _ description: String, status: Int = 200, headers: [APIHeader]
  ) -> APIAnswer {
    APIAnswer(
      status: status, description: description, headers: headers,
      content: mediaTypes.map {
        Content(mediaType: $0, schema: #"{"type":"string","format":"binary"}"#)
      })
  }

  static let notModified = APIAnswer(
    status: 304, description: "What `If-None-Match` names is still right", headers: [.eTag])

  func write(to json: inout JSONWriter) {
    json.object("\(status)") { json in
      json.string("description", description)
      json.object("headers") { json in
        for header in Self.commonHeaders + headers { header.write(to: &json) }
      }
      guard !content.isEmpty else { return }
      json.object("content") { json in
        for content in content {
          json.object(content.mediaType) { json in
            json.raw("schema", content.schema)
            if let examples = content.examples { json.raw("examples", examples) }
          }
        }
      }
    }
  }
}

/// A header of an answer. The raw value is its name, on the wire and in `components/headers`.
enum APIHeader: String, CaseIterable {
  case requestID = "X-Request-Id"
  case apiVersion = "X-API-Version"
  case location = "Location"
  case eTag = "ETag"
  case cacheControl = "Cache-Control"
  case acceptRanges = "Accept-Ranges"
  case contentRange = "Content-Range"
  case contentDisposition = "Content-Disposition"
  case contentTypeOptions = "X-Content-Type-Options"
  case allow = "Allow"
  case retryAfter = "Retry-After"
  case rateLimit = "RateLimit-Limit"
  case rateLimitRemaining = "RateLimit-Remaining"
  case rateLimitReset = "RateLimit-Reset"
  case setCookie = "Set-Cookie"
  case authenticate = "WWW-Authenticate"

  func write(to json: inout JSONWriter) {
    json.object(rawValue) { json in json.string("$ref", "#/components/headers/\(rawValue)") }
  }
}
