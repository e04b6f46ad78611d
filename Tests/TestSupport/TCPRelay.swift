import NIOCore
import NIOPosix
import Synchronization

/// A TCP relay on loopback that a test takes away from between a client and its server, and gives back.
public final class TCPRelay: Sendable {
  /// What becomes of connections.
  public enum Mode: Sendable {
    case passing
    /// Those that are open end, new ones end at once.
    case cut
    /// Nothing goes through, and nobody is told.
    case silent
  }

  private let channel: any Channel
  private let state: RelayState

  public static func start(to port: Int) async throws -> TCPRelay {
    let state = RelayState(port: port)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { client in
        guard state.mode.withLock({ $0 }) != .cut else { return client.close() }
        // Nothing is read before there is somebody to give it to.
        return client.setOption(.autoRead, value: false).flatMap {
          ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: state.port)
        }.flatMap { server in
          state.add(client)
          state.add(server)
          return join(client, server, state)
        }
      }.bind(host: "127.0.0.1", port: 0).get()
    return TCPRelay(channel: channel, state: state)
  }

  private init(channel: any Channel, state: RelayState) {
    self.channel = channel
    self.state = state
  }

  public var port: Int { channel.localAddress?.port ?? 0 }

  /// For connections that are open, and for those to come.
  public func set(_ mode: Mode) {
    state.mode.withLock { $0 = mode }
    guard mode == .cut else { return }
    for channel in state.channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
  }

  public func stop() async throws {
    set(.cut)
    try await channel.close().get()
  }

  private static func join(
    _ client: any Channel, _ server: any Channel, _ state: RelayState
  ) -> EventLoopFuture<Void> {
    client.eventLoop.makeCompletedFuture {
      for (own, other) in [(client, server), (server, client)] {
        try own.pipeline.syncOperations.addHandler(RelaySide(other: other, state: state))
      }
    }.flatMap { client.setOption(.autoRead, value: true) }
      .flatMap { server.setOption(.autoRead, value: true) }
  }
}

private final class RelayState: Sendable {
  let port: Int
  let mode = Mutex(TCPRelay.Mode.passing)
  let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

  init(port: Int) { self.port = port }

  func add(_ channel: any Channel) {
    channels.withLock { $0[ObjectIdentifier(channel)] = channel }
    channel.closeFuture.whenComplete { _ in
      self.channels.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }
  }
}

/// One end of a connection; both run on one event loop.
private final class RelaySide: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let other: any Channel
  private let state: RelayState

  init(other: any Channel, state: RelayState) {
    self.other = other
    self.state = state
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard state.mode.withLock({ $0 }) == .passing else { return }
    other.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    other.close(promise: nil)
    context.fireChannelInactive()
  }
}
