public import Jobs
import Synchronization

/// A worker's ear at the streams of `RedisDispatch`, on a connection of its own. One task waits at a time, each
/// time after a look into the store that found nothing.
///
/// One announcement wakes one worker. It is acknowledged when the worker comes to wait again; when it never comes,
/// another worker takes the announcement over. Without Redis, waiting is sleeping, that is polling the store.
public final class RedisJobSignal: JobSignal {
  private struct State {
    var connection: RedisConnection?
    /// What the worker was woken for.
    var current: RedisAnnouncement?
    /// Read together with others: they wake the worker one by one.
    var held: [RedisAnnouncement] = []
    /// The server's time in milliseconds when the last wait began.
    var lastWaitMs: Int64?
  }

  /// A wipe or a restart of Redis is seen by then at the latest.
  private static let longestBlock = Duration.seconds(1)
  private let client: RedisClient
  private let consumer: String
  private let takeOverAfter: Duration
  private let forgetAfter: Duration
  /// The most urgent first.
  private let streams: [String]
  private let state = Mutex(State())

  /// `worker` is the consumer's name, of one worker alone. After `takeOverAfter` without a sign of the worker, its
  /// announcements are others'; a lease's length.
  public convenience init(
    client: RedisClient, worker: String, takeOverAfter: Duration = .seconds(15)
  ) {
    self.init(
      client: client, worker: worker, takeOverAfter: takeOverAfter, forgetAfter: .seconds(86_400))
  }

  /// Redis keeps the consumers of workers that died; those that were quiet for `forgetAfter` go.
  init(client: RedisClient, worker: String, takeOverAfter: Duration, forgetAfter: Duration) {
    self.client = client
    self.forgetAfter = forgetAfter
    consumer = worker
    self.takeOverAfter = takeOverAfter
    streams = JobPriority.allCases.sorted(by: >).map { RedisDispatch.stream($0, of: client) }
  }

  deinit { state.withLock { $0.connection?.close() } }

  public func wait(upTo time: Duration) async {
    let clock = ContinuousClock()
    let end = clock.now + time
    var isSettled = false
    repeat {
      do {
        if client.isAvailable {
          if !isSettled { try await settle() }
          isSettled = true
          if try await hear(until: min(end, clock.now + Self.longestBlock)) { return }
          continue
        }
      } catch {
        client.report(error)
        // The connection may hold replies that nobody waits for.
        drop()
      }
      // A cancelled sleep ends the wait as well as a full one.
      try? await client.time.sleep(max(.zero, min(end - clock.now, Self.longestBlock)))
    } while !Task.isCancelled && clock.now < end
  }

  /// Acknowledges what the worker was woken for and closes the connection: for the end of a worker.
  public func close() async {
    if client.isAvailable {
      do {
        try await settle()
        // With one that is held would go what another worker is to take over.
        if state.withLock({ $0.held.isEmpty }) {
          for stream in streams { try await removeConsumer(consumer, from: stream) }
        }
      } catch {
        // What is not acknowledged wakes another worker for nothing.
        client.report(error)
      }
    }
    drop()
  }

  /// Acknowledges what is done. The worker looked into the store after its last wait had begun and found nothing,
  /// so whatever was announced before that has been taken: nobody needs to wake for it.
  private func settle() async throws {
    let (current, held, before) = state.withLock { ($0.current, $0.held, $0.lastWaitMs) }
    let old = held.filter { announcement in before.map { announcement.timeMs < $0 } ?? false }
    var commands = (old + (current.map { [$0] } ?? [])).map { done -> [RedisWord] in
      ["XACK", .text(done.stream), .text(RedisDispatch.group), .text(done.id)]
    }
    if let before {
      commands += streams.map { ["XTRIM", .text($0), "MINID", "\(before)"] }
    }
    commands.append(["TIME"])
    let connection = try await connection()
    let replies = try await connection.send(all: commands, timeout: client.options.callTimeout)
    // Seconds, and microseconds of the second.
    let parts = replies.last?.elements?.compactMap(\.integer) ?? []
    let now = parts.count == 2 ? parts[0] * 1000 + parts[1] / 1000 : nil
    state.withLock { state in
      state.current = nil
      state.held.removeAll { old.contains($0) }
      state.lastWaitMs = now
    }
  }

