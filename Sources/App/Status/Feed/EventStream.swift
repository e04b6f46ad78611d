import HTTPTypes
import Hummingbird
import NIOCore

/// Server-sent events (HTML standard, "Server-sent events"): what all streams have in common.
enum EventStream {
  /// A comment line tells proxies and clients that the stream lives.
  static let heartbeat = Duration.seconds(15)
  static let comment = ByteBuffer(string: ":\n\n")
  /// Each open stream holds a connection: half of them are left for everything else.
  private static let maxStreams = HarrierServer.maxConnections / 2

  private static let headers: HTTPFields = [
    .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
  ]

  /// The answer whose body `write` writes.
  /// - Throws: `APIError(.serviceUnavailable)` when too many streams are open.
  static func response(
    to request: Request, _ streams: OpenStreams,
    _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
  ) throws -> Response {
    if request.method == .head { return Response(status: .ok, headers: headers) }
    guard let stream = streams.open(limit: maxStreams) else {
      throw APIError(
        .serviceUnavailable, "Too many open event streams", headers: [.retryAfter: "5"])
    }
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        try await write(&writer)
        try await writer.finish(nil)
        withExtendedLifetime(stream) {}
      })
  }

  /// One event; `data` is a line of JSON.
  static func event(_ name: String, id: Int?, data: String) -> ByteBuffer {
    let id = id.map { "id: \($0)\n" } ?? ""
    return ByteBuffer(string: "event: \(name)\n\(id)data: \(data)\n\n")
  }
}
