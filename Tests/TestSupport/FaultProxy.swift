import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy on loopback between an HTTP client and its server that spoils the answers a test names.
public final class FaultProxy: Sendable {
  /// What happens to one answer.
  public enum Fault: Sendable {
    /// Its first bytes arrive, then the connection ends.
    case cut(afterBytes: Int)
    /// One byte of its body is another one.
    case damage
    /// The server never sees the request; the client gets this text, and the connection ends.
    case reply(String)
    /// The server does what it was asked to, and the client never hears of it.
    case silence
    /// As `silence`, and the connection ends.
    case loss
  }

  private let channel: any Channel
  private let state: ProxyState

  public static func start(to port: Int) async throws -> FaultProxy {
    let state = ProxyState(port: port)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ClientSide(state: state))
        }
      }.bind(host: "127.0.0.1", port: 0).get()
    return FaultProxy(channel: channel, state: state)
  }

  private init(channel: any Channel, state: ProxyState) {
    self.channel = channel
    self.state = state
  }

  public var endpoint: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

  /// Spoils the next answers to requests whose first line contains `text`, one fault each.
  public func spoil(_ faults: [Fault], of text: String = "") {
    state.plan.withLock { $0 = ProxyState.Plan(text: text, faults: faults) }
  }

  /// The first lines of all requests so far.
  public var requests: [String] { state.requests.withLock { $0 } }

  public func stop() async throws { try await channel.close().get() }
}

private final class ProxyState: Sendable {
  struct Plan {
    var text = ""
    var faults: [FaultProxy.Fault] = []
  }

  let port: Int
  let plan = Mutex(Plan())
  let requests = Mutex<[String]>([])

  init(port: Int) { self.port = port }

  /// The fault of a request that begins with these bytes.
  func begin(_ line: String) -> FaultProxy.Fault? {
    requests.withLock { $0.append(line) }
    return plan.withLock { plan in
      plan.faults.isEmpty || !(plan.text.isEmpty || line.contains(plan.text))
        ? nil : plan.faults.removeFirst()
    }
  }
}

/// A connection of a client. Everything runs on its event loop, the connection to the server too.
private final class ClientSide: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let state: ProxyState
  private var server: (any Channel)?
  private var waiting: [ByteBuffer] = []
  private var isAnswering = true
  private var fault: FaultProxy.Fault?

  init(state: ProxyState) { self.state = state }

  func channelActive(context: ChannelHandlerContext) {
    let (client, box) = (context.channel, NIOLoopBound(self, eventLoop: context.eventLoop))
    ClientBootstrap(group: context.eventLoop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ServerSide(client: client, side: box.value))
        }
      }.connect(host: "127.0.0.1", port: state.port)
      .whenComplete { result in
        switch result {
        case .success(let channel): box.value.connected(channel)
        case .failure: client.close(promise: nil)
        }
      }
  }

  private func connected(_ server: any Channel) {
    self.server = server
    for bytes in waiting { server.writeAndFlush(bytes, promise: nil) }
    waiting = []
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    // What comes after an answer is a new request; clients here do not send two at once.
    if isAnswering {
      isAnswering = false
      let line = String(buffer: bytes).split(separator: "\r\n", maxSplits: 1).first ?? ""
      fault = state.begin(String(line))
    }
    if case .reply(let text) = fault {
      let client = context.channel
      client.writeAndFlush(ByteBuffer(string: text)).whenComplete { _ in client.close(promise: nil)
      }
      fault = .silence
      return
    }
    if let server {
      server.writeAndFlush(bytes, promise: nil)
    } else {
      waiting.append(bytes)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { server?.close(promise: nil) }

  func answer(_ bytes: ByteBuffer, to client: any Channel) {
    var bytes = bytes
    isAnswering = true
    switch fault {
    case nil, .reply:
      client.writeAndFlush(bytes, promise: nil)
    case .damage:
      let last = bytes.writerIndex - 1
      // The end of the head: the body comes by itself.
      guard last > 0, bytes.getString(at: last - 1, length: 2) != "\r\n" else {
        client.writeAndFlush(bytes, promise: nil)
        return
      }
      fault = nil
      bytes.setInteger((bytes.getInteger(at: last, as: UInt8.self) ?? 0) ^ 1, at: last)
      client.writeAndFlush(bytes, promise: nil)
    case .cut(let count):
      fault = .silence
      let piece = bytes.readSlice(length: min(count, bytes.readableBytes)) ?? ByteBuffer()
      client.writeAndFlush(piece).whenComplete { _ in client.close(promise: nil) }
    case .silence:
      return
    case .loss:
      client.close(promise: nil)
    }
  }
}

/// The connection to the server.
private final class ServerSide: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let client: any Channel
  private let side: ClientSide

  init(client: any Channel, side: ClientSide) {
    self.client = client
    self.side = side
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    side.answer(unwrapInboundIn(data), to: client)
  }

  func channelInactive(context: ChannelHandlerContext) { client.close(promise: nil) }
}