  /// Whether something was announced before `end`.
  private func hear(until end: ContinuousClock.Instant) async throws -> Bool {
    if nextHeld() { return true }
    let connection = try await connection()
    return try await withTaskCancellationHandler {
      // The first worker, or Redis was wiped; the third time it is something else.
      for isLast in [false, false, true] {
        do {
          if try await takeOver(connection) { return true }
          for stream in streams where try await read([stream], nil, connection) { return true }
          let left = (end - .now).milliseconds
          // 0 would block for ever.
          guard left > 0, !Task.isCancelled else { return false }
          return try await read(streams, left, connection)
        } catch let error where !isLast && error.isRefusal(of: ["NOGROUP", "UNBLOCKED"]) {
          try await makeGroups(connection)
        }
      }
      return false
    } onCancel: {
      connection.close()
    }
  }

  /// Reads one announcement of each stream, waiting for the first when `blockMs` is given.
  private func read(
    _ streams: [String], _ blockMs: Int64?, _ connection: RedisConnection
  ) async throws -> Bool {
    var words: [RedisWord] = [
      "XREADGROUP", "GROUP", .text(RedisDispatch.group), .text(consumer), "COUNT", "1",
    ]
    if let blockMs { words += ["BLOCK", "\(blockMs)"] }
    words += ["STREAMS"] + streams.map { .text($0) } + streams.map { _ in ">" }
    let timeout = client.options.callTimeout + .milliseconds(blockMs ?? 0)
    let reply = try await connection.send(words, timeout: timeout)
    return hold(RedisAnnouncement.all(in: reply))
  }

  /// Takes an announcement of each stream whose worker gave no sign for long.
  private func takeOver(_ connection: RedisConnection) async throws -> Bool {
    let commands = streams.map { stream -> [RedisWord] in
      [
        "XAUTOCLAIM", .text(stream), .text(RedisDispatch.group), .text(consumer),
        "\(takeOverAfter.milliseconds)", "0", "COUNT", "1",
      ]
    }
    let replies = try await connection.send(all: commands, timeout: client.options.callTimeout)
    let found = zip(streams, replies).flatMap { stream, reply -> [RedisAnnouncement] in
      guard let parts = reply.elements, parts.count >= 2 else { return [] }
      return RedisAnnouncement.all(of: stream, parts[1])
    }
    return hold(found)
  }

  private func makeGroups(_ connection: RedisConnection) async throws {
    for stream in streams {
      do {
        // From 0: what was announced before there was a group counts.
        _ = try await connection.send(
          ["XGROUP", "CREATE", .text(stream), .text(RedisDispatch.group), "0", "MKSTREAM"],
          timeout: client.options.callTimeout)
      } catch let error where error.isRefusal(of: ["BUSYGROUP"]) {
        // Another worker was faster.
      }
    }
  }

  private func hold(_ announcements: [RedisAnnouncement]) -> Bool {
    state.withLock { $0.held += announcements }
    return nextHeld()
  }

  private func nextHeld() -> Bool {
    state.withLock { state in
      guard !state.held.isEmpty else { return false }
      state.current = state.held.removeFirst()
      return true
    }
  }

  private func connection() async throws -> RedisConnection {
    if let connection = state.withLock({ $0.connection }), connection.isOpen { return connection }
    let connection = try await client.ownConnection()
    state.withLock { $0.connection = connection }
    try await removeOldConsumers(connection)
    return connection
  }

  private func drop() {
    let connection = state.withLock { state in
      defer { state.connection = nil }
      return state.connection
    }
    connection?.close()
  }

  private func removeOldConsumers(_ connection: RedisConnection) async throws {
    for stream in streams {
      let reply: RESPValue
      do {
        reply = try await connection.send(
          ["XINFO", "CONSUMERS", .text(stream), .text(RedisDispatch.group)],
          timeout: client.options.callTimeout)
      } catch let error where error.isRefusal(of: ["NOGROUP", "ERR"]) {
        // No stream or no group yet.
        continue
      }
      for consumer in reply.elements ?? [] {
        guard let name = consumer["name"]?.text, name != self.consumer,
          consumer["pending"]?.integer == 0, let idleMs = consumer["idle"]?.integer,
          idleMs > forgetAfter.milliseconds
        else { continue }
        try await removeConsumer(name, from: stream)
      }
    }
  }

  private func removeConsumer(_ name: String, from stream: String) async throws {
    do {
      try await client.send(
        "XGROUP", "DELCONSUMER", .text(stream), .text(RedisDispatch.group), .text(name))
    } catch let error where error.isRefusal(of: ["NOGROUP", "ERR"]) {
      // It went with its stream.
    }
  }
}
