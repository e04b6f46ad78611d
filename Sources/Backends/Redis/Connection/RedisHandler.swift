import NIOCore

/// Matches replies to calls, first to first. Lives on its channel's event loop.
///
/// A reply that is late ends the connection: those behind it are later still, and nobody is left to match them to.
final class RedisHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Some ten times what all requests of a busy process ask at once.
  private static let maxCalls = 20_000
  /// Of the commands whose replies have not come: what a frozen server may cost. One larger command may go alone.
  private static let maxBytes = 64 << 20

  private struct Call {
    var promise: EventLoopPromise<RESPValue>
    var deadline: NIODeadline
    var bytes: Int
    var isSubscription: Bool
  }

  private let onPush: @Sendable ([RESPValue]) -> Void
  private var parser = RESPParser()
  private var calls = CircularBuffer<Call>()
  private var waitingBytes = 0
  /// Whether messages come; RESP2 does not tell them from arrays.
  private var isSubscribed = false
  private var context: ChannelHandlerContext?
  private var isFlushing = false
  private var timer: Scheduled<Void>?
  /// Why no call is taken any more.
  private var end: RedisError?

  /// `onPush` gets what the server sends unasked; it must not block.
  init(onPush: @escaping @Sendable ([RESPValue]) -> Void) { self.onPush = onPush }

  /// `isSubscription`: it is answered by a push, and messages may follow.
  func send(
    _ command: ByteBuffer, promise: EventLoopPromise<RESPValue>, deadline: NIODeadline,
    isSubscription: Bool
  ) {
    guard let context, end == nil else {
      return promise.fail(end ?? Self.closed)
    }
    let bytes = command.readableBytes
    guard calls.isEmpty || (calls.count < Self.maxCalls && waitingBytes + bytes <= Self.maxBytes)
    else {
      return promise.fail(RedisError(.overloaded, "Too many calls wait for Redis"))
    }
    waitingBytes += bytes
    if isSubscription { isSubscribed = true }
    calls.append(
      Call(promise: promise, deadline: deadline, bytes: bytes, isSubscription: isSubscription))
    context.write(wrapOutboundOut(command), promise: nil)
    if timer == nil { watch(until: deadline) }
    guard !isFlushing else { return }
    isFlushing = true
    // After all calls of this turn of the loop: one write(2) for them.
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.execute { bound.value.flush() }
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    finish(with: Self.closed)
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard end == nil else { return }
    parser.feed(unwrapInboundIn(data))
    do {
      while end == nil, let value = try parser.next() { try take(value) }
    } catch {
      errorCaught(context: context, error: error)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(
      with: error as? RedisError
        ?? RedisError(.connectionLost, "The connection to Redis failed", cause: "\(error)"))
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(with: Self.closed)
    context.fireChannelInactive()
  }

  private static let closed = RedisError(.connectionLost, "The connection to Redis was closed")

  private func flush() {
    isFlushing = false
    context?.flush()
  }

  private func take(_ value: RESPValue) throws {
    if let push = push(value) {
      if push.first?.text == "subscribe", calls.first?.isSubscription == true {
        popCall()?.promise.succeed(value)
      }
      return onPush(push)
    }
    guard let call = popCall() else {
      // Such as the reason why the server refuses one client more.
      throw RedisError(
        .protocolViolation, "Redis answered what was not asked", cause: value.text ?? "\(value)")
    }
    if case .error(let text) = value {
      call.promise.fail(RedisError(reply: text))
    } else {
      call.promise.succeed(value)
    }
  }

  private func popCall() -> Call? {
    guard let call = calls.popFirst() else { return nil }
    waitingBytes -= call.bytes
    if calls.isEmpty {
      timer?.cancel()
      timer = nil
    }
    return call
  }

  /// RESP2 sends messages, and the answers to SUBSCRIBE, as arrays.
  private func push(_ value: RESPValue) -> [RESPValue]? {
    switch value {
    case .push(let elements): return elements
    case .array(let elements):
      guard isSubscribed, elements.count == 3, let kind = elements[0].text,
        ["message", "subscribe", "unsubscribe"].contains(kind)
      else { return nil }
      return elements
    default: return nil
    }
  }

  private func watch(until deadline: NIODeadline) {
    guard let context else { return }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(deadline: deadline) { bound.value.checkFirst() }
  }

  private func checkFirst() {
    timer = nil
    guard let context, let first = calls.first else { return }
    guard first.deadline <= .now() else { return watch(until: first.deadline) }
    finish(with: RedisError(.late, "Redis did not answer in time"))
    context.close(promise: nil)
  }

  private func finish(with error: RedisError) {
    guard end == nil else { return }
    end = error
    timer?.cancel()
    timer = nil
    let lost = calls
    calls.removeAll()
    waitingBytes = 0
    for call in lost { call.promise.fail(error) }
  }
}
