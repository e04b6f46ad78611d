import HummingbirdCore
import Jobs
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Sends plain HTTP to HTTPS, and does nothing else: one answer a connection, and no body is read.
struct RedirectServer: ServiceLifecycle.Service {
  /// Browsers come here once, then the answer is known.
  private static let maxConnections = 256
  /// For the request and its answer together.
  private static let patience = TimeAmount.seconds(10)
  /// What comes after the head is left in the network.
  private static let receiveBytes = 4096

  let host: String
  let port: Int
  let logger: Logger
  private let target: Target

  /// `target`: the port of HTTPS; 0 where it is not known yet.
  init(host: String, port: Int, target: Int, logger: Logger) {
    self.host = host
    self.port = port
    self.logger = logger
    self.target = Target(target)
  }

  func setTarget(_ port: Int) { target.set(port) }

  func run() async throws {
    let channel: any Channel
    do {
      channel = try await bootstrap.bind(host: host, port: port).get()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw JobsError(.unavailable, "\(host):\(port): the address is in use by another process")
    }
    logger.info(
      "Harrier sends plain HTTP to HTTPS",
      metadata: [
        "host": "\(host)", "redirect_port": .stringConvertible(channel.localAddress?.port ?? port),
      ])
    do {
      try await gracefulShutdown()
    } catch is CancellationError {
      // The end came without grace.
    }
    // Those that are open are at an end in a moment.
    channel.close(promise: nil)
    try await channel.closeFuture.get()
  }

  private var bootstrap: ServerBootstrap {
    ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AvailableConnectionsChannelHandler(maxConnections: Self.maxConnections))
        }
      }
      .childChannelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.receiveBytes)
      )
      .childChannelInitializer { [target] channel in
        channel.eventLoop.makeCompletedFuture {
          var limits = NIOHTTPDecoderLimitConfiguration()
          limits.maxHeaderListSize = RedirectTarget.maxHeaderBytes
          limits.maxHeaderFieldSize = RedirectTarget.maxHeaderBytes
          limits.maxHeaderFieldCount = 100
          let pipeline = channel.pipeline.syncOperations
          try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
          try pipeline.addHandler(RedirectHandler(target: target, patience: Self.patience))
        }
      }
  }

  /// The port of HTTPS, which is known when that server runs.
  final class Target: Sendable {
    private let port: Mutex<Int>

    init(_ port: Int) { self.port = Mutex(port) }

    var current: Int { port.withLock { $0 } }
    func set(_ port: Int) { self.port.withLock { $0 = port } }
  }
}

/// Answers the first request of a connection, and closes it.
private final class RedirectHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let target: RedirectServer.Target
  private let patience: TimeAmount
  private var hasAnswered = false
  private var end: Scheduled<Void>?

  init(target: RedirectServer.Target, patience: TimeAmount) {
    self.target = target
    self.patience = patience
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    end = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let head) = unwrapInboundIn(data) else { return }
    let port = target.current
    guard port != 0 else { return answer(.serviceUnavailable, [:], context) }
    guard
      let location = RedirectTarget.location(of: head.uri, hosts: head.headers["Host"], port: port)
    else {
      return answer(.badRequest, [:], context)
    }
    answer(.permanentRedirect, ["Location": location], context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is HTTPParserError {
      answer(.badRequest, [:], context)
    } else {
      context.close(promise: nil)
    }
  }

  private func answer(
    _ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ context: ChannelHandlerContext
  ) {
    guard !hasAnswered else { return }
    hasAnswered = true
    var headers = headers
    headers.add(name: "Content-Length", value: "0")
    headers.add(name: "Connection", value: "close")
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    let context = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.value.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      context.value.close(promise: nil)
    }
  }
}
