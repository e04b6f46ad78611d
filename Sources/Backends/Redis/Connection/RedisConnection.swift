import NIOCore
import NIOPosix
import NIOSSL

/// One connection; calls of concurrent tasks are pipelined.
///
/// A blocking command holds up all calls behind it: it needs a connection of its own. So does MULTI.
final class RedisConnection: Sendable {
  private let channel: any Channel
  private let handler: NIOLoopBound<RedisHandler>

  private init(_ channel: any Channel, _ handler: NIOLoopBound<RedisHandler>) {
    self.channel = channel
    self.handler = handler
  }

  /// Connects and says who we are, each within `timeout`.
  /// - Throws: `RedisError`.
  static func open(
    _ url: RedisURL, tls: NIOSSLContext?, group: any EventLoopGroup, timeout: Duration,
    onPush: @escaping @Sendable ([RESPValue]) -> Void = { _ in }
  ) async throws -> RedisConnection {
    let bootstrap = ClientBootstrap(group: group)
      .connectTimeout(TimeAmount(timeout))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            // Certificates may name an address, but there is no server name to ask for then.
            let isAddress = (try? SocketAddress(ipAddress: url.host, port: 0)) != nil
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : url.host))
          }
          try channel.pipeline.syncOperations.addHandler(RedisHandler(onPush: onPush))
        }
      }
    let channel: any Channel
    do {
      channel = try await bootstrap.connect(host: url.host, port: url.port).get()
    } catch {
      throw RedisError(.connectionLost, "Redis cannot be reached", cause: "\(error)")
    }
    do {
      let handler = try await channel.eventLoop.submit {
        NIOLoopBound(
          try channel.pipeline.syncOperations.handler(type: RedisHandler.self),
          eventLoop: channel.eventLoop)
      }.get()
      let connection = RedisConnection(channel, handler)
      try await connection.introduce(url, timeout: timeout)
      return connection
    } catch {
      channel.close(promise: nil)
      // The handler is gone when the connection was closed at once.
      throw error as? RedisError
        ?? RedisError(.connectionLost, "The connection to Redis failed", cause: "\(error)")
    }
  }

  /// - Throws: `RedisError`; `.late` also ends the connection.
  func send(_ words: [RedisWord], timeout: Duration) async throws -> RESPValue {
    try await start(words, timeout: timeout).get()
  }

  /// Sends all before it waits for the first reply.
  /// - Throws: the first error; the commands after it may have been carried out.
  func send(all commands: [[RedisWord]], timeout: Duration) async throws -> [RESPValue] {
    let futures = commands.map { start($0, timeout: timeout) }
    var replies: [RESPValue] = []
    for future in futures { replies.append(try await future.get()) }
    return replies
  }

  /// From now on messages of that name are pushed. RESP2 allows hardly another command then.
  func subscribe(to name: String, timeout: Duration) async throws {
    _ = try await start(["SUBSCRIBE", .text(name)], timeout: timeout, isSubscription: true).get()
  }

  private func start(
    _ words: [RedisWord], timeout: Duration, isSubscription: Bool = false
  ) -> EventLoopFuture<RESPValue> {
    var command = channel.allocator.buffer(capacity: 128)
    command.writeCommand(words)
    let promise = channel.eventLoop.makePromise(of: RESPValue.self)
    let deadline = NIODeadline.now() + TimeAmount(timeout)
    channel.eventLoop.execute { [handler, command] in
      handler.value.send(
        command, promise: promise, deadline: deadline, isSubscription: isSubscription)
    }
    return promise.futureResult
  }

  var isOpen: Bool { channel.isActive }

  func close() { channel.close(promise: nil) }

  /// Returns when the connection has ended.
  func ended() async {
    // A close future never fails.
    try? await channel.closeFuture.get()
  }

  private func introduce(_ url: RedisURL, timeout: Duration) async throws {
    var hello: [RedisWord] = ["HELLO", "3"]
    if let password = url.password {
      hello += ["AUTH", .text(url.user ?? "default"), .text(password)]
    }
    do {
      _ = try await send(hello, timeout: timeout)
    } catch let error where error.isRefusal(but: ["WRONGPASS"]) {
      // Servers before version 6, proxies, and users who may not call HELLO.
      if let password = url.password {
        let user = url.user.map { [RedisWord.text($0)] } ?? []
        _ = try await send(["AUTH"] + user + [.text(password)], timeout: timeout)
      } else if error.isRefusal(of: ["NOAUTH"]) {
        throw error
      } else {
        // Or was it the whole connection that is refused?
        _ = try await send(["PING"], timeout: timeout)
      }
    }
    if url.database != 0 { _ = try await send(["SELECT", "\(url.database)"], timeout: timeout) }
  }
}

extension Error {
  /// Whether the server answered with an error that begins with one of these words.
  func isRefusal(of codes: Set<String>) -> Bool {
    (self as? RedisError)?.serverCode.map(codes.contains) ?? false
  }

  /// Whether the server answered with an error that begins with none of these words.
  func isRefusal(but codes: Set<String>) -> Bool {
    (self as? RedisError)?.serverCode.map { !codes.contains($0) } ?? false
  }
}
