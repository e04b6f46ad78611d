import NIOCore
import NIOHTTP2

/// Lets a client send faster while its body is being read: a window of `HTTP2Limits.silentWindowBytes` would be one
/// buffer a round trip. Each byte that was read makes room for another, and for one more until the window is wide: so
/// it doubles with each round trip, and what nobody reads stays in the network.
final class StreamWindow: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  /// Less is not worth a frame, which would be an answer to each frame of one byte.
  private static let leastRoom = 4096

  private let bytes: Int
  /// What was added to the window that NIO keeps.
  private var width = 0
  /// Room that the client was not told of yet.
  private var room = 0

  private var isTelling = false
  /// The whole body has arrived, and some of it may wait to be read.
  private var hasArrived = false

  /// - Parameter bytes: added to the window at most. More than twice what NIO keeps, which then adds nothing.
  init(bytes: Int) { self.bytes = bytes }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .data(let frame) = unwrapInboundIn(data), !frame.endStream, !hasArrived {
      let read = frame.data.readableBytes
      let growth = min(read, bytes - width)
      width += growth
      room += read + growth
      if room >= max(Self.leastRoom, width / 2) { tellRoom(context) }
    }
    context.fireChannelRead(data)
  }

  /// Nobody but NIO knows whether the client has ended its body meanwhile, and it says so by an error at once: a stream
  /// that has ended has no window. The request is none the worse for it.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isTelling { hasArrived = true } else { context.fireErrorCaught(error) }
  }

  private func tellRoom(_ context: ChannelHandlerContext) {
    isTelling = true
    context.writeAndFlush(wrapOutboundOut(.windowUpdate(windowSizeIncrement: room)), promise: nil)
    isTelling = false
    room = 0
  }
}
