import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import ServiceLifecycle

/// A job's progress as server-sent events (HTML standard, "Server-sent events").
struct EventRoutes {
  let service: Service

  /// `GET /api/v1/jobs/{job_id}/events`
  @Sendable func events(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.jobID()
    guard let first = try await service.watch.document(id) else { throw APIError.noSuchJob }
    let seen = request.headers[.lastEventID].flatMap { Int($0) }
    return try EventStream.response(to: request, service.streams) { writer in
      try await write(from: first, seen: seen, of: id, to: &writer)
    }
  }

  /// The present state first, unless the client has seen it; then each change, up to the end.
  private func write(
    from first: StatusDocument, seen: Int?, of id: JobID, to writer: inout any ResponseBodyWriter
  ) async throws {
    var document = first
    // A client that comes back after the end is told of the end again, or it would come back for ever.
    if seen != document.version || document.state.isEnded {
      try await writer.write(Self.event(document, after: nil))
    }
    while !document.state.isEnded, !Task.isShuttingDownGracefully {
      let next = try await service.watch.document(
        id, after: document.version, upTo: EventStream.heartbeat)
      guard let next else { return }
      if next.version > document.version {
        try await writer.write(Self.event(next, after: document))
        document = next
      } else {
        try await writer.write(EventStream.comment)
      }
    }
  }

  /// `status` when the state is another one, `end` when it is the last one, else `progress`.
  private static func event(_ document: StatusDocument, after last: StatusDocument?) -> ByteBuffer {
    let name =
      if document.state.isEnded { "end" } else if document.state != last?.state { "status" } else {
        "progress"
      }
    return EventStream.event(name, id: document.version, data: document.data)
  }
}
