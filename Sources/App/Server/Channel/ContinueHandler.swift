import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers `Expect: 100-continue`, without which curl holds back a body for a second.
///
/// A body that is too large by its own word gets no 100: its client reads the refusal instead of sending.
final class ContinueHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let maxBodyBytes: @Sendable (_ path: String) -> Int
  /// Requests that have no whole answer yet; a pipelined one must not speak into the answer before it.
  private var unanswered = 0

  /// `maxBodyBytes`: of a request to a path.
  init(maxBodyBytes: @escaping @Sendable (_ path: String) -> Int) {
    self.maxBodyBytes = maxBodyBytes
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let head) = unwrapInboundIn(data) {
      if unanswered == 0, isExpected(head) {
        context.writeAndFlush(
          wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
      }
      unanswered += 1
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { unanswered -= 1 }
    context.write(data, promise: promise)
  }

  private func isExpected(_ head: HTTPRequest) -> Bool {
    guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return false }
    return head.headerFields.announcedBytes.map {
      $0 <= maxBodyBytes(head.path ?? "")
    } ?? true
  }
}
