import Hummingbird
import Jobs
import ObjectDetection

/// What became of each try at a job.
struct AttemptRoutes {
  let service: Service

  /// `GET /api/v1/jobs/{job_id}/attempts`
  @Sendable func list(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.jobID()
    guard try await service.jobs.job(id) != nil else { throw APIError.noSuchJob }
    let attempts = try await service.jobs.attempts(of: id)
    return .json(
      Envelope.success { json in
        json.string("job_id", id.description)
        json.array("attempts") { json in
          for attempt in attempts { json.object { Self.write(attempt, to: &$0) } }
        }
      })
  }

  private static func write(_ attempt: Attempt, to json: inout JSONWriter) {
    json.integer("attempt", attempt.number)
    json.string("outcome", attempt.outcome.rawValue)
    json.string("worker", attempt.worker.description)
    json.time("started_at", attempt.startedAt)
    if let time = attempt.endedAt { json.time("ended_at", time) }
    if let file = attempt.fileInHand { json.string("file_in_hand", file.description) }
    if let failure = attempt.failure {
      json.object("error") { $0.failure(failure) }
    }
  }
}
