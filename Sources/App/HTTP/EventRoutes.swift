import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import ServiceLifecycle

/// A job's progress as server-sent events (HTML standard, "Server-sent events").
struct EventRoutes {
  /// A comment line tells proxies and clients that the stream lives.
  private static let heartbeat = Duration.seconds(15)
  /// Each open stream holds a connection: half of them are left for everything else.
  private static let maxStreams = HarrierServer.maxConnections / 2

  let service: Service

  /// `GET /api/v1/jobs/{job_id}/events`
  @Sendable func events(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.jobID()
    guard let first = try await service.watch.document(id) else { throw APIError.noSuchJob }
    let seen = request.headers[.lastEventID].flatMap { Int($0) }
    if request.method == .head { return Response(status: .ok, headers: Self.headers) }
    guard let stream = service.streams.open(limit: Self.maxStreams) else {
      throw APIError(
        .serviceUnavailable, "Too many open event streams", headers: [.retryAfter: "5"])
    }
    return Response(
      status: .ok, headers: Self.headers,
      body: ResponseBody { writer in
        try await write(from: first, seen: seen, of: id, to: &writer)
        try await writer.finish(nil)
        withExtendedLifetime(stream) {}
      })
  }

  private static let headers: HTTPFields = [
    .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
  ]

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
        id, after: document.version, upTo: Self.heartbeat)
      guard let next else { return }
      if next.version > document.version {
        try await writer.write(Self.event(next, after: document))
        document = next
      } else {
        try await writer.write(ByteBuffer(string: ":\n\n"))
      }
    }
  }

  /// `status` when the state is another one, `end` when it is the last one, else `progress`.
  private static func event(_ document: StatusDocument, after last: StatusDocument?) -> ByteBuffer {
    let name =
      if document.state.isEnded { "end" } else if document.state != last?.state { "status" } else {
        "progress"
      }
    return ByteBuffer(
      string: "event: \(name)\nid: \(document.version)\ndata: \(document.data)\n\n")
  }
}
