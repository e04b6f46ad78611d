import Foundation
import HTTPTypes
import Testing

@testable import App

/// The document checked for itself; `scripts/check-api` holds it against a running server.
@Suite("OpenAPI document")
struct OpenAPIDocumentTests {
  private let document: [String: Any]
  private let schema: JSONSchema

  init() throws {
    document = try Self.object(OpenAPIDocument.text)
    schema = JSONSchema(document: document)
  }

  @Test("it is OpenAPI 3.1 of the contract's version")
  func head() throws {
    #expect(document["openapi"] as? String == "3.1.0")
    let info = try #require(document["info"] as? [String: Any])
    #expect(info["version"] as? String == "1.0")
    #expect(info["title"] as? String == "Harrier")
  }

  /// By hand from the contract, in its order; then those that the contract does not name.
  private static let routes = [
    "POST /api/v1/inference/upload", "POST /api/v1/inference/predict",
    "GET /api/v1/jobs/{job_id}/status", "GET /api/v1/jobs", "POST /api/v1/jobs/{job_id}/cancel",
    "GET /api/v1/jobs/{job_id}/events", "GET /api/v1/jobs/{job_id}/results",
    "GET /api/v1/jobs/{job_id}/results/{file_id}/labels.txt", "GET /api/v1/jobs/{job_id}/export",
    "GET /api/v1/jobs/{job_id}/reasoning", "GET /api/v1/jobs/{job_id}/visualization",
    "GET /api/v1/files/{file_id}/original", "GET /api/v1/files/{file_id}/annotated",
    "GET /api/v1/files/{file_id}/thumbnail", "GET /metrics", "GET /health/live",
    "GET /health/ready", "GET /api/v1/monitoring/dashboard", "GET /api/v1/models",
    "GET /api/v1/models/{name}", "DELETE /api/v1/uploads/{upload_id}", "GET /openapi.json",
    "GET /docs", "GET /docs/{asset}", "GET /", "GET /console/{asset}", "GET /api/v1/jobs/events",
    "GET /api/v1/files/{file_id}/picture",
    "POST /api/v1/jobs/{job_id}/compare", "GET /api/v1/jobs/{job_id}/comparison",
    "POST /api/v1/jobs/{job_id}/retry", "GET /api/v1/jobs/{job_id}/attempts",
    "GET /api/v1/jobs/{job_id}/log",
    "GET /api/v1/jobs/{job_id}/deliveries", "POST /api/v1/jobs/{job_id}/reasoning/preview",
    "POST /api/v1/auth/token", "GET /api/v1/auth/me", "POST /api/v1/auth/session",
    "DELETE /api/v1/auth/session",
    "GET /api/v1/jobs/{job_id}/relations", "GET /api/v1/rules", "GET /api/v1/rules/{name}",
    "POST /api/v1/models/{name}/versions", "DELETE /api/v1/models/{name}/versions/{version}",
    "DELETE /api/v1/models/{name}", "GET /api/v1/models/{name}/aliases/{alias}",
    "PUT /api/v1/models/{name}/aliases/{alias}", "DELETE /api/v1/models/{name}/aliases/{alias}",
    "POST /api/v1/models/{name}/aliases/{alias}/rollback",
    "PUT /api/v1/models/{name}/golden", "GET /api/v1/models/{name}/golden",
    "DELETE /api/v1/models/{name}/golden",
    "POST /api/v1/models/{name}/versions/{version}/check",
    "GET /api/v1/models/{name}/versions/{version}/check",
    "GET /api/v1/models/{name}/shadow", "PUT /api/v1/models/{name}/shadow",
    "DELETE /api/v1/models/{name}/shadow",
  ]

  @Test("every route is an operation, and there is no other")
  func routes() {
    #expect(OpenAPIDocument.operations == Set(Self.routes))
  }

  @Test("paths and the table of operations say the same")
  func paths() throws {
    let paths = try #require(document["paths"] as? [String: [String: Any]])
    let operations = paths.flatMap { path, methods in
      methods.keys.map { "\($0.uppercased()) \(path)" }
    }
    #expect(Set(operations) == OpenAPIDocument.operations)
    #expect(operations.count == OpenAPIDocument.operationTable.count)
  }

