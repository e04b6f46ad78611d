import NIOCore

/// Counts one connection while it is open, and keeps the buffers in which its bytes arrive small, so that a hundred
/// uploads at once need little memory.
final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
  /// Whatever the handlers before it make of the bytes.
  typealias InboundIn = Any

  private let traffic: Traffic
  private let receiveBytes: Int
  private var isOpen = false

  init(_ traffic: Traffic, receiveBytes: Int) {
    self.traffic = traffic
    self.receiveBytes = receiveBytes
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let allocator = AdaptiveRecvByteBufferAllocator(
      minimum: 1024, initial: 2048, maximum: receiveBytes)
    do {
      // Only connections have this option: asking a stream of HTTP/2 for it is a trap.
      try context.channel.syncOptions?.setOption(.recvAllocator, value: allocator)
    } catch {
      context.fireErrorCaught(error)
    }
    if context.channel.isActive { opened() }
  }

  func channelActive(context: ChannelHandlerContext) {
    opened()
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    closed()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { closed() }

  private func opened() {
    guard !isOpen else { return }
    isOpen = true
    traffic.opened(1)
  }

  private func closed() {
    guard isOpen else { return }
    isOpen = false
    traffic.opened(-1)
  }
}
