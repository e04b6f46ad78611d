import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOCore
import ObjectDetection

/// Starts jobs.
struct PredictRoutes {
  private static let maxKeyCharacters = 255

  let service: Service

  /// `POST /api/v1/inference/predict`
  @Sendable func predict(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let body = try await jsonBody(of: request)
    let idempotency = try idempotencyKey(of: request, body: body, caller: context.client)
    // A repetition is answered as the first time, whatever has changed since.
    if let idempotency,
      let first = try await service.jobs.job(startedBy: idempotency, now: service.now())
    {
      return Self.accepted(first)
    }
    let prediction = try PredictRequest(
      parsing: body, defaultModel: service.settings.defaultModel,
      maxFiles: service.settings.maxFilesPerUpload, callbacks: service.settings.webhookPolicy)
    let job = try await newJob(for: prediction)
    let insertion = try await service.jobs.insert(
      job, idempotency: idempotency, queuedLimit: service.settings.maxQueuedJobs)
    switch insertion {
    case .inserted:
      context.logger.info(
        "job queued", metadata: ["job_id": "\(job.id)", "images": "\(job.fileIDs.count)"])
      await service.dispatch.announce(job.id, priority: job.priority)
      return Self.accepted(job)
    case .repeated(let first):
      return Self.accepted(first)
    }
  }

  private func jsonBody(of request: Request) async throws -> [UInt8] {
    let type = request.headers[.contentType]?.split(separator: ";").first ?? ""
    guard type.lowercased().trimmingPrefix(" ") == "application/json" else {
      throw APIError(
        .unsupportedMediaType, "The body must be JSON",
        details: "Send the header Content-Type: application/json")
    }
    // Who announces too much is not read.
    if let length = request.headers.announcedBytes, length > service.settings.maxJSONBytes {
      throw APIError(
        .uploadTooLarge, "The request body is too large",
        details: "At most \(service.settings.maxJSONBytes) bytes")
    }
    return Array(buffer: try await request.body.collect(upTo: service.settings.maxJSONBytes))
  }

  private func idempotencyKey(
    of request: Request, body: [UInt8], caller: String
  ) throws -> IdempotencyKey? {
    guard let key = request.headers[.idempotencyKey] else { return nil }
    guard (1...Self.maxKeyCharacters).contains(key.count) else {
      throw APIError(
        .invalidRequest, "Invalid Idempotency-Key",
        details: "Must have 1 to \(Self.maxKeyCharacters) characters", field: "Idempotency-Key")
    }
    return IdempotencyKey(
      caller: caller, key: key, bodyHash: SHA256.hash(data: body).hexadecimal)
  }

  private func newJob(for prediction: PredictRequest) async throws -> Job {
    guard let upload = try await service.uploads.upload(prediction.uploadID) else {
      throw APIError.noSuchUpload
    }
    let files = try Self.files(of: prediction, in: upload)
    let model = try await model(named: prediction.configuration.model)
    try prediction.configuration.check(
      model: model, ruleSets: RuleSetCatalog(directory: service.settings.rulesDirectory))
    let now = service.now()
    let pixels = files.reduce(0) { $0 + $1.width * $1.height }
    var job = Job(
      id: JobID(at: now), uploadID: upload.id, fileIDs: files.map(\.id),
      configuration: prediction.configuration.json, priority: prediction.priority,
      megapixels: Double(pixels) / 1e6, createdAt: now)
    job.callbackURL = prediction.callbackURL
    job.estimatedAt = try await service.estimates.completion(ofNew: job)
    return job
  }

  private static func files(
    of prediction: PredictRequest, in upload: Upload
  ) throws -> [UploadedFile] {
    guard let ids = prediction.fileIDs else { return upload.files }
    let byID = Dictionary(upload.files.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let unknown = ids.enumerated().filter { byID[$0.element] == nil }
    guard unknown.isEmpty else {
      throw APIError(
        .fileNotFound, "No such file in the upload",
        entries: unknown.map { index, _ in
          .field("file_ids[\(index)]", "FILE_NOT_FOUND", "No such file in the upload")
        })
    }
    return ids.compactMap { byID[$0] }
  }

  private func model(named name: String) async throws -> InstalledModel {
    do {
      return try await service.models.model(named: name)
    } catch let error as DetectionError where error.code == .modelNotFound {
      let installed = try await service.models.models().map(\.name).joined(separator: ", ")
      throw APIError(
        .modelNotFound, "No such model", details: "Installed are: \(installed)",
        entries: [
          .field("config.model", "MODEL_NOT_FOUND", "No model \"\(name)\" is installed")
        ])
    }
  }

  /// The first answer and every repetition of it.
  private static func accepted(_ job: Job) -> Response {
    let url = "/api/v1/jobs/\(job.id)/status"
    let body = Envelope.success(status: "accepted", message: "Inference job created") { json in
      json.string("job_id", job.id.description)
      json.string("status", JobState.queued.rawValue)
      json.time("created_at", job.createdAt)
      if let estimate = job.estimatedAt {
        json.time("estimated_completion", estimate)
      } else {
        json.null("estimated_completion")
      }
      json.integer("file_count", job.fileIDs.count)
      json.string("status_url", url)
    }
    return .json(body, status: .accepted, headers: [.location: url])
  }
}
