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

/// Two versions of a model, `aerial@1` with planes and ships, `aerial@2` with boats too, in another order; an upload of
/// three pictures; and jobs whose results a test says.
struct ComparisonBench {
  let bench: ModelBench
  let upload: Upload
  let versions: [ModelVersion]
  private let rules: MemoryRuleSource

  static let classNames = [["plane", "ship"], ["ship", "boat", "plane"]]

  var store: MemoryStore { bench.store }
  var files: [String] { upload.files.map(\.id.description) }

  init() async throws {
    bench = try ModelBench()
    rules = MemoryRuleSource([
      RuleSet(
        name: "harbours", sha256: "sha-of-harbours", source: "",
        table: try Self.table([("plane", "ship"), ("ship", "boat")]))
    ])
    var versions: [ModelVersion] = []
    for (index, classNames) in Self.classNames.enumerated() {
      bench.probe.answer { _ in
        ProbedModel(
          task: .detect, classNames: classNames, inputSize: PixelSize(width: 640, height: 640),
          layout: "yolo")
      }
      versions.append(try await bench.publish("model \(index)"))
    }
    self.versions = versions
    upload = sampleUpload(files: 3)
    try await bench.store.insert(upload)
  }

  static func table(_ pairs: [(String, String)]) throws -> RuleTable {
    try RuleTable(pairs.map { ConfidenceModifier(first: $0, second: $1, weight: 0.5) })
  }

  /// A square of 10 pixels.
  static func box(_ classID: Int, at x: Float, _ confidence: Float = 0.5) -> Detection {
    Detection(
      classID: classID, confidence: confidence,
      box: BoundingBox(xMin: x, yMin: 0, xMax: x + 10, yMax: 10))
  }

  /// What a job keeps of such a request to version 1.
  func kept(_ config: String) throws -> DetectionConfiguration {
    var kept = try configuration(config).settled(for: InstalledModel(versions[0]))
    kept.model = "aerial@1"
    return kept
  }

  /// A job of the first version, or of what `change` makes it.
  func insert(
    _ config: String = "{}", _ change: (inout Job) throws -> Void = { _ in }
  ) async throws -> Job {
    var job = sampleJob(over: upload)
    job.configuration = try kept(config).json
    job.model = versions[0].pin
    try change(&job)
    _ = try await store.insert(job, idempotency: nil)
    return job
  }

  /// Completes the job that is due.
  /// - Parameter results: nil for a picture that fails.
  func complete(
    _ job: Job, as version: Int, _ results: [[Detection]?], draws: Bool = true
  ) async throws {
    let model = DetectionModel(
      name: "aerial@\(version)", task: .detect, classNames: Self.classNames[version - 1],
      inputSize: PixelSize(width: 640, height: 640), layout: .oriented,
      sha256: String(repeating: "\(version)", count: 64))
    let claimed = try #require(
      try await store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests))
    #expect(claimed.job.id == job.id)
    for (file, detections) in zip(job.fileIDs, results) {
      var record = ImageRecord(fileID: file)
      if let detections {
        let key = "jobs/\(job.id)/1/\(file)"
        let image = ImageDetections(
          width: 200, height: 100, detections: detections, regionCount: 1, inference: .zero)
        try await bench.blobs.put(DetectionsFile.encode(image, model: model), as: key)
        record.resultKey = key
        record.detectionCount = detections.count
        if draws { record.annotatedKey = key }
      } else {
        record.failure = JobFailure(code: "CORRUPTED_FILE", message: "it is cut off")
      }
      try await store.record(record, by: claimed.claim, now: startOfTests)
    }
    try await store.finish(claimed.claim, .completed(summary: "{}"), now: startOfTests)
  }

  /// What a route answered.
  struct Answer {
    var status: Int
    var headers: HTTPFields
    var text: String
    var json: [String: Any]
    var data: [String: Any] { json["data"] as? [String: Any] ?? [:] }
    var code: String? { json["error_code"] as? String }
    /// Of the first field at fault: `field: words`.
    var problem: String? {
      (json["errors"] as? [[String: Any]])?.first.map {
        "\($0["field"] ?? ""): \($0["error"] ?? "")"
      }
    }
  }

  /// Through the router, as `caller`.
  func ask(
    _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields = [:], body: String = "",
    as caller: Caller = .anyone
  ) async throws -> Answer {
    let service = Service(
      settings: bench.settings, jobs: store, uploads: store, deliveries: store, jobLogs: store,
      blobs: bench.blobs, models: FolderOfOne(), modelStore: store, modelProbe: bench.probe,
      rules: rules, archives: ArchiveInMemory(), dispatch: NobodyListens(),
      metrics: ServiceMetrics(factory: NOOPMetricsHandler.instance), logger: ModelBench.logger,
      now: { startOfTests + 60 })
    let comparisons = ComparisonRoutes(service: service)
    let router = Router(context: HarrierContext.self)
    router.post("/api/v1/jobs/{job_id}/compare", use: comparisons.compare)
    router.get("/api/v1/jobs/{job_id}/comparison", use: comparisons.comparison)
    router.post("/api/v1/jobs/{job_id}/retry", use: RetryRoutes(service: service).retry)
    let request = Request(
      head: HTTPRequest(
        method: method, scheme: nil, authority: nil, path: "/api/v1/jobs/" + path,
        headerFields: headers), body: RequestBody(buffer: ByteBuffer(string: body)))
    var context = HarrierContext(
      source: ApplicationRequestContextSource(
        channel: NIOAsyncTestingChannel(), logger: ModelBench.logger))
    context.caller = caller
    let response: Response
    do {
      response = try await router.buildResponder().respond(to: request, context: context)
    } catch {
      response = APIError(error).response(requestID: "req", at: startOfTests)
    }
    let pieces = BodyText()
    try await response.body.write(pieces)
    let json = try? JSONSerialization.jsonObject(with: Data(pieces.value.utf8))
    return Answer(
      status: response.status.code, headers: response.headers, text: pieces.value,
      json: json as? [String: Any] ?? [:])
  }

  func compare(
    _ job: Job, with body: String, key: String? = nil, as caller: Caller = .anyone
  ) async throws -> Answer {
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.idempotencyKey] = key
    return try await ask(.post, "\(job.id)/compare", headers, body: body, as: caller)
  }
}

private struct NobodyListens: JobDispatch {
  func announce(_ job: JobID, priority: JobPriority) async {}
}

/// What a body writes.
private final class BodyText: ResponseBodyWriter {
  private var bytes: [UInt8] = []
  var value: String { String(decoding: bytes, as: UTF8.self) }

  func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }
  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
