import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP2
import NIOSSL

/// A connection over TLS that speaks HTTP/2 or HTTP/1.1, as the client chooses by ALPN; without ALPN HTTP/1.1.
struct SecureChannel: ServerChildChannel {
  struct Value: ServerChildChannelValue {
    let protocols: EventLoopFuture<NIONegotiatedHTTPVersion<HTTP1Channel.Value, HTTP2Channel.Value>>
    let channel: any Channel
  }

  let certificates: CertificateWatch
  let http1: HTTP1Channel
  let http2: HTTP2Channel
  /// For the TLS handshake. The limits on silent connections begin after it.
  let handshakePatience: TimeAmount
  /// Of the service: the server's own is quieter.
  let logger: Logger

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    do {
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context))
      try pipeline.addHandler(
        HandshakeLog(client: channel.remoteAddress?.ipAddress ?? "local", logger: self.logger))
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    let end = channel.eventLoop.scheduleTask(in: handshakePatience) {
      channel.close(promise: nil)
    }
    return channel.configureHTTP2AsyncSecureUpgrade { channel in
      http1.setup(channel: channel, logger: logger)
    } http2ConnectionInitializer: { channel in
      http2.setup(channel: channel, logger: logger)
    }
    .map { protocols in
      protocols.whenComplete { _ in end.cancel() }
      return Value(protocols: protocols, channel: channel)
    }
  }

  func handle(value: Value, logger: Logger) async {
    do {
      switch try await value.protocols.get() {
      case .http1_1(let connection): await http1.handle(value: connection, logger: logger)
      case .http2(let connection): await http2.handle(value: connection, logger: logger)
      }
    } catch {
      // `HandshakeLog` has said why.
    }
  }
}

/// Says why a client got no connection: its certificate, most often, or the versions that it speaks.
private final class HandshakeLog: ChannelInboundHandler {
  typealias InboundIn = Any

  private let client: String
  private let logger: Logger

  init(client: String, logger: Logger) {
    self.client = client
    self.logger = logger
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case NIOSSLError.handshakeFailed = error {
      // Scanners and impatient clients fail all day.
      logger.debug(
        "no TLS connection", metadata: ["client": "\(client)", "cause": "\(error)"])
    }
    context.fireErrorCaught(error)
  }
}
