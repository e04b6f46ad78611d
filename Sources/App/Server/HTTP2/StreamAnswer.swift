import HTTPTypes
import NIOCore
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2

/// What is different about a request and its answer when they have a stream of their own.
final class StreamAnswer: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let maxFields: Int
  private var isRefused = false
  private var isRequestWhole = false

  /// `maxFields`: header fields of a request. HTTP/1.1's are counted by its decoder.
  init(maxFields: Int) { self.maxFields = maxFields }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head) where head.headerFields.count > maxFields: return refuse(context)
    case .end: isRequestWhole = true
    default: break
    }
    if !isRefused { context.fireChannelRead(data) }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(var head):
      // They speak of connections, and HTTP/2 forbids them (RFC 9113, 8.2.2).
      for name in [HTTPField.Name.connection, .transferEncoding, .upgrade] {
        head.headerFields[name] = nil
      }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .end where !isRequestWhole:
      context.write(data, promise: resettingAfter(promise, context))
    default: context.write(data, promise: promise)
    }
  }

  /// The end of the service must not cut answers off: the connection waits until its streams have ended.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if !(event is ChannelShouldQuiesceEvent) { context.fireUserInboundEventTriggered(event) }
  }

  /// A whole answer to half a request: the client is asked to stop sending, without an error (RFC 9113, 8.1).
  private func resettingAfter(
    _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
  ) -> EventLoopPromise<Void> {
    let written = promise ?? context.eventLoop.makePromise()
    let context = NIOLoopBound(context, eventLoop: context.eventLoop)
    written.futureResult.whenSuccess {
      let context = context.value
      guard context.channel.isActive else { return }
      context.triggerUserOutboundEvent(
        NIOHTTP2FramePayloadToHTTPEvent.reset(code: .noError), promise: nil)
    }
    return written
  }

  /// From the end of the pipeline, so that the answer gets its envelope.
  private func refuse(_ context: ChannelHandlerContext) {
    isRefused = true
    context.channel.write(HTTPResponsePart.head(HTTPResponse(status: .badRequest)), promise: nil)
    context.channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
  }
}
