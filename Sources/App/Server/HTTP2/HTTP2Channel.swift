import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP2
import NIOHTTPTypesHTTP2

/// A connection that speaks HTTP/2. Each of its streams is a channel of its own with one request and its answer.
///
/// Hummingbird's has no way to set the limits, ends a connection at the first error of a stream and cuts answers
/// off at a shutdown.
struct HTTP2Channel: ServerChildChannel {
  typealias Stream = HTTP1Channel.Value

  struct Value: ServerChildChannelValue {
    let streams: NIOHTTP2Handler.AsyncStreamMultiplexer<Stream>
    let channel: any Channel
  }

  struct Configuration: Sendable {
    let limits: HTTP2Limits
    /// A connection without streams is closed after so long, a stream whose request comes no further as well.
    let idleTimeout: TimeAmount
    /// Of all connections together: a stream holds what a connection of HTTP/1.1 does.
    let streamCount: StreamCount
    /// Between the frames and the streams.
    let connectionHandlers: @Sendable () -> [any ChannelHandler]
    /// Between HTTP's parts and the responder, as for HTTP/1.1.
    let streamHandlers: @Sendable () -> [any ChannelHandler]
  }

  private let requests: HTTP1Channel
  private let configuration: Configuration

  init(responder: @escaping HTTPChannelHandler.Responder, configuration: Configuration) {
    requests = HTTP1Channel(responder: responder)
    self.configuration = configuration
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let connection = HTTP2ConnectionHandler(
        eventLoop: channel.eventLoop, idleTimeout: configuration.idleTimeout)
      let pipeline = channel.pipeline.syncOperations
      let delegate = connection.delegate
      let streams = try pipeline.configureAsyncHTTP2Pipeline(
        mode: .server, streamDelegate: delegate, frameDelegate: delegate,
        configuration: configuration.limits.configuration
      ) { stream in
        stream.eventLoop.makeCompletedFuture { try setup(stream: stream, logger: logger) }
      }
      try pipeline.addHandler(connection)
      try pipeline.addHandlers(configuration.connectionHandlers())
      return Value(streams: streams, channel: channel)
    }
  }

  private func setup(stream: any Channel, logger: Logger) throws -> Stream {
    try configuration.streamCount.admit(stream)
    let pipeline = stream.pipeline.syncOperations
    try pipeline.addHandlers([
      StreamWindow(bytes: configuration.limits.bodyWindowBytes),
      HTTP2FramePayloadToHTTPServerCodec(),
    ])
    try pipeline.addHandler(StreamAnswer(maxFields: configuration.limits.maxFields))
    try pipeline.addHandlers(configuration.streamHandlers())
    try pipeline.addHandler(
      HTTPConnectionStateHandler(
        idleTimeout: Duration(configuration.idleTimeout), logger: logger))
    return try Stream(wrappingChannelSynchronously: stream)
  }

  func handle(value: Value, logger: Logger) async {
    do {
      try await withThrowingDiscardingTaskGroup { group in
        for try await stream in value.streams.inbound {
          // To Hummingbird it looks as a connection does that ends after its first request.
          group.addTask { await requests.handle(value: stream, logger: logger) }
        }
      }
    } catch {
      logger.trace("HTTP/2 connection failed", metadata: ["cause": "\(error)"])
    }
  }
}
