import Hummingbird
import Jobs
import ObjectDetection

/// What became of the webhooks of a job.
struct DeliveryRoutes {
  let service: Service

  /// `GET /api/v1/jobs/{job_id}/deliveries`
  @Sendable func deliveries(_ request: Request, _ context: HarrierContext) async throws -> Response
  {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.jobID()
    guard try await service.jobs.job(id) != nil else { throw APIError.noSuchJob }
    let deliveries = try await service.deliveries.deliveries(of: id)
    return .json(
      Envelope.success { json in
        json.string("job_id", id.description)
        json.array("deliveries") { json in
          for delivery in deliveries { json.object { Self.write(delivery, to: &$0) } }
        }
      })
  }

  private static func write(_ delivery: Delivery, to json: inout JSONWriter) {
    json.string("event_id", delivery.id.description)
    json.string("event", delivery.event.rawValue)
    json.string("url", WebhookTarget.withoutQueryValues(delivery.url))
    json.string("status", delivery.state.rawValue)
    json.integer("attempts", delivery.attempts)
    json.time("created_at", delivery.createdAt)
    if let time = delivery.dueAt { json.time("next_attempt_at", time) }
    if let time = delivery.lastAttemptAt { json.time("last_attempt_at", time) }
    if let status = delivery.responseStatus { json.integer("response_status", status) }
    if let error = delivery.error { json.string("error", error) }
  }
}
