import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOCore
import ObjectDetection

/// What all requests that start a job have in common: body, idempotency key, answer.
struct JobIntake {
  private static let maxKeyCharacters = 255

  let service: Service

  /// A body of at most `max_json_bytes`.
  /// - Throws: `APIError(.unsupportedMediaType)`, `.uploadTooLarge`.
  func jsonBody(of request: Request) async throws -> [UInt8] {
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
    return try await bytes(of: request)
  }

  /// All of a body, if there is room for it.
  func bytes(of request: Request) async throws -> [UInt8] {
    try await service.bodyBudget.body(of: request, upTo: service.settings.maxJSONBytes)
  }

  /// nil when the client sent none.
  func idempotencyKey(
    of request: Request, body: [UInt8], _ context: HarrierContext
  ) throws -> IdempotencyKey? {
    guard let key = request.headers[.idempotencyKey] else { return nil }
    guard (1...Self.maxKeyCharacters).contains(key.count) else {
      throw APIError(
        .invalidRequest, "Invalid Idempotency-Key",
        details: "Must have 1 to \(Self.maxKeyCharacters) characters", field: "Idempotency-Key")
    }
    return IdempotencyKey(
      caller: context.caller.owner ?? context.client, key: key,
      bodyHash: SHA256.hash(data: body).hexadecimal)
  }

  /// A repetition is answered as the first time, whatever has changed since; nil for what is none.
  func firstAnswer(to idempotency: IdempotencyKey?) async throws -> Response? {
    guard let idempotency else { return nil }
    return try await service.jobs.job(startedBy: idempotency, now: service.now())
      .map(Self.accepted)
  }

  /// Queues the job; `continuing` names one whose finished images it takes over.
  func queue(
    _ job: Job, _ idempotency: IdempotencyKey?, continuing: JobID? = nil,
    _ context: HarrierContext
  ) async throws -> Response {
    var job = job
    job.requestID = context.requestID
    job.traceParent = service.traces.traceparent
    let limits = context.caller.limits(service.settings)
    job.runningLimit = limits.runningJobs
    let insertion: JobInsertion
    do {
      insertion = try await service.jobs.insert(
        job, idempotency: idempotency,
        limits: QueueLimits(
          total: service.settings.maxQueuedJobs,
          ofOwner: job.owner == nil ? nil : limits.queuedJobs),
        continuing: continuing)
    } catch let error as JobsError where error.code == .ownerQueueFull {
      var failure = APIError(error)
      failure.details = "At most \(limits.queuedJobs ?? 0) may wait, none is left"
      throw failure
    }
    switch insertion {
    case .inserted:
      context.audited["job_id"] = job.id.description
      Failpoint.jobInserted.reach()
      context.logger.info(
        "job queued", metadata: ["job_id": "\(job.id)", "images": "\(job.fileIDs.count)"])
      service.jobLog.write(
        "Queued", of: job.id,
        details: [
          "images": "\(job.fileIDs.count)", "priority": "\(job.priority)",
          "request_id": context.requestID,
        ].merging(continuing.map { ["continues": "\($0)"] } ?? [:]) { $1 })
      await service.dispatch.announce(job.id, priority: job.priority)
      // Only what clients ask for anew: what comes of it they never notice.
      if continuing == nil, job.comparison == nil, job.model != nil,
        !service.shadowQueue.offer(job)
      {
        service.metrics.shadow(.dropped)
      }
      return Self.accepted(job)
    case .repeated(let first):
      context.audited["job_id"] = first.id.description
      return Self.accepted(first)
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
