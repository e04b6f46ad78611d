import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Metrics
import NIOCore
import NIOEmbedded
import ObjectDetection
import Synchronization
import TestSupport

@testable import App

/// The routes of results and files over stores in memory, called without a socket.
struct RouteHarness {
  let store = MemoryStore()
  let blobs = BlobsInMemory()
  let archives = ArchiveInMemory()
  var settings = ServiceSettings()
  var rules: any RuleSource = MemoryRuleSource()
  /// Of the one model's document.
  var modelDefaults = ClassSettings()

  /// What a route answered.
  struct Answer {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var bytes: [UInt8]
    var largestPiece: Int

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: NSDictionary? {
      (try? JSONSerialization.jsonObject(with: Data(bytes))) as? NSDictionary
    }
  }

  func get(
    _ path: String, _ fields: HTTPFields = [:], method: HTTPRequest.Method = .get, body: String = ""
  ) async throws -> Answer {
    let service = Service(
      settings: settings, jobs: store, uploads: store, deliveries: store, jobLogs: store,
      blobs: blobs,
      models: OneModel(defaults: modelDefaults), modelStore: store, rules: rules,
      archives: archives,
      dispatch: NoDispatch(),
      metrics: ServiceMetrics(factory: NOOPMetricsHandler.instance), logger: Self.logger,
      now: { Date(timeIntervalSince1970: 1_770_000_000) })
    let router = Router(context: HarrierContext.self)
    let api = router.group("api/v1")
    let results = ResultRoutes(service: service)
    let files = FileRoutes(service: service)
    api.on("jobs/{job_id}/results", method: method, use: results.results)
    api.on("jobs/{job_id}/results/{file_id}/labels.txt", method: method, use: results.labels)
    let reasoning = ReasoningRoutes(service: service)
    let ruleSets = RuleRoutes(service: service)
    api.on("jobs/{job_id}/reasoning", method: method, use: reasoning.reasoning)
    api.on("jobs/{job_id}/reasoning/preview", method: method, use: reasoning.preview)
    api.on(
      "jobs/{job_id}/relations", method: method, use: RelationRoutes(service: service).relations)
    api.on("models/{name}", method: method, use: ModelRoutes(service: service).model)
    api.on("rules", method: method, use: ruleSets.list)
    api.on("rules/{name}", method: method, use: ruleSets.ruleSet)
    api.on("jobs/{job_id}/export", method: method, use: ExportRoutes(service: service).export)
    api.on(
      "jobs/{job_id}/visualization", method: method,
      use: VisualizationRoutes(service: service).visualization)
    api.on("files/{file_id}/original", method: method, use: files.original)
    api.on("files/{file_id}/annotated", method: method, use: files.annotated)
    api.on("files/{file_id}/thumbnail", method: method, use: files.thumbnail)
    api.on(
      "jobs/{job_id}/deliveries", method: method, use: DeliveryRoutes(service: service).deliveries)
    api.on("jobs/{job_id}/log", method: method, use: JobLogRoutes(service: service).log)
    let request = Request(
      head: HTTPRequest(
        method: method, scheme: nil, authority: nil, path: "/api/v1/" + path, headerFields: fields),
      body: RequestBody(buffer: ByteBuffer(string: body)))
    let context = HarrierContext(
      source: ApplicationRequestContextSource(
        channel: NIOAsyncTestingChannel(), logger: Self.logger))
    let response = try await router.buildResponder().respond(to: request, context: context)
    let pieces = Pieces()
    try await response.body.write(pieces)
    return Answer(
      status: response.status, headers: response.headers, bytes: pieces.bytes.withLock { $0 },
      largestPiece: pieces.largest.withLock { $0 })
  }

  /// The error that a route throws; nil when it answers.
  func error(
    _ path: String, _ fields: HTTPFields = [:], method: HTTPRequest.Method = .get, body: String = ""
  ) async -> APIError? {
    do {
      _ = try await get(path, fields, method: method, body: body)
      return nil
    } catch {
      return error as? APIError
    }
  }

  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// What a body writes.
private final class Pieces: ResponseBodyWriter, Sendable {
  let bytes = Mutex<[UInt8]>([])
  let largest = Mutex(0)

