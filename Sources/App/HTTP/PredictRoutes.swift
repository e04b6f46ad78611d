import Foundation
import Hummingbird
import Jobs
import ObjectDetection

/// Starts jobs.
struct PredictRoutes {
  let service: Service

  /// `POST /api/v1/inference/predict`
  @Sendable func predict(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let intake = JobIntake(service: service)
    let body = try await intake.jsonBody(of: request)
    let idempotency = try intake.idempotencyKey(of: request, body: body, context)
    if let answer = try await intake.firstAnswer(to: idempotency) { return answer }
    let prediction = try PredictRequest(
      parsing: body, defaultModel: service.settings.defaultModel,
      maxFiles: service.settings.maxFilesPerUpload, callbacks: service.settings.webhookPolicy)
    context.audited["upload_id"] = prediction.uploadID.description
    let job = try await newJob(for: prediction, context.caller)
    return try await intake.queue(job, idempotency, context)
  }

  private func newJob(
    for prediction: PredictRequest, _ caller: Caller
  ) async throws -> Job {
    guard let upload = try await service.uploads.upload(prediction.uploadID),
      caller.sees(upload.owner)
    else {
      throw APIError.noSuchUpload
    }
    let files = try Self.files(of: prediction, in: upload)
    let model = try await service.chosenModel(
      named: prediction.configuration.model, field: "config.model")
    var configuration = try prediction.configuration.settled(for: model)
    // Of a registered model the version that its name means now: aliases move, a job does not.
    configuration.model = model.name
    configuration.reasoner = try await service.reasoner(for: configuration, model)
    let now = service.now()
    let pixels = files.reduce(0) { $0 + $1.width * $1.height }
    var job = Job(
      id: JobID(at: now), uploadID: upload.id, fileIDs: files.map(\.id),
      configuration: configuration.json, priority: prediction.priority,
      megapixels: Double(pixels) / 1e6, createdAt: now)
    job.model = model.pin
    // An administrator's job over another one's pictures is that one's too.
    job.owner = upload.owner
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
}

extension Service {
  /// The model of a new job.
  /// - Parameter field: of the request that names it.
  /// - Throws: `APIError(.modelNotFound)` that tells which there are.
  func chosenModel(named name: String, field: String) async throws -> InstalledModel {
    do {
      return try await models.model(named: name)
    } catch let error as DetectionError where error.code == .modelNotFound {
      let installed = try await models.models().map(\.name).joined(separator: ", ")
      throw APIError(
        .modelNotFound, "No such model", details: "Installed are: \(installed)",
        entries: [.field(field, "MODEL_NOT_FOUND", "No model \"\(name)\" is installed")])
    }
  }
}
