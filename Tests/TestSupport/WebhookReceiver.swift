import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on loopback that keeps what it is sent and answers as the test says.
public final class WebhookReceiver: Sendable {
  /// What it was sent.
  public struct Request: Sendable {
    public var method: String
    public var path: String
    /// By lower-case name.
    public var headers: [String: String]
    public var body: String
  }

  public enum Reply: Sendable {
    case status(Int, location: String? = nil, bodyBytes: Int = 0)
    /// Never answers.
    case silence
  }

  private let channel: any Channel
  private let state: ReceiverState

  /// Starts one on a free port, or on the port given.
  public static func start(
    port: Int = 0, reply: @escaping @Sendable (Request) -> Reply = { _ in .status(204) }
  ) async throws -> WebhookReceiver {
    let state = ReceiverState(reply: reply)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(ReceiverHandler(state: state))
        }
      }.bind(host: "127.0.0.1", port: port).get()
    return WebhookReceiver(channel: channel, state: state)
  }

  private init(channel: any Channel, state: ReceiverState) {
    self.channel = channel
    self.state = state
  }

  public var port: Int { channel.localAddress?.port ?? 0 }

  /// `http://127.0.0.1:PORT/...`
  public func url(_ path: String = "/hook", host: String = "127.0.0.1") -> String {
    "http://\(host):\(port)\(path)"
  }

  public var requests: [Request] { state.requests.withLock { $0 } }

  /// How it answers from now on.
  public func answer(_ reply: @escaping @Sendable (Request) -> Reply) {
    state.reply.withLock { $0 = reply }
  }

  /// Accepts no further connections: they are refused.
  public func stop() async throws { try await channel.close().get() }
}

private final class ReceiverState: Sendable {
  let requests = Mutex<[WebhookReceiver.Request]>([])
  let reply: Mutex<@Sendable (WebhookReceiver.Request) -> WebhookReceiver.Reply>

  init(reply: @escaping @Sendable (WebhookReceiver.Request) -> WebhookReceiver.Reply) {
    self.reply = Mutex(reply)
  }
}

/// One connection.
private final class ReceiverHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let state: ReceiverState
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()

  init(state: ReceiverState) { self.state = state }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body(let piece): body.writeImmutableBuffer(piece)
    case .end:
      guard let head else { return }
      let request = WebhookReceiver.Request(
        method: head.method.rawValue, path: head.uri,
        headers: Dictionary(
          head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }),
        body: String(buffer: body))
      body.clear()
      let reply = state.reply.withLock { $0 }
      state.requests.withLock { $0.append(request) }
      write(reply(request), context)
    }
  }

  private func write(_ reply: WebhookReceiver.Reply, _ context: ChannelHandlerContext) {
    guard case .status(let status, let location, let bodyBytes) = reply else { return }
    var headers = HTTPHeaders([("content-length", "\(bodyBytes)")])
    if let location { headers.add(name: "location", value: location) }
    let head = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    let bytes = ByteBuffer(repeating: 0x20, count: bodyBytes)
    context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