  func write(_ buffer: ByteBuffer) async throws {
    bytes.withLock { $0 += buffer.readableBytesView }
    largest.withLock { $0 = max($0, buffer.readableBytes) }
  }

  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

private struct NoDispatch: JobDispatch {
  func announce(_ job: JobID, priority: JobPriority) async {}
}

/// A catalog with the one model `aerial15`.
private struct OneModel: ModelCatalog {
  private let model: InstalledModel

  init(defaults: ClassSettings) {
    model = InstalledModel(
      name: "aerial15", task: .obb, classNames: ["plane", "ship"],
      inputSize: PixelSize(width: 640, height: 640), sha256: "0a1b", sizeBytes: 1,
      defaults: defaults)
  }

  func models() async throws -> [InstalledModel] { [model] }

  func model(named name: String) async throws -> InstalledModel {
    guard name == model.name else { throw DetectionError(.modelNotFound, "No such model") }
    return model
  }
}

/// Blobs as a dictionary; counts what is read.
actor BlobsInMemory: BlobStore {
  private(set) var blobs: [String: [UInt8]] = [:]
  private(set) var opened = 0

  func set(_ bytes: [UInt8]?, for key: String) { blobs[key] = bytes }

  func open(_ key: String) async throws -> (any BlobReader)? {
    opened += 1
    return blobs[key].map(Reader.init)
  }

  private struct Reader: BlobReader {
    let bytes: [UInt8]
    var sizeBytes: Int { bytes.count }

    func read(at offset: Int, count: Int) async throws -> [UInt8] {
      Array(bytes.dropFirst(offset).prefix(count))
    }
  }

  func withLocalFile<Result: Sendable>(
    _ key: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    guard let bytes = blobs[key] else { throw JobsError(.blobNotFound, "No such blob") }
    let folder = try TemporaryFolder()
    return try await body(folder.write(Data(bytes), to: "blob"))
  }

  private let unused = JobsError(.storageError, "Not used by these routes")
  func temporaryPath() async throws -> String { throw unused }
  func keep(fileAt path: String, as key: String) async throws { throw unused }
  func put(_ bytes: [UInt8], as key: String) async throws { throw unused }
  func delete(_ keys: [String]) async throws { throw unused }
  func names(under prefix: String, after name: String?, limit: Int) async throws -> [BlobName] {
    throw unused
  }
  func deleteAll(under prefix: String) async throws { throw unused }
  func sweepTemporaryFiles(olderThan time: Date) async throws -> Int { throw unused }
  func checkWritable() async throws { throw unused }
}

/// Keeps what it is given instead of packing it.
actor ArchiveInMemory: ArchiveWriter {
  private(set) var names: [String] = []
  private(set) var contents: [String: [UInt8]] = [:]

  private func keep(_ bytes: [UInt8], as name: String) {
    names.append(name)
    contents[name] = bytes
  }

  func text(_ name: String) -> String? {
    contents[name].map { String(decoding: $0, as: UTF8.self) }
  }

  nonisolated func writeZIP(
    _ next: @Sendable () async throws -> ArchiveEntry?,
    to write: @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    while let entry = try await next() {
      var bytes: [UInt8] = []
      // An odd size, so that pieces end anywhere.
      while bytes.count < entry.sizeBytes {
        let more = try await entry.read(bytes.count, min(97, entry.sizeBytes - bytes.count))
        guard !more.isEmpty else { throw JobsError(.storageError, "An entry is too short") }
        bytes += more
      }
      guard try await entry.read(bytes.count, 97).isEmpty else {
        throw JobsError(.storageError, "An entry is too long")
      }
      await keep(bytes, as: entry.name)
      try await write(Array(entry.name.utf8))
    }
  }
}
