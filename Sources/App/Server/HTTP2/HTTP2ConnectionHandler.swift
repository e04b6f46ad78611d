import NIOCore
import NIOHTTP2

/// Ends an HTTP/2 connection: after an error, after a time without streams, and at a shutdown, when its streams have
/// ended. The frames' own rules are NIO's part.
final class HTTP2ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTP2Frame
  typealias InboundOut = HTTP2Frame
  typealias OutboundIn = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  private enum Phase {
    case serving
    /// The client was told to open no more streams, and may not know it yet.
    case announced
    /// It knows. What it opened before is still served.
    case ending
    case closed
  }

  /// How long a client may take to answer that it knows of the end.
  private static let announcement = TimeAmount.seconds(2)
  /// How long a client may take for the last bytes of its answers.
  private static let farewell = TimeAmount.seconds(10)
  private static let ping = HTTP2PingData(withInteger: 0x6861_7272_6965_7200)

  private let eventLoop: any EventLoop
  private let idleTimeout: TimeAmount
  private var context: ChannelHandlerContext?
  private var phase = Phase.serving
  private var streams: Set<HTTP2StreamID> = []
  private var lastStream = HTTP2StreamID.rootStream
  private var timer: Scheduled<Void>?
  /// NIO has ended the connection for what the client did.
  private var hasFailed = false

  init(eventLoop: any EventLoop, idleTimeout: TimeAmount) {
    self.eventLoop = eventLoop
    self.idleTimeout = idleTimeout
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    startIdleTimer()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    phase = .closed
    timer?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .ping(Self.ping, ack: true) = unwrapInboundIn(data).payload { end() }
    context.fireChannelRead(data)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is ChannelShouldQuiesceEvent: announceEnd()
    // Nothing can be answered to a client that cannot widen a window any more.
    case ChannelEvent.inputClosed: close()
    default: break
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// Of an error of the connection the client was told by GOAWAY, and of one of a stream by RST_STREAM: that one
  /// concerns no other stream. What is no error of HTTP/2 is one of TLS or of the network.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if hasFailed || phase != .serving || !(error is any NIOHTTP2Error) { close() }
  }

  private func opened(_ stream: HTTP2StreamID) {
    streams.insert(stream)
    lastStream = max(lastStream, stream)
    if phase == .serving { timer?.cancel() }
  }

  private func closed(_ stream: HTTP2StreamID) {
    streams.remove(stream)
    guard streams.isEmpty else { return }
    switch phase {
    case .serving: startIdleTimer()
    case .ending: closeWhenSent()
    case .announced, .closed: break
    }
  }

  private func startIdleTimer() {
    schedule(in: idleTimeout) { handler in
      handler.goAway(after: handler.lastStream)
      handler.close()
    }
  }

  /// GOAWAY twice (RFC 9113, 6.8): requests that are under way meanwhile are served.
  private func announceEnd() {
    guard phase == .serving, let context else { return }
    phase = .announced
    goAway(after: .maxID)
    context.writeAndFlush(
      wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: .ping(Self.ping, ack: false))),
      promise: nil)
    schedule(in: Self.announcement) { $0.end() }
  }

  private func end() {
    guard phase == .announced else { return }
    phase = .ending
    timer?.cancel()
    goAway(after: lastStream)
    if streams.isEmpty { closeWhenSent() }
  }

  /// Closing drops what the network has not taken yet. A last frame is sent behind the ends of all streams: once it is
  /// out, they are. A client that reads nothing any more is not waited for longer than that.
  private func closeWhenSent() {
    let sent = eventLoop.makePromise(of: Void.self)
    sent.futureResult.assumeIsolated().whenComplete { _ in self.close() }
    goAway(after: lastStream, promise: sent)
    schedule(in: Self.farewell) { $0.close() }
  }

  private func goAway(after stream: HTTP2StreamID, promise: EventLoopPromise<Void>? = nil) {
    guard let context else {
      promise?.succeed()
      return
    }
    context.writeAndFlush(
      wrapOutboundOut(
        HTTP2Frame(
          streamID: .rootStream,
          payload: .goAway(lastStreamID: stream, errorCode: .noError, opaqueData: nil))),
      promise: promise)
  }

  private func close() {
    guard phase != .closed else { return }
    phase = .closed
    timer?.cancel()
    context?.close(promise: nil)
  }

  private func schedule(
    in time: TimeAmount, _ body: @escaping (HTTP2ConnectionHandler) -> Void
  ) {
    timer?.cancel()
    timer = eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
      if let self { body(self) }
    }
  }
}

extension HTTP2ConnectionHandler {
  /// Tells the handler of streams and frames. NIO calls it on the connection's event loop.
  struct Delegate: NIOHTTP2StreamDelegate, NIOHTTP2FrameDelegate {
    fileprivate let handler: NIOLoopBound<HTTP2ConnectionHandler>

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) { handler.value.opened(id) }
    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { handler.value.closed(id) }

    func wroteFrame(_ frame: HTTP2Frame) {
      guard case .goAway(_, let code, _) = frame.payload, code != .noError else { return }
      handler.value.hasFailed = true
    }
  }

  var delegate: Delegate { Delegate(handler: NIOLoopBound(self, eventLoop: eventLoop)) }
}