  @Test("each operation says what it needs, and nothing where nobody is asked")
  func security() throws {
    let open = try Self.object(OpenAPIDocument.openText)
    let openPaths = try #require(open["paths"] as? [String: [String: [String: Any]]])
    let unasked = [
      "/", "/console/{asset}", "/docs", "/docs/{asset}", "/openapi.json", "/health/live",
      "/health/ready",
    ]
    for (name, operation) in try operationsByName() {
      let schemes = try #require(operation["security"] as? [[String: [String]]])
      let parts = name.split(separator: " ").map(String.init)
      let isOpen =
        unasked.contains(parts[1])
        || ["token", "session"].contains { parts[1].hasSuffix("auth/\($0)") }
      #expect(schemes.isEmpty == isOpen, "\(name)")
      let answers = try #require(operation["responses"] as? [String: Any])
      #expect((answers["401"] == nil) == (isOpen && parts[0] != "POST"), "\(name)")
      let same = try #require(openPaths[parts[1]]?[parts[0].lowercased()])
      #expect((same["security"] as? [Any])?.isEmpty == true, "\(name)")
    }
  }

  @Test("every reference names something")
  func references() {
    var references: [String] = []
    Self.walk(document) { node in
      if let reference = node["$ref"] as? String { references.append(reference) }
    }
    #expect(references.count > 100)
    for reference in Set(references) where schema.resolve(reference) == nil {
      Issue.record("\(reference) names nothing")
    }
  }

