import Hummingbird
import Jobs
import ObjectDetection

/// What happened to a job, for its client.
struct JobLogRoutes {
  private static let pageSizes = 1...JobLog.limit
  private static let pageSize = 200

  let service: Service

  /// `GET /api/v1/jobs/{job_id}/log`
  @Sendable func log(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["after", "limit"])
    let id = try context.jobID()
    let limit = try query.integer("limit", in: Self.pageSizes) ?? Self.pageSize
    let after = try query.integer("after", in: 0...Int(Int32.max))
    guard try await service.jobs.job(id) != nil else { throw APIError.noSuchJob }
    let entries = try await service.jobLogs.log(of: id, after: after, limit: limit)
    return .json(
      Envelope.success { json in
        json.string("job_id", id.description)
        json.array("entries") { json in
          for entry in entries { json.object { Self.write(entry, to: &$0) } }
        }
        json.integer("next_after", entries.last?.number ?? after ?? 0)
      })
  }

  private static func write(_ numbered: NumberedEntry, to json: inout JSONWriter) {
    let entry = numbered.entry
    json.integer("number", numbered.number)
    json.time("time", entry.time)
    json.string("level", entry.level.rawValue)
    json.string("source", entry.source.rawValue)
    if let attempt = entry.attempt { json.integer("attempt", attempt) }
    json.string("message", entry.message)
    if !entry.details.isEmpty {
      json.object("details") { json in
        for (name, value) in entry.details.sorted(by: { $0.key < $1.key }) {
          json.string(name, value)
        }
      }
    }
  }
}
