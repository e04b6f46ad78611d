import Backends
import Jobs
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

/// What a client has logged, by level.
final class RedisLog: LogHandler, Sendable {
  private let lines = Mutex<[(Logger.Level, String)]>([])

  var metadata: Logger.Metadata {
    get { [:] }
    // Nothing of ours sets any.
    set {}
  }
  var logLevel: Logger.Level {
    get { .info }
    set {}
  }

  subscript(metadataKey _: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) {
    lines.withLock {
      $0.append((event.level, "\(event.message) \(event.metadata ?? [:])"))
    }
  }

  func count(_ level: Logger.Level) -> Int {
    lines.withLock { $0.count { $0.0 == level } }
  }

  /// Whether each warning but the last one is followed by a notice before the next: an outage is one warning, and a
  /// busy machine may bring more outages than a test does.
  var warnsOnceAnOutage: Bool {
    let isWarning = lines.withLock { lines in
      lines.compactMap { [.warning, .notice].contains($0.0) ? $0.0 == .warning : nil }
    }
    return zip(isWarning, isWarning.dropFirst()).allSatisfy { $0 != $1 }
  }

  var text: String { lines.withLock { $0.map(\.1).joined(separator: "\n") } }
}

/// Calls wait long: a machine that is busy with other tests is not a slow Redis.
func patientOptions(_ url: String) throws -> RedisOptions {
  var options = RedisOptions(url: try RedisURL(url))
  options.callTimeout = .seconds(60)
  options.connectTimeout = .seconds(60)
  return options
}

/// Runs a client while `body` runs.
func withRedisClient(
  _ options: RedisOptions,
  _ body: @Sendable @escaping (RedisClient, RedisLog) async throws -> Void
) async throws {
  let log = RedisLog()
  let client = try RedisClient(options, logger: Logger(label: "test") { _ in log })
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { await client.run() }
    group.addTask { try await body(client, log) }
    try await group.next()
    group.cancelAll()
  }
}

extension RedisServer {
  /// Without a name and a password.
  var url: String { "redis://127.0.0.1:\(port)" }

  /// Runs a server and a client that is connected to it.
  static func withClient(
    _ demands: Demands = Demands(),
    _ body: @Sendable @escaping (RedisServer, RedisClient) async throws -> Void
  ) async throws {
    try await running(demands) { server in
      try await withRedisClient(patientOptions(server.url)) { client, _ in
        try await eventually { client.isAvailable }
        try await body(server, client)
      }
    }
  }
}

/// An id that no other has.
func newJobID() -> JobID { JobID(at: startOfTests) }

/// A server that answers whatever comes, once, with the same bytes, and keeps the connection.
enum FakeServer {
  static func answering(
    _ text: String, _ body: @Sendable @escaping (Int) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let channel = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Answer(text: text))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    do {
      try await body(try #require(channel.localAddress?.port))
    } catch {
      try await channel.close()
      throw error
    }
    try await channel.close()
  }

  private final class Answer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let text: String
    private var isDone = false

    init(text: String) { self.text = text }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard !isDone else { return }
      isDone = true
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
  }
}
