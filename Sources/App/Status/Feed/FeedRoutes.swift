import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import ServiceLifecycle

/// All jobs that the caller sees, as server-sent events: one connection for a list, where a stream a job would use up
/// those that a browser allows.
struct FeedRoutes {
  /// A client that was away for more than this reads the list instead.
  private static let maxReplayed = FeedSubscription.maxWaiting
  /// What changes within this time is sent at once, and each job once.
  private static let pause = Duration.milliseconds(100)

  let service: Service

  /// `GET /api/v1/jobs/events`
  @Sendable func events(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let seen = request.headers[.lastEventID].flatMap { Int($0) }
    let caller = context.caller
    return try EventStream.response(to: request, service.streams) { writer in
      try await service.watch.feed.withSubscription(seeing: { caller.sees($0) }) { news in
        try await begin(after: seen, caller, &writer)
        while !Task.isShuttingDownGracefully {
          try await send(news.take(), to: &writer)
          try await ContinuousClock().sleep(for: Self.pause)
          await news.wait(upTo: EventStream.heartbeat)
          if news.isEmpty { try await writer.write(EventStream.comment) }
        }
      }
    }
  }

  /// What the client has missed; without knowing what it has seen, or when that is long ago, it reads the list.
  private func begin(
    after seen: Int?, _ caller: Caller, _ writer: inout any ResponseBodyWriter
  ) async throws {
    guard let seen, try await seen <= service.jobs.latestVersion() else {
      return try await writer.write(Self.reset)
    }
    let changes = try await service.jobs.changes(after: seen, limit: Self.maxReplayed)
    guard changes.jobs.count < Self.maxReplayed else { return try await writer.write(Self.reset) }
    // The head goes out with the first bytes: a client learns at once that the stream is open.
    try await writer.write(EventStream.comment)
    for job in changes.jobs where caller.sees(job.owner) {
      try await writer.write(Self.event(service.watch.describe(job)))
    }
  }

  private func send(
    _ news: FeedSubscription.News, to writer: inout any ResponseBodyWriter
  ) async throws {
    if news.isReset { try await writer.write(Self.reset) }
    for document in news.documents { try await writer.write(Self.event(document)) }
  }

  private static let reset = EventStream.event("reset", id: nil, data: "{}")

  private static func event(_ document: StatusDocument) -> ByteBuffer {
    EventStream.event("job", id: document.version, data: document.data)
  }
}

extension FeedSubscription {
  /// Waits for news; returns without any after that time, or when the server stops.
  fileprivate func wait(upTo time: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.signal.wait(upTo: time) }
      // A server that stops waits for its open answers.
      group.addTask { try? await gracefulShutdown() }
      await group.next()
      group.cancelAll()
    }
  }
}
