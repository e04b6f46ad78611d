import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Metrics
import NIOCore
import NIOEmbedded
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Routes of registered models")
struct RegistryRoutesTests {
  private let bench: ModelBench

  init() throws { bench = try ModelBench { $0.defaultModel = "aerial@candidate" } }

  private struct Answer {
    var status: Int
    var headers: HTTPFields
    var json: [String: Any]
    var data: [String: Any] { json["data"] as? [String: Any] ?? [:] }
    var code: String? { json["error_code"] as? String }
  }

  /// Through the router, as a client without `auth` sees it.
  private func ask(
    _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields = [:], body: String = ""
  ) async throws -> Answer {
    let service = Service(
      settings: bench.settings, jobs: bench.store, uploads: bench.store,
      deliveries: bench.store, jobLogs: bench.store, blobs: bench.blobs, models: FolderOfOne(),
      modelStore: bench.store, modelProbe: bench.probe, rules: MemoryRuleSource(),
      archives: ArchiveInMemory(), dispatch: Silence(),
      metrics: ServiceMetrics(factory: NOOPMetricsHandler.instance), logger: ModelBench.logger,
      now: { startOfTests })
    let registry = RegistryRoutes(service: service)
    let models = ModelRoutes(service: service)
    let router = Router(context: HarrierContext.self)
    let alias: RouterPath = "/api/v1/models/{name}/aliases/{alias}"
    router.get("/api/v1/models", use: models.list)
    router.get("/api/v1/models/{name}", use: models.model)
    router.delete("/api/v1/models/{name}", use: registry.deleteModel)
    router.post("/api/v1/models/{name}/versions", use: registry.publish)
    router.delete("/api/v1/models/{name}/versions/{version}", use: registry.deleteVersion)
    router.get(alias, use: registry.alias)
    router.put(alias, use: registry.move)
    router.delete(alias, use: registry.removeAlias)
    router.post("/api/v1/models/{name}/aliases/{alias}/rollback", use: registry.rollBack)
    let request = Request(
      head: HTTPRequest(
        method: method, scheme: nil, authority: nil, path: "/api/v1/models" + path,
        headerFields: headers), body: RequestBody(buffer: ByteBuffer(string: body)))
    let context = HarrierContext(
      source: ApplicationRequestContextSource(
        channel: NIOAsyncTestingChannel(), logger: ModelBench.logger))
    let response: Response
    do {
      response = try await router.buildResponder().respond(to: request, context: context)
    } catch {
      response = APIError(error).response(requestID: "req", at: startOfTests)
    }
    let text = Text()
    try await response.body.write(text)
    let json = try JSONSerialization.jsonObject(with: Data(text.value.utf8)) as? [String: Any]
    return Answer(
      status: response.status.code, headers: response.headers, json: json ?? [:])
  }

  /// An upload of these parts.
  private func publish(
    _ parts: [(String, String)], to name: String = "aerial", key: String? = nil
  ) async throws -> Answer {
    let body =
      parts.map { name, content in
        "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(content)\r\n"
      }.joined() + "--b--\r\n"
    var headers: HTTPFields = [.contentType: "multipart/form-data; boundary=b"]
    headers[.idempotencyKey] = key
    return try await ask(.post, "/\(name)/versions", headers, body: body)
  }

  private func json(_ method: HTTPRequest.Method, _ path: String, _ body: String) async throws
    -> Answer
  {
    try await ask(method, path, [.contentType: "application/json"], body: body)
  }

  @Test("a model that is uploaded is a version, with its place; the same again is the same one")
  func published() async throws {
    let first = try await publish([("document", "{}"), ("model", "one"), ("alias", "candidate")])
    #expect(first.status == 201)
    #expect(first.headers[.location] == "/api/v1/models/aerial@1")
    #expect(first.data["version"] as? Int == 1)
    #expect(first.data["document"] as? String == "{}")
    #expect(first.data["default"] as? Bool == true)
    #expect(first.data["aliases"] as? [String: Int] == ["production": 1, "candidate": 1])
    let again = try await publish([("model", "one"), ("document", "{}")])
    #expect(again.status == 200)
    #expect(again.data["version"] as? Int == 1)
    let second = try await publish([("model", "two")])
    #expect(second.data["version"] as? Int == 2)
    #expect(second.data["default"] as? Bool == false)
    #expect(try await bench.keptFiles().count == 2)
  }

