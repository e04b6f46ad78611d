import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection whose body trickles: a byte now and then would hold an upload's slot, or a megabyte of JSON,
/// for as long as the client likes. Only time in which the service waits for the client counts.
final class RequestPace: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart

  /// Slower than any link of today, modems included.
  private static let minimumBytesPerSecond = 512.0

  private let patience: TimeAmount
  private var isInBody = false
  private var bytes = 0
  private var waited = TimeAmount.zero
  private var waitsSince: NIODeadline?

  /// `patience`: so long a client may be as slow as it likes.
  init(patience: TimeAmount) { self.patience = patience }

  func read(context: ChannelHandlerContext) {
    if isInBody, waitsSince == nil { waitsSince = .now() }
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if let start = waitsSince {
      waited = waited + (.now() - start)
      waitsSince = nil
    }
    switch unwrapInboundIn(data) {
    case .head:
      isInBody = true
      bytes = 0
      waited = .zero
    case .body(let buffer):
      bytes += buffer.readableBytes
      let seconds = Double(waited.nanoseconds) / 1e9
      if waited > patience, Double(bytes) < seconds * Self.minimumBytesPerSecond {
        return context.close(promise: nil)
      }
    case .end: isInBody = false
    }
    context.fireChannelRead(data)
  }
}