  @Test("every operation has an id of its own, a tag, a summary and its path's parameters")
  func operations() throws {
    var ids: Set<String> = []
    let tags = Set(
      try #require(document["tags"] as? [[String: Any]]).compactMap { $0["name"] as? String })
    for (name, operation) in try operationsByName() {
      let id = try #require(operation["operationId"] as? String)
      #expect(ids.insert(id).inserted, "\(id) is there twice")
      let own = try #require(operation["tags"] as? [String])
      #expect(tags.isSuperset(of: own))
      #expect(operation["summary"] is String)
      let parameters = try #require(operation["parameters"] as? [[String: Any]]).compactMap {
        ($0["$ref"] as? String).flatMap(schema.resolve)
      }
      let inPath = parameters.filter { $0["in"] as? String == "path" }
      #expect(inPath.allSatisfy { $0["required"] as? Bool == true })
      let template = name.split(separator: "/").filter { $0.hasPrefix("{") }
      #expect(
        Set(inPath.compactMap { $0["name"] as? String })
          == Set(template.map { String($0.dropFirst().dropLast()) }), "\(name)")
    }
  }

  @Test("every operation says how it succeeds, and that there may be bugs")
  func answers() throws {
    for (name, operation) in try operationsByName() {
      let answers = try #require(operation["responses"] as? [String: [String: Any]])
      #expect(answers.keys.contains { $0.hasPrefix("2") }, "\(name)")
      #expect(answers["500"] != nil, "\(name)")
      for (status, answer) in answers {
        #expect(answer["description"] is String)
        let headers = try #require(answer["headers"] as? [String: Any])
        #expect(headers["X-Request-Id"] != nil && headers["X-API-Version"] != nil)
        let content = answer["content"] as? [String: Any] ?? [:]
        #expect(content.isEmpty == ["302", "304"].contains(status), "\(name) \(status)")
      }
    }
  }

  @Test(
    "every error code has an example that is an error envelope", arguments: APIErrorCode.allCases)
  func errorExamples(code: APIErrorCode) throws {
    let example = try #require(schema.resolve("#/components/examples/\(code.rawValue)"))
    let value = try #require(example["value"] as? [String: Any])
    #expect(value["error_code"] as? String == code.rawValue)
    let envelope = try #require(schema.resolve("#/components/schemas/Error"))
    #expect(schema.problems(of: value, against: envelope) == [])
  }

  @Test("errors stand under the status that their code has, at some route")
  func errorStatuses() throws {
    var seen: Set<String> = []
    for (name, operation) in try operationsByName() {
      let answers = try #require(operation["responses"] as? [String: [String: Any]])
      for (status, answer) in answers where !status.hasPrefix("2") {
        let content = answer["content"] as? [String: [String: Any]] ?? [:]
        for code in (content["application/json"]?["examples"] as? [String: Any] ?? [:]).keys {
          seen.insert(code)
          #expect(
            APIErrorCode(rawValue: code).map { "\($0.status.code)" } == status, "\(name) \(code)")
        }
      }
    }
    // A wrong method is no operation's answer.
    let elsewhere = ["METHOD_NOT_ALLOWED"]
    #expect(seen.union(elsewhere) == Set(APIErrorCode.allCases.map(\.rawValue)))
  }

  @Test("every example of a body is what its schema says")
  func bodyExamples() throws {
    var count = 0
    for (name, operation) in try operationsByName() {
      var bodies = [operation["requestBody"] as? [String: Any] ?? [:]]
      bodies += (operation["responses"] as? [String: [String: Any]] ?? [:]).values
      for body in bodies {
        for (type, content) in body["content"] as? [String: [String: Any]] ?? [:] {
          let expected = try #require(content["schema"] as? [String: Any])
          for (title, example) in content["examples"] as? [String: [String: Any]] ?? [:] {
            let example = (example["$ref"] as? String).flatMap(schema.resolve) ?? example
            let value = try #require(example["value"])
            #expect(schema.problems(of: value, against: expected) == [], "\(name) \(type) \(title)")
            count += 1
          }
        }
      }
    }
    #expect(count > 150)
  }

  @Test("what a receiver is sent has an example that is what its schema says")
  func webhooks() throws {
    let webhooks = try #require(document["webhooks"] as? [String: [String: [String: Any]]])
    let body = try #require(webhooks["jobEnded"]?["post"]?["requestBody"] as? [String: Any])
    let content = try #require(
      (body["content"] as? [String: [String: Any]])?["application/json"])
    let expected = try #require(content["schema"] as? [String: Any])
    let examples = try #require(content["examples"] as? [String: [String: Any]])
    let value = try #require(examples["example"]?["value"])
    #expect(schema.problems(of: value, against: expected) == [])
  }

  /// Each differs from a right body by one thing.
  @Test(
    "a request that breaks the contract breaks the schema",
    arguments: [
      "{}", #"{"upload_id": 1}"#, #"{"upload_id": "upl_short"}"#,
      request(#""surplus": 1"#), request(#""priority": "urgent""#), request(#""file_ids": []"#),
      request(#""file_ids": ["job_000000000000"]"#), request(#""callback_url": "ftp://a/b""#),
      config(#""surplus": 1"#), config(#""confidence_threshold": 1.01"#),
      config(#""iou_threshold": -0.1"#), config(#""max_detections": 0"#),
      config(#""max_detections": 100001"#), config(#""max_detections": 1.5"#),
      config(#""classes": []"#), config(#""model": "../secret""#), config(#""model": "a@0""#),
      config(#""class_map": {"plane": ""}"#), config(#""class_map": {"plane": "a\u0007"}"#),
      config(#""class_map": ["plane"]"#),
      config("\"class_map\": {\"plane\": \"\(String(repeating: "a", count: 129))\"}"),
      config(#""class_thresholds": {"plane": 1.01}"#),
      config(#""class_thresholds": {"plane": null}"#),
      config(#""sahi": {"slice": 1}"#),
      config(#""sahi": {"slice_width": 255}"#), config(#""sahi": {"slice_height": 2049}"#),
      config(#""sahi": {"overlap_ratio": 0.51}"#), config(#""sahi": {"merge": "all"}"#),
      config(#""sahi": {"merge_metric": "giou"}"#), config(#""sahi": {"enabled": "yes"}"#),
      config(#""symbolic_reasoning": {"geometry": "miles"}"#),
      config(#""symbolic_reasoning": {"rules": "../dota"}"#),
      config(#""visualization": {"line_width": 0}"#),
      config(#""visualization": {"format": "bmp"}"#),
    ])
  func refusals(body: String) throws {
    let expected = try #require(schema.resolve("#/components/schemas/PredictRequest"))
    let value = try Self.object(body)
    #expect(schema.problems(of: value, against: expected) != [], "\(body)")
  }

  /// Values from the contract, section 2.
  @Test(
    "defaults are the contract's",
    arguments: [
      ("Configuration", "confidence_threshold", "0.25"), ("Configuration", "iou_threshold", "0.45"),
      ("Configuration", "max_detections", "3000"), ("Slicing", "slice_width", "640"),
      ("Slicing", "slice_height", "640"), ("Slicing", "overlap_ratio", "0.2"),
      ("Slicing", "merge", "greedy_nmm"), ("Slicing", "merge_metric", "iou"),
      ("Visualization", "format", "jpeg"), ("PredictRequest", "priority", "normal"),
    ])
  func defaults(name: String, property: String, value: String) throws {
    let found = try #require(schema.resolve("#/components/schemas/\(name)/properties/\(property)"))
    #expect(found["default"].map { "\($0)" } == value)
  }

  // MARK: Reading the document

  private func operationsByName() throws -> [(String, [String: Any])] {
    let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
    return paths.flatMap { path, methods in
      methods.map { ("\($0.uppercased()) \(path)", $1) }
    }
  }

  private static func request(_ member: String) -> String {
    #"{"upload_id": "upl_01kgfsbz4wq8n5e2xa7c3hd9pt", \#(member)}"#
  }

  private static func config(_ member: String) -> String { request(#""config": {\#(member)}"#) }

  private static func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private static func walk(_ node: Any, _ visit: ([String: Any]) -> Void) {
    if let object = node as? [String: Any] {
      visit(object)
      for child in object.values { walk(child, visit) }
    } else if let array = node as? [Any] {
      for child in array { walk(child, visit) }
    }
  }
}