  @Test("XML with weights is OpenVINO's, whatever the order of the parts")
  func weights() async throws {
    bench.probe.answer { path in
      #expect(path.hasSuffix(".xml"))
      let weights = (path as NSString).deletingPathExtension + ".bin"
      let content = try String(contentsOfFile: weights, encoding: .utf8)
      #expect(content == "weights")
      return ScriptedProbe.found
    }
    let answer = try await publish([("weights", "weights"), ("model", "<net/>")])
    #expect(answer.data["format"] as? String == "openvino")
  }

  @Test(
    "an upload with wrong parts is refused, and the part named",
    arguments: [
      ([("weights", "w")], "model"), ([("model", "")], "model"),
      ([("model", "a"), ("model", "b")], "model"), ([("model", "a"), ("files", "b")], "files"),
      ([("model", "a"), ("alias", "Prod")], "alias"), ([("model", "a"), ("alias", "")], "alias"),
      (
        [("model", "a"), ("alias", String(repeating: "a", count: 33))], "alias"
      ),
    ])
  func wrongParts(parts: [(String, String)], field: String) async throws {
    let answer = try await publish(parts)
    #expect(answer.status == 400)
    #expect(answer.code == "INVALID_REQUEST")
    let entries = answer.json["errors"] as? [[String: Any]]
    #expect(entries?.first?["field"] as? String == field)
    #expect(try await bench.keptFiles().isEmpty)
  }

  @Test("what is no model is refused with the reason")
  func refused() async throws {
    bench.probe.answer { _ in throw DetectionError(.modelLoadError, "its task is \"classify\"") }
    let answer = try await publish([("model", "bad")])
    #expect(answer.status == 400)
    #expect(answer.code == "INVALID_MODEL")
    let error = answer.json["error"] as? [String: Any]
    #expect(error?["details"] as? String == "its task is \"classify\"")
  }

  @Test(
    "a body that is too large is refused before it is read, and one that says nothing when it is")
  func tooLarge() async throws {
    let small = try ModelBench { $0.maxModelBytes = 1024 }
    let routes = RegistryRoutesTests(bench: small)
    let answer = try await routes.publish([("model", String(repeating: "x", count: 2000))])
    #expect(answer.status == 413)
    #expect(answer.code == "UPLOAD_TOO_LARGE")
  }

  private init(bench: ModelBench) { self.bench = bench }

  @Test("names of the operator's folder are taken, and what is no name is not found")
  func names() async throws {
    let taken = try await publish([("model", "a")], to: "tree-crowns")
    #expect(taken.status == 409)
    #expect(taken.code == "MODEL_CONFLICT")
    #expect(try await publish([("model", "a")], to: ".x").status == 404)
    #expect(try await publish([("model", "a")], to: "aerial@2").status == 404)
  }

  @Test("an idempotency key answers once and again, and refuses other parts")
  func idempotency() async throws {
    let first = try await publish([("model", "one")], key: "k")
    let again = try await publish([("model", "one")], key: "k")
    #expect(first.status == 201 && again.status == 201)
    #expect(again.data["version"] as? Int == 1)
    let other = try await publish([("model", "two")], key: "k")
    #expect(other.status == 409)
    #expect(other.code == "IDEMPOTENCY_CONFLICT")
    #expect(try await bench.keptFiles().count == 1)
  }

