import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Leaves an upload's body in the network until its turn has come: a hundred uploads that wait would otherwise
/// hold ten buffers each.
final class BodyGate: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// The event that lets the body in.
  struct Open: Sendable {}

  private let path: String
  private var isClosed = false
  private var isReadHeldBack = false

  /// `path`: of the requests whose bodies wait.
  init(path: String) { self.path = path }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let head) = unwrapInboundIn(data), head.method == .post, head.path == path {
      isClosed = true
    }
    context.fireChannelRead(data)
  }

  func read(context: ChannelHandlerContext) {
    if isClosed { isReadHeldBack = true } else { context.read() }
  }

  /// An answer without the body having been let in: what follows is read to find the next request.
  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    context.write(data, promise: promise)
    if case .end = unwrapOutboundIn(data) { open(context) }
  }

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard event is Open else {
      return context.triggerUserOutboundEvent(event, promise: promise)
    }
    open(context)
    promise?.succeed()
  }

  private func open(_ context: ChannelHandlerContext) {
    isClosed = false
    guard isReadHeldBack else { return }
    isReadHeldBack = false
    context.read()
  }
}
