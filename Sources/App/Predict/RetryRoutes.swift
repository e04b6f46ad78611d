import Foundation
import Hummingbird
import Jobs
import NIOCore
import ObjectDetection

/// Starts jobs again that have failed or were cancelled.
struct RetryRoutes {
  let service: Service

  /// `POST /api/v1/jobs/{job_id}/retry`
  ///
  /// A new job, since ended ones never change: it has the results that the old one finished, and does the rest.
  @Sendable func retry(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.jobID()
    let intake = JobIntake(service: service)
    let body = try await body(of: request, intake)
    let idempotency = try intake.idempotencyKey(
      of: request, body: Array("retry \(id) ".utf8) + body, context)
    if let answer = try await intake.firstAnswer(to: idempotency) { return answer }
    guard let ended = try await service.jobs.job(id) else { throw APIError.noSuchJob }
    guard ended.state == .failed || ended.state == .cancelled else {
      throw APIError(
        .jobNotRetryable, "Only jobs that failed or were cancelled can be started again",
        details: "It is \(ended.state.rawValue)")
    }
    let excluded =
      body.isEmpty ? [] : try RetryRequest(parsing: body, files: ended.fileIDs).excludedFileIDs
    return try await intake.queue(
      try await newJob(like: ended, without: excluded), idempotency, continuing: ended.id, context)
  }

  /// Empty when there is none.
  private func body(of request: Request, _ intake: JobIntake) async throws -> [UInt8] {
    if request.headers[.contentType] == nil {
      guard try await !intake.bytes(of: request).isEmpty else { return [] }
    }
    return try await intake.jsonBody(of: request)
  }

  private func newJob(like ended: Job, without excluded: Set<FileID>) async throws -> Job {
    // Both go together, which may be at any time.
    guard let upload = try await service.uploads.upload(ended.uploadID) else {
      throw APIError.noSuchJob
    }
    let ids = ended.fileIDs.filter { !excluded.contains($0) }
    let files = Set(ids)
    let pixels = upload.files.reduce(0) { pixels, file in
      pixels + (files.contains(file.id) ? file.width * file.height : 0)
    }
    let now = service.now()
    var job = Job(
      id: JobID(at: now), uploadID: upload.id, fileIDs: ids, configuration: ended.configuration,
      priority: ended.priority, megapixels: Double(pixels) / 1e6, createdAt: now)
    // Nobody waits for a shadow, so it is nobody's.
    job.owner = ended.comparison?.isShadow == true ? nil : upload.owner
    job.comparison = ended.comparison
    // What the old job has finished and what the new one does must be of one model.
    job.model = ended.model
    job.estimatedAt = try await service.estimates.completion(ofNew: job)
    return job
  }
}

/// The body of `POST /api/v1/jobs/{job_id}/retry`.
struct RetryRequest: Sendable, Equatable {
  /// Such as the image on which workers died.
  let excludedFileIDs: Set<FileID>

  /// - Parameter files: of the job that is started again.
  /// - Throws: `APIError`: `.invalidRequest` for malformed JSON; `.invalidConfig` with every field at fault;
  ///   `.fileNotFound` for a file that the job has not.
  init(parsing body: [UInt8], files: [FileID]) throws(APIError) {
    var fields = try JSONFields(try JSONValue(parsing: body))
    let excluded = fields.fileIDs("exclude_file_ids", of: Set(files))
    try fields.finish()
    excludedFileIDs = excluded
  }
}

extension JSONFields {
  fileprivate mutating func fileIDs(_ key: String, of job: Set<FileID>) -> Set<FileID> {
    // One is left to be done.
    guard let texts = optionalStrings(key, count: 0...max(0, job.count - 1)) else { return [] }
    var ids = Set<FileID>()
    for (index, text) in texts.enumerated() {
      guard let id = FileID(text), job.contains(id) else {
        notFound(key, at: index, .fileNotFound, "No such file in the job")
        continue
      }
      ids.insert(id)
    }
    return ids
  }
}
