import NIOCore
import NIOHTTPTypes
import Synchronization

/// What has gone through all connections.
final class Traffic: Sendable {
  struct Totals: Sendable, Equatable {
    var receivedBytes = 0
    var sentBytes = 0
    var openConnections = 0
  }

  private let received = Atomic(0)
  private let sent = Atomic(0)
  private let open = Atomic(0)

  var totals: Totals {
    Totals(
      receivedBytes: received.load(ordering: .relaxed), sentBytes: sent.load(ordering: .relaxed),
      openConnections: open.load(ordering: .relaxed))
  }

  func opened(_ difference: Int) { open.wrappingAdd(difference, ordering: .relaxed) }
  func received(_ bytes: Int) { received.wrappingAdd(bytes, ordering: .relaxed) }
  func sent(_ bytes: Int) { sent.wrappingAdd(bytes, ordering: .relaxed) }
}

/// Counts the bodies that pass. Connections are counted by `ConnectionHandler`.
final class TrafficHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let traffic: Traffic

  init(_ traffic: Traffic) { self.traffic = traffic }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .body(let bytes) = unwrapInboundIn(data) { traffic.received(bytes.readableBytes) }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .body(let bytes) = unwrapOutboundIn(data) { traffic.sent(bytes.readableBytes) }
    context.write(data, promise: promise)
  }
}
