public import Jobs
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A few connections to one Redis that all calls share, made and made again by `run`.
///
/// The breaker is that there is no waiting for a connection: a connection that is late ends, and only one that
/// has just answered takes calls. While Redis is gone or frozen, a call fails at once; the few that were on
/// their way when it happened fail within `RedisOptions.callTimeout`.
public final class RedisClient: Sendable {
  private struct State {
    var connections: [Int: RedisConnection] = [:]
    var turn = 0
  }

  public let options: RedisOptions
  let health: RedisHealth
  let time: WorkerTime
  private let tls: NIOSSLContext?
  private let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  private let state = Mutex(State())

  /// - Throws: `RedisError(.invalidSettings)` when the trusted certificates cannot be read.
  public init(_ options: RedisOptions, logger: Logger, time: WorkerTime = .system) throws {
    self.options = options
    self.time = time
    health = RedisHealth(
      url: options.url, checksUntilBack: options.checksUntilBack, logger: logger)
    tls = try Self.tlsContext(options)
  }

  /// Keeps the connections until the task is cancelled; returns when they are closed.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      for slot in 0..<max(1, options.connections) {
        group.addTask { await self.keepConnection(slot) }
      }
    }
  }

  /// Whether a call has a chance at the moment.
  public var isAvailable: Bool {
    state.withLock { $0.connections.values.contains { $0.isOpen } }
  }

  /// Sends one command, which must not block, and returns its reply.
  /// - Throws: `RedisError`, after `RedisOptions.callTimeout` at the latest.
  @discardableResult
  public func send(_ words: RedisWord...) async throws -> RESPValue { try await send(words) }

  /// The same for words that are in an array.
  @discardableResult
  public func send(_ words: [RedisWord]) async throws -> RESPValue {
    let connection = state.withLock { state -> RedisConnection? in
      state.turn &+= 1
      let slots = max(1, options.connections)
      let first = state.connections[abs(state.turn % slots)]
      if let first, first.isOpen { return first }
      return state.connections.values.first { $0.isOpen }
    }
    guard let connection else { throw RedisError(.unavailable, "There is no connection to Redis") }
    do {
      return try await connection.send(words, timeout: options.callTimeout)
    } catch {
      report(error)
      throw error
    }
  }

  /// A key, stream or channel of ours.
  func name(_ name: String) -> String { options.prefix + name }

  /// A connection of one's own, for blocking commands and subscriptions; the caller closes it.
  func ownConnection(
    onPush: @escaping @Sendable ([RESPValue]) -> Void = { _ in }
  ) async throws -> RedisConnection {
    try await RedisConnection.open(
      options.url, tls: tls, group: group, timeout: options.connectTimeout, onPush: onPush)
  }

  /// Warns of calls that were late, and of refusals that callers do not expect as a part of their work.
  func report(_ error: any Error) {
    guard let error = error as? RedisError else { return }
    switch error.code {
    case .late: health.isLost(because: error)
    case .refused:
      guard !error.isRefusal(of: ["NOSCRIPT", "NOGROUP", "BUSYGROUP", "UNBLOCKED"]) else { return }
      health.refuses(with: error)
    default: break
    }
  }

  /// A check that servers do not answer either which answer only those who read.
  private var writing: [RedisWord] { ["SET", .text(name("check")), "1", "PX", "10000"] }

  private func keepConnection(_ slot: Int) async {
    var backoff = ReconnectBackoff(time: time)
    while !Task.isCancelled {
      do {
        let connection = try await promptConnection()
        state.withLock { $0.connections[slot] = connection }
        health.isReached()
        let start = time.uptime()
        let end = await check(connection, by: writing) { self.health.isWell() }
        // A server that accepts and closes at once is no success.
        if time.uptime() - start > .seconds(1) { backoff.reset() }
        let isLast = state.withLock { state in
          state.connections[slot] = nil
          return state.connections.isEmpty
        }
        connection.close()
        await connection.ended()
        if isLast, !Task.isCancelled { health.isLost(because: end) }
      } catch {
        if !isAvailable, !Task.isCancelled { health.isLost(because: error) }
      }
      await backoff.wait()
    }
  }

  /// One that answers within the time that calls have: where connecting is slow but possible, calls would be late.
  private func promptConnection() async throws -> RedisConnection {
    let connection = try await ownConnection()
    do {
      _ = try await connection.send(writing, timeout: options.callTimeout)
    } catch let error where error.isRefusal(but: ["LOADING"]) {
      // It answers; what it refuses, the calls will tell.
    } catch {
      connection.close()
      throw error
    }
    return connection
  }

  /// Asks a connection from time to time whether it answers, and closes it when it does not or the task is cancelled.
  func check(
    _ connection: RedisConnection, by command: [RedisWord],
    onAnswer: @escaping @Sendable () -> Void = {}
  ) async -> any Error {
    await withTaskGroup(of: (any Error).self) { group in
      group.addTask {
        await connection.ended()
        return RedisError(.connectionLost, "The connection to Redis was closed")
      }
      group.addTask {
        while true {
          do {
            try await self.time.sleep(self.options.checkInterval)
            _ = try await connection.send(command, timeout: self.options.callTimeout)
          } catch let error where error.isRefusal(but: []) {
            // It answers; what it refuses, the calls will tell.
          } catch {
            connection.close()
            return error
          }
          onAnswer()
        }
      }
      let end = await group.next() ?? CancellationError()
      connection.close()
      group.cancelAll()
      return end
    }
  }

  private static func tlsContext(_ options: RedisOptions) throws -> NIOSSLContext? {
    guard options.url.isEncrypted else { return nil }
    var configuration = TLSConfiguration.makeClientConfiguration()
    if let file = options.trustedCertificates { configuration.trustRoots = .file(file) }
    // A frozen server does not answer the farewell either, and the next connection waits for this one's end.
    configuration.shutdownTimeout = .milliseconds(100)
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw RedisError(
        .invalidSettings, "The certificates that Redis is to be trusted by cannot be read",
        cause: "\(error)")
    }
  }
}

/// Waits between tries to connect: soon after the first failure, never more than half a second, and never all
/// processes at once.
struct ReconnectBackoff {
  private let time: WorkerTime
  // Back within a second is promised, and a try takes its time too.
  private var backoff = Backoff(first: .milliseconds(20), limit: .milliseconds(500))

  init(time: WorkerTime) { self.time = time }

  mutating func wait() async {
    let full = backoff.next()
    // A cancelled sleep ends the loop around it.
    try? await time.sleep(full * (0.5 + time.random() / 2))
  }

  mutating func reset() { backoff.reset() }
}
