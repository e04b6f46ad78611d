import Foundation
import HTTPTypes
import Jobs
import NIOCore
import NIOHTTPTypes

/// Gives the contract's envelope to what the server itself answers when bytes are no HTTP request: bad
/// request lines, headers that are too long. Those answers have none of our headers, by which they are known.
final class ProtocolErrorHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let now: @Sendable () -> Date

  init(now: @escaping @Sendable () -> Date) { self.now = now }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .head(var head) = unwrapOutboundIn(data), head.status == .badRequest,
      head.headerFields[.xRequestID] == nil
    else { return context.write(data, promise: promise) }
    let time = now()
    let id = RequestID(at: time).description
    let body = ByteBuffer(
      string: APIError(
        .invalidRequest, "Malformed HTTP request",
        details: "The request line or a header is malformed or too long"
      ).body(requestID: id, at: time))
    head.headerFields[.xRequestID] = id
    head.headerFields[.xAPIVersion] = "1.0"
    head.headerFields[.contentType] = "application/json; charset=utf-8"
    head.headerFields[.contentLength] = "\(body.readableBytes)"
    context.write(wrapOutboundOut(.head(head)), promise: promise)
    context.write(wrapOutboundOut(.body(body)), promise: nil)
  }
}
