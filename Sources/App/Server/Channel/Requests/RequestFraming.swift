import NIOCore
import NIOHTTP1

/// Lets only requests of HTTP/1 through of which nobody can doubt where they end and which host they are for
/// (RFC 9112, 3.2 and 6), and nothing behind a request that is the last one of its connection.
///
/// It stands right behind the decoder: later handlers do not see the version, nor fields that are there twice.
final class RequestFraming: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    case serving
    /// The request that is being read is the last one.
    case last(isOld: Bool)
    /// It has been read, or refused. Nothing is read any more: what arrives stays in the network.
    case ended(isOld: Bool)
  }

  /// How long a client has to take its last answer; closing with bytes unread could cost it that.
  private static let patience = TimeAmount.seconds(5)

  private var state = State.serving
  /// Requests that have no whole answer yet.
  private var unanswered = 0
  /// Between a request's head and its end.
  private var isReading = false
  /// Of an answer that nobody asked for.
  private var isSurplus = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .ended = state { return }
    switch unwrapInboundIn(data) {
    case .head(var head):
      unanswered += 1
      if let fault = Self.fault(in: head) {
        // The server answers it in its turn, as what is no HTTP at all.
        state = .ended(isOld: false)
        return context.fireErrorCaught(fault)
      }
      let isOld = head.version == .http1_0
      if isOld || !head.isKeepAlive || Self.asksForUpgrade(head) {
        state = .last(isOld: isOld)
        // Whatever words said so: "Close", "a, close", an upgrade that does not happen, HTTP/1.0.
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        head.headers.remove(name: "Upgrade")
        // Such a client knows no 100.
        if isOld { head.headers.remove(name: "Expect") }
      }
      isReading = true
      context.fireChannelRead(wrapInboundOut(.head(head)))
    case .body: context.fireChannelRead(data)
    case .end:
      isReading = false
      if case .last(let isOld) = state { state = .ended(isOld: isOld) }
      context.fireChannelRead(data)
    }
  }

  /// What comes behind the last request is no fault of that one. A body that breaks off has no answer of its own:
  /// its request may have been refused before.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .ended = state { return }
    if !isReading { unanswered += 1 }
    state = .ended(isOld: false)
    context.fireErrorCaught(error)
  }

  func read(context: ChannelHandlerContext) {
    if case .ended = state { return }
    context.read()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let part = unwrapOutboundIn(data)
    if case .head = part { isSurplus = unanswered == 0 }
    if isSurplus {
      promise?.succeed()
      if case .end = part { closeSoon(context) }
      return
    }
    switch (part, state) {
    case (.head(var head), .last(let isOld)), (.head(var head), .ended(let isOld)):
      guard unanswered == 1, head.status.code >= 200 else { break }
      head.headers.replaceOrAdd(name: "Connection", value: "close")
      // Without chunks: the end of the connection is the end of the body.
      if isOld { head.version = .http1_0 }
      return context.write(wrapOutboundOut(.head(head)), promise: promise)
    case (.end, _):
      unanswered -= 1
      if unanswered == 0, case .ended = state { closeSoon(context) }
    default: break
    }
    context.write(data, promise: promise)
  }

  private func closeSoon(_ context: ChannelHandlerContext) {
    let channel = context.channel
    context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
  }

  private static func fault(in head: HTTPRequestHead) -> HTTPParserError? {
    // There are no tunnels here; the decoder would keep all that comes behind it.
    if head.method == .CONNECT { return .invalidMethod }
    let hosts = head.headers["Host"]
    guard hosts.count == 1 || hosts.isEmpty && head.version == .http1_0,
      hosts.allSatisfy({ $0.utf8.allSatisfy(isOfHost) })
    else { return .invalidHeaderToken }
    // Our decoder knows chunks; what else a proxy made of other codings cannot be known (6.1).
    let codings = head.headers["Transfer-Encoding"]
    guard
      codings.isEmpty || head.version != .http1_0 && codings.map({ $0.lowercased() }) == ["chunked"]
    else { return .invalidHeaderToken }
    return nil
  }

  /// RFC 3986, 3.2.2 and 3.2.3: names, addresses, a port.
  private static func isOfHost(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "-._~%!$&'()*+,;=:[]".utf8.contains(byte)
  }

  /// The decoder takes it for agreed, and reads no request behind this one.
  private static func asksForUpgrade(_ head: HTTPRequestHead) -> Bool {
    head.headers.contains(name: "Upgrade")
      && head.headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
  }
}

extension RequestFraming {
  /// Puts it there. Hummingbird's configuration adds handlers at the end only.
  final class Placement: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    func handlerAdded(context: ChannelHandlerContext) {
      let pipeline = context.pipeline.syncOperations
      do {
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(RequestFraming(), position: .after(decoder))
      } catch {
        context.fireErrorCaught(error)
        context.close(promise: nil)
      }
    }
  }
}
