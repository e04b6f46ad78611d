import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import NIOEmbedded
import ObjectDetection
import TestSupport
import Testing

@testable import App

/// The two versions of `ComparisonBench`, in a service whose time is the test's and which counts what it does.
struct ShadowBench {
  let jobs: ComparisonBench
  let service: Service
  let registry = MetricRegistry()
  let time = TestTime()

  var store: MemoryStore { jobs.store }
  /// Version 1, and 2 beside it.
  let versions = ShadowVersions(name: "aerial", base: 1, candidate: 2)

  init(
    uploads: (any UploadStore)? = nil, _ change: (inout ServiceSettings) -> Void = { _ in }
  ) async throws {
    let jobs = try await ComparisonBench()
    self.jobs = jobs
    var settings = ServiceSettings()
    settings.defaultModel = "aerial"
    change(&settings)
    let time = time
    service = Service(
      settings: settings, jobs: jobs.store, uploads: uploads ?? jobs.store,
      deliveries: jobs.store, jobLogs: jobs.store, blobs: jobs.bench.blobs, models: FolderOfOne(),
      modelStore: jobs.store, rules: MemoryRuleSource(), archives: ArchiveInMemory(),
      dispatch: NobodyWaits(), metrics: ServiceMetrics(factory: registry),
      logger: ModelBench.logger, now: { time.now })
  }

  /// Through the router, as `caller`.
  func ask(
    _ method: HTTPRequest.Method, _ path: String, body: String = "", key: String? = nil,
    as caller: Caller = .anyone
  ) async throws -> ComparisonBench.Answer {
    let (shadows, list) = (ShadowRoutes(service: service), JobRoutes(service: service))
    let router = Router(context: HarrierContext.self)
    let shadow: RouterPath = "/api/v1/models/{name}/shadow"
    router.get(shadow, use: shadows.shadow)
    router.put(shadow, use: shadows.set)
    router.delete(shadow, use: shadows.remove)
    router.post("/api/v1/inference/predict", use: PredictRoutes(service: service).predict)
    router.get("/api/v1/jobs", use: list.list)
    router.get("/api/v1/jobs/{job_id}/status", use: list.status)
    router.post("/api/v1/jobs/{job_id}/cancel", use: list.cancel)
    router.post("/api/v1/jobs/{job_id}/retry", use: RetryRoutes(service: service).retry)
    router.post(
      "/api/v1/jobs/{job_id}/compare", use: ComparisonRoutes(service: service).compare)
    router.delete("/api/v1/uploads/{upload_id}", use: UploadRoutes(service: service).delete)
    var headers: HTTPFields = body.isEmpty ? [:] : [.contentType: "application/json"]
    headers[.idempotencyKey] = key
    let request = Request(
      head: HTTPRequest(
        method: method, scheme: nil, authority: nil, path: "/api/v1/" + path,
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
    let text = AnswerText()
    try await response.body.write(text)
    let json = try? JSONSerialization.jsonObject(with: Data(text.value.utf8))
    return ComparisonBench.Answer(
      status: response.status.code, headers: response.headers, text: text.value,
      json: json as? [String: Any] ?? [:])
  }

  /// Sets the rule, for all jobs where no share is said.
  func setRule(_ candidate: ModelReference.Selector = .number(2), share: Double = 1) async throws {
    _ = try await store.setShadow(
      ShadowRule(
        name: "aerial", candidate: candidate, share: share, setAt: startOfTests, setBy: nil))
  }

  /// What the background does with a client's job.
  func start(beside job: Job) async { await ShadowStarter(service: service).start(beside: job) }

  func compare() async -> Bool { await ShadowComparer(service: service).pass() }

  /// A client's job and its shadow, both queued.
  func pair(_ config: String = "{}") async throws -> (base: Job, shadow: Job) {
    try await setRule()
    let base = try await jobs.insert(config)
    await start(beside: base)
    return (base, try #require(try await shadows().first))
  }

  /// Newest first.
  func shadows() async throws -> [Job] {
    try await store.jobs(JobQuery(limit: 100)).filter(\.isShadow)
  }

  func results() async throws -> [ShadowResult] {
    try await store.shadowResults(of: versions, before: nil, limit: 100)
  }

  func count(_ event: ServiceMetrics.ShadowEvent) -> Double {
    registry.counter("harrier_shadows_total", [event.rawValue])
  }

  /// All events that were counted.
  var events: [String] {
    ServiceMetrics.ShadowEvent.allCases.filter { count($0) > 0 }.map(\.rawValue)
  }
}

private struct NobodyWaits: JobDispatch {
  func announce(_ job: JobID, priority: JobPriority) async {}
}

/// What a body writes.
private final class AnswerText: ResponseBodyWriter {
  private var bytes: [UInt8] = []
  var value: String { String(decoding: bytes, as: UTF8.self) }

  func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }
  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
