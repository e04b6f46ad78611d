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

@Suite("Routes of golden pictures")
struct GoldenRoutesTests {
  private let bench: ModelBench

  init() throws { bench = try ModelBench() }

  private struct Answer {
    var status: Int
    var headers: HTTPFields
    var json: [String: Any]
    var audited: [String: String]
    var data: [String: Any] { json["data"] as? [String: Any] ?? [:] }
    var code: String? { json["error_code"] as? String }
    /// Of the first field or file at fault.
    var entry: [String: Any] { (json["errors"] as? [[String: Any]])?.first ?? [:] }
    var details: String? { (json["error"] as? [String: Any])?["details"] as? String }
  }

  /// Through the router, as a client without `auth` sees it.
  private func ask(
    _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields = [:],
    body: [UInt8] = []
  ) async throws -> Answer {
    let service = Service(
      settings: bench.settings, jobs: bench.store, uploads: bench.store,
      deliveries: bench.store, jobLogs: bench.store, blobs: bench.blobs, models: FolderOfOne(),
      modelStore: bench.store, modelProbe: bench.probe, modelVersions: bench.versions,
      rules: MemoryRuleSource(), archives: ArchiveInMemory(), dispatch: Nobody(),
      metrics: ServiceMetrics(factory: NOOPMetricsHandler.instance), logger: ModelBench.logger,
      now: { startOfTests })
    let (golden, registry) = (GoldenRoutes(service: service), RegistryRoutes(service: service))
    let router = Router(context: HarrierContext.self)
    router.put(RouterPath(GoldenRoutes.path), use: golden.put)
    router.get(RouterPath(GoldenRoutes.path), use: golden.golden)
    router.delete(RouterPath(GoldenRoutes.path), use: golden.remove)
    router.post(RouterPath(GoldenRoutes.checkPath), use: golden.check)
    router.get(RouterPath(GoldenRoutes.checkPath), use: golden.kept)
    router.put("/api/v1/models/{name}/aliases/{alias}", use: registry.move)
    router.post("/api/v1/models/{name}/aliases/{alias}/rollback", use: registry.rollBack)
    router.post(RouterPath(RegistryRoutes.path), use: registry.publish)
    let request = Request(
      head: HTTPRequest(
        method: method, scheme: nil, authority: nil, path: "/api/v1/models/aerial" + path,
        headerFields: headers), body: RequestBody(buffer: ByteBuffer(bytes: body)))
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
      status: response.status.code, headers: response.headers, json: json ?? [:],
      audited: context.audited.all)
  }

  private func json(
    _ method: HTTPRequest.Method, _ path: String, _ body: String
  ) async throws -> Answer {
    try await ask(method, path, [.contentType: "application/json"], body: Array(body.utf8))
  }

  private func multipart(
    _ method: HTTPRequest.Method, _ path: String, _ parts: [(String, [UInt8])]
  ) async throws -> Answer {
    var body: [UInt8] = []
    for (index, part) in parts.enumerated() {
      let (name, content) = part
      body +=
        "--b\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"\(index).jpg\"\r\n\r\n"
        .utf8
      body += content + Array("\r\n".utf8)
    }
    return try await ask(
      method, path, [.contentType: "multipart/form-data; boundary=b"],
      body: body + Array("--b--\r\n".utf8))
  }

  private static let picture = Result {
    [UInt8](try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))
  }

  /// One ship in the picture `0.jpg`.
  private static let boxes = """
    {"images": [{"id": 1, "file_name": "0.jpg"}], "categories": [{"id": 1, "name": "ship"}],
     "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 10, 10]}]}
    """

  private func put(_ more: [(String, String)] = [], boxes: String = Self.boxes) async throws
    -> Answer
  {
    try await multipart(
      .put, "/golden",
      [("files", try Self.picture.get()), ("expected", Array(boxes.utf8))]
        + more.map { ($0, Array($1.utf8)) })
  }

  @Test("pictures and boxes become the golden ones, and are told of")
  func upload() async throws {
    try await bench.publishVersions("first", "good")
    let answer = try await put([
      ("min_recall", "0.5"), ("aliases", "candidate, production"),
    ])
    #expect(answer.status == 201)
    #expect(answer.headers[.location] == "/api/v1/models/aerial/golden")
    let id = try #require(answer.data["set_id"] as? String)
    #expect(answer.audited["golden_set"] == id)
    let seen = try await ask(.get, "/golden")
    #expect(seen.data["set_id"] as? String == id)
    #expect(seen.data["min_recall"] as? Double == 0.5)
    #expect(seen.data["min_precision"] as? Double == 0.9)
    #expect(seen.data["aliases"] as? [String] == ["candidate", "production"])
    #expect(seen.data["expected"] as? Int == 1)
    let pictures = try #require(seen.data["pictures"] as? [[String: Any]])
    // sha256sum Tests/Fixtures/images/jpeg-444.jpg
    #expect(pictures.map { $0["filename"] as? String } == ["0.jpg"])
    #expect(pictures[0]["size_bytes"] as? Int == 1413)
    #expect((seen.data["checks"] as? [Any])?.isEmpty == true)
    let gone = try await ask(.delete, "/golden")
    #expect(gone.status == 200 && gone.data["deleted_bytes"] as? Int == 1413)
    for method in [HTTPRequest.Method.get, .delete] {
      #expect(try await ask(method, "/golden").status == 404)
    }
    #expect(try await bench.keptFiles().count == 2)
  }

  @Test("a version is checked when somebody asks, and the verdict is kept")
  func check() async throws {
    try await bench.publishVersions("first", "good")
    #expect(try await ask(.post, "/versions/2/check").status == 404)
    _ = try await put()
    #expect(try await ask(.get, "/versions/2/check").status == 404)
    // It finds ten ships where one is expected.
    let answer = try await ask(.post, "/versions/2/check")
    #expect(answer.status == 200)
    #expect(answer.data["passed"] as? Bool == false)
    #expect(answer.data["recall"] as? Double == 1)
    #expect(answer.data["precision"] as? Double == 0.1)
    #expect(answer.data["extra"] as? Int == 9)
    let kept = try await ask(.get, "/versions/2/check")
    #expect(kept.data as NSDictionary == answer.data as NSDictionary)
    let checks = try await ask(.get, "/golden").data["checks"] as? [[String: Any]]
    #expect(checks?.map { $0["version"] as? Int } == [2])
    for path in ["/versions/9/check", "/versions/x/check"] {
      #expect(try await ask(.post, path).status == 404, "\(path)")
    }
  }

  @Test("an alias is refused with the figures and the worst pictures; unchecked moves it, audited")
  func alias() async throws {
    try await bench.publishVersions("first", "good")
    _ = try await put()
    let path = "/aliases/production"
    let refused = try await json(.put, path, #"{"version": 2, "expected": 1}"#)
    #expect(refused.status == 409)
    #expect(refused.code == "GOLDEN_CHECK_FAILED")
    #expect(
      refused.details?.hasPrefix("recall 1.0") == true
        || refused.details?.hasPrefix("recall 1 ") == true)
    #expect(refused.entry["filename"] as? String == "0.jpg")
    #expect(refused.entry["error"] as? String == "0 of 1 boxes missing, 9 extra")
    #expect(try await bench.production() == 1)
    let moved = try await json(.put, path, #"{"version": 2, "unchecked": true}"#)
    #expect(moved.data["moved"] as? Bool == true)
    #expect(moved.audited["golden"] == "unchecked")
    // The version was there before.
    #expect(try await ask(.post, "\(path)/rollback").data["version"] as? Int == 1)
    #expect(bench.probe.looks == 1)
    #expect(
      try await json(.put, path, #"{"version": 2, "unchecked": 1}"#).code == "INVALID_CONFIG")
  }

  @Test("registering with a guarded alias answers that it stays, and where the version is")
  func register() async throws {
    try await bench.publishVersions("first")
    _ = try await put()
    let answer = try await multipart(
      .post, "/versions", [("model", Array("good".utf8)), ("alias", Array("production".utf8))])
    #expect(answer.status == 409)
    #expect(answer.code == "GOLDEN_CHECK_FAILED")
    #expect(answer.headers[.location] == "/api/v1/models/aerial@2")
    #expect(try await bench.store.registeredModel(named: "aerial")?.numbers == [1, 2])
    #expect(try await bench.production() == 1)
  }

  @Test(
    "an upload with wrong parts is refused, and the part named",
    arguments: [
      ([("expected", "{")], "expected"), ([("min_recall", "1.5")], "min_recall"),
      ([("min_precision", "x")], "min_precision"), ([("aliases", "Prod")], "aliases"),
      ([("picture", "x")], "picture"), ([("min_recall", "1"), ("min_recall", "1")], "min_recall"),
    ])
  func wrongParts(parts: [(String, String)], field: String) async throws {
    try await bench.publishVersions("first")
    let isAlone = field == "expected"
    let answer = try await multipart(
      .put, "/golden",
      [("files", try Self.picture.get())]
        + (isAlone ? [] : [("expected", Array(Self.boxes.utf8))])
        + parts.map { ($0, Array($1.utf8)) })
    #expect(answer.status == 400)
    #expect(answer.entry["field"] as? String == field)
    #expect(try await bench.keptFiles().count == 1)
    #expect(try await bench.blobs.sweepTemporaryFiles(olderThan: .distantFuture) == 0)
  }

  @Test("boxes that do not belong to the pictures, and what is no picture, are refused")
  func wrongFiles() async throws {
    try await bench.publishVersions("first")
    let other = Self.boxes.replacing("0.jpg", with: "other.jpg")
    #expect(try await put(boxes: other).entry["field"] as? String == "expected")
    let none = try await multipart(.put, "/golden", [("expected", Array(Self.boxes.utf8))])
    #expect(none.code == "NO_FILES")
    let text = try await multipart(
      .put, "/golden", [("files", Array("no picture".utf8)), ("expected", Array(Self.boxes.utf8))])
    #expect(text.code == "INVALID_FORMAT")
    #expect(text.entry["filename"] as? String == "0.jpg")
    #expect(try await bench.keptFiles().count == 1)
  }

  @Test("a body that is too large is refused, and a model that is not registered before it is read")
  func tooLarge() async throws {
    #expect(try await put().status == 404)
    let small = GoldenRoutesTests(bench: try ModelBench { $0.maxGoldenBytes = 1024 })
    try await small.bench.publishVersions("first")
    let answer = try await small.put()
    #expect(answer.status == 400)
    #expect((answer.entry["error"] as? String)?.contains("1024 bytes") == true)
  }

  private init(bench: ModelBench) { self.bench = bench }

  // MARK: - Of a job

  @Test("what somebody has looked at in a job becomes golden, above the confidence that is said")
  func ofJob() async throws {
    let jobs = try await ComparisonBench()
    let routes = GoldenRoutesTests(bench: jobs.bench)
    for file in jobs.upload.files { try await jobs.bench.blobs.put([1, 2], as: file.blobKey) }
    let job = try await jobs.insert()
    try await jobs.complete(
      job, as: 1,
      [
        [ComparisonBench.box(0, at: 0, 0.9), ComparisonBench.box(1, at: 50, 0.4)],
        [ComparisonBench.box(1, at: 0, 0.5)], [],
      ])
    let body = #"{"job_id": "\#(job.id)", "min_confidence": 0.5, "aliases": []}"#
    let answer = try await routes.json(.put, "/golden", body)
    #expect(answer.status == 201)
    #expect(answer.data["expected"] as? Int == 2)
    #expect(answer.data["aliases"] as? [String] == [])
    let classes = try #require(answer.data["classes"] as? [[String: Any]])
    #expect(classes.map { $0["class"] as? String } == ["plane", "ship"])
    #expect(classes.map { $0["expected"] as? Int } == [1, 1])
    // The names differ, and the bytes are there without the upload.
    let pictures = try #require(answer.data["pictures"] as? [[String: Any]])
    #expect(Set(pictures.compactMap { $0["filename"] as? String }).count == 3)
    let set = try #require(try await jobs.store.goldenSet(of: "aerial"))
    #expect(try await jobs.bench.blobs.bytes(set.pictureKeys[2], limit: 9) == [1, 2])
    #expect(try await jobs.bench.blobs.sweepTemporaryFiles(olderThan: .distantFuture) == 0)
  }

  @Test("a job that cannot be golden is refused with the reason")
  func unfitJob() async throws {
    let jobs = try await ComparisonBench()
    let routes = GoldenRoutesTests(bench: jobs.bench)
    for file in jobs.upload.files { try await jobs.bench.blobs.put([1], as: file.blobKey) }
    func put(_ id: JobID, _ more: String = "") async throws -> Answer {
      try await routes.json(.put, "/golden", #"{"job_id": "\#(id)"\#(more)}"#)
    }
    let waiting = try await jobs.insert()
    #expect(try await put(waiting.id).code == "RESULTS_NOT_READY")
    try await jobs.complete(waiting, as: 1, [[ComparisonBench.box(0, at: 0)], nil, []])
    let failed = try await put(waiting.id)
    #expect(failed.code == "INVALID_CONFIG")
    #expect((failed.entry["error"] as? String)?.contains("has failed") == true)
    let empty = try await jobs.insert()
    try await jobs.complete(empty, as: 1, [[], [], []])
    #expect((try await put(empty.id).entry["error"] as? String)?.contains("no box") == true)
    #expect(try await put(JobID(at: startOfTests)).code == "JOB_NOT_FOUND")
    #expect(try await put(empty.id, #", "min_recall": 2"#).code == "INVALID_CONFIG")
    #expect(try await put(empty.id, #", "aliases": ["X"]"#).code == "INVALID_CONFIG")
    #expect(try await put(empty.id, #", "surplus": 1"#).code == "INVALID_CONFIG")
    #expect(try await routes.json(.put, "/golden", "{").code == "INVALID_REQUEST")
  }
}

private struct Nobody: JobDispatch {
  func announce(_ job: JobID, priority: JobPriority) async {}
}

/// What a body writes.
private final class Text: ResponseBodyWriter {
  private var bytes: [UInt8] = []
  var value: String { bytes.isEmpty ? "{}" : String(decoding: bytes, as: UTF8.self) }

  func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }
  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