  @Test("an alias moves from where it is expected, and back")
  func aliases() async throws {
    for content in ["one", "two", "three"] { _ = try await publish([("model", content)]) }
    let production = "/aerial/aliases/production"
    let moved = try await json(.put, production, #"{"version": 2, "expected": 1}"#)
    #expect(moved.status == 200)
    #expect(moved.data["from"] as? Int == 1)
    #expect(moved.data["moved"] as? Bool == true)
    let again = try await json(.put, production, #"{"version": 2}"#)
    #expect(again.data["moved"] as? Bool == false)
    for body in [#"{"version": 3, "expected": 1}"#, #"{"version": 3, "expected": null}"#] {
      #expect(try await json(.put, production, body).code == "MODEL_CONFLICT", "\(body)")
    }
    #expect(try await json(.put, production, #"{"version": 9}"#).status == 404)
    let new = try await json(
      .put, "/aerial/aliases/candidate", #"{"version": 3, "expected": null}"#)
    #expect(new.status == 201)
    #expect(new.headers[.location] == "/api/v1/models/aerial/aliases/candidate")
    #expect(try await ask(.post, "\(production)/rollback?expected=1").code == "MODEL_CONFLICT")
    let back = try await ask(.post, "\(production)/rollback?expected=2")
    #expect(back.data["version"] as? Int == 1)
    #expect(try await ask(.post, "\(production)/rollback").status == 409)
    let seen = try await ask(.get, production)
    let moves = try #require(seen.data["moves"] as? [[String: Any]])
    #expect(moves.map { $0["number"] as? Int } == [3, 2, 1])
    #expect(moves[0]["undoes"] as? Int == 2)
    #expect(try await ask(.delete, "/aerial/aliases/candidate").status == 200)
    #expect(try await ask(.delete, "/aerial/aliases/candidate").status == 404)
    let gone = try await ask(.get, "/aerial/aliases/candidate")
    #expect(gone.status == 200 && gone.data["version"] is NSNull)
  }

  @Test(
    "a wish that is none is refused",
    arguments: [
      ("{}", "INVALID_CONFIG"), (#"{"version": 0}"#, "INVALID_CONFIG"),
      (#"{"version": "2"}"#, "INVALID_CONFIG"), (#"{"version": 1, "x": 1}"#, "INVALID_CONFIG"),
      (#"{"version": 1, "expected": 0}"#, "INVALID_CONFIG"), ("{", "INVALID_REQUEST"),
    ])
  func wrongWishes(body: String, code: String) async throws {
    #expect(try await json(.put, "/aerial/aliases/production", body).code == code)
  }

  @Test("what is used is not deleted; what is deleted is gone")
  func deletions() async throws {
    for content in ["one", "two"] { _ = try await publish([("model", content)]) }
    #expect(try await ask(.delete, "/aerial/versions/1").code == "MODEL_IN_USE")
    #expect(try await ask(.delete, "/aerial/versions/2").status == 200)
    for path in ["/aerial/versions/2", "/aerial/versions/x", "/aerial/versions/02", "/none"] {
      #expect(try await ask(.delete, path).status == 404, "\(path)")
    }
    let gone = try await ask(.delete, "/aerial")
    #expect(gone.data["deleted_versions"] as? Int == 1)
    #expect(try await ask(.get, "/aerial").status == 404)
  }

  @Test("models are listed by name, in pages, and described by any of their names")
  func lists() async throws {
    for name in ["zebra", "aerial", "beach"] { _ = try await publish([("model", "x")], to: name) }
    let first = try await ask(.get, "?limit=2")
    let models = try #require(first.data["models"] as? [[String: Any]])
    #expect(models.map { $0["name"] as? String } == ["aerial", "beach", "tree-crowns"])
    #expect(models[0]["versions"] as? [Int] == [1])
    #expect(models[2]["versions"] == nil)
    #expect(first.data["next_cursor"] as? String == "beach")
    let next = try await ask(.get, "?limit=2&cursor=beach")
    let rest = try #require(next.data["models"] as? [[String: Any]])
    #expect(rest.map { $0["name"] as? String } == ["zebra"])
    #expect(next.data["next_cursor"] is NSNull)
    let described = try await ask(.get, "/aerial@production")
    #expect(described.data["name"] as? String == "aerial")
    #expect(described.data["version"] as? Int == 1)
    #expect(try await ask(.get, "/aerial%40production").data["version"] as? Int == 1)
    let tag = try #require(described.headers[.eTag])
    #expect(try await ask(.get, "/aerial@1", [.ifNoneMatch: tag]).status == 304)
    #expect(try await ask(.get, "/tree-crowns").data["version"] == nil)
  }
}

private struct Silence: JobDispatch {
  func announce(_ job: JobID, priority: JobPriority) async {}
}

/// What a body writes.
private final class Text: ResponseBodyWriter {
  private var bytes: [UInt8] = []
  var value: String { bytes.isEmpty ? "{}" : String(decoding: bytes, as: UTF8.self) }

  func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }
  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
