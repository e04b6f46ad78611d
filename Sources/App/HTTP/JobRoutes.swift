import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOCore
import ObjectDetection

/// Status, list and cancellation of jobs.
struct JobRoutes {
  private static let maxWaitSeconds = 30.0
  private static let pageSizes = 1...100
  private static let pageSize = 20

  let service: Service

  /// `GET /api/v1/jobs/{job_id}/status`
  @Sendable func status(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let id = try context.jobID()
    let query = try QueryParameters(request, allowing: ["wait"])
    let seconds = try query.number("wait", in: 0...Self.maxWaitSeconds) ?? 0
    guard var document = try await service.watch.document(id) else { throw APIError.noSuchJob }
    if seconds > 0 {
      // The client waits for something newer than what it has seen.
      let seen = Self.version(in: request.headers[.ifNoneMatch]) ?? document.version
      let start = ContinuousClock.now
      defer { OperationParts.current?.hold(ContinuousClock.now - start) }
      guard
        let newer = try await service.watch.document(
          id, after: seen, upTo: .seconds(seconds))
      else { throw APIError.noSuchJob }
      document = newer
    }
    return Self.answer(document, to: request)
  }

  private static func answer(_ document: StatusDocument, to request: Request) -> Response {
    if let unchanged = request.notModified(document.entityTag, .revalidated) { return unchanged }
    var headers = HTTPFields.validators(document.entityTag, .revalidated)
    headers[.contentType] = "application/json; charset=utf-8"
    return Response(
      status: .ok, headers: headers, body: ResponseBody(byteBuffer: document.body))
  }

  /// The version that a status' entity tag names.
  private static func version(in header: String?) -> Int? {
    header.flatMap { Int($0.filter { $0.isASCII && $0.isNumber }) }
  }

  /// `GET /api/v1/jobs`
  @Sendable func list(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["status", "limit", "cursor"])
    let limit = try query.integer("limit", in: Self.pageSizes) ?? Self.pageSize
    var after: JobID?
    if let cursor = query["cursor"] {
      guard let id = JobID(cursor) else {
        throw QueryParameters.invalid([
          .field("cursor", "INVALID_VALUE", "Must be the next_cursor of an earlier answer")
        ])
      }
      after = id
    }
    // One more tells whether there is a next page.
    let jobs = try await service.jobs.jobs(
      JobQuery(
        state: try query.choice("status", of: JobState.self), limit: limit + 1, after: after,
        owner: context.caller.isAdmin ? nil : context.caller.owner ?? ""))
    let page = jobs.prefix(limit)
    return .json(
      Envelope.success { json in
        json.array("jobs") { json in
          for job in page {
            json.rawElement(
              StatusDocument(job, estimatedCompletion: service.estimates.completion(of: job)).data)
          }
        }
        if jobs.count > limit, let last = page.last {
          json.string("next_cursor", last.id.description)
        } else {
          json.null("next_cursor")
        }
      })
  }

  /// `POST /api/v1/jobs/{job_id}/cancel`
  @Sendable func cancel(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.jobID()
    switch try await service.jobs.cancel(id, now: service.now()) {
    case .notFound: throw APIError.noSuchJob
    case .alreadyEnded(let job):
      // Who is told so must not read an older status afterwards.
      await service.watch.observed(job)
      throw APIError(
        .jobNotCancellable, "The job has already ended", details: "It is \(job.state.rawValue)")
    case .cancelled(let job):
      Failpoint.jobCancelled.reach()
      if !job.isShadow {
        service.metrics.jobEnded(
          .cancelled,
          duration: job.startedAt.map { .seconds(max(0, service.now().timeIntervalSince($0))) })
      }
      context.logger.info("job cancelled", metadata: ["job_id": "\(id)"])
      service.jobLog.write(
        "Cancelled", .warning, of: id, details: ["request_id": context.requestID])
      return Self.answer(await service.watch.observed(job), to: request)
    }
  }
}
