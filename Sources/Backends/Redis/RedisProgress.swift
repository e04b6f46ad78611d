public import Jobs
public import NIOCore

/// Live progress of jobs by pub/sub: seen by those who listen at the moment, kept nowhere.
public struct RedisProgress: Sendable {
  public enum Event: Sendable, Equatable {
    /// From now on messages arrive; what came before may have been missed, so look into the store.
    case listening
    case progress(JobID, ByteBuffer)
  }

  private let client: RedisClient

  public init(client: RedisClient) { self.client = client }

  /// Tells all who listen. Never throws, never waits long.
  public func publish(_ payload: ByteBuffer, of job: JobID) async {
    var message = ByteBufferAllocator().buffer(capacity: 40 + payload.readableBytes)
    message.writeString("\(job) ")
    message.writeImmutableBuffer(payload)
    // The client warns.
    _ = try? await client.send("PUBLISH", .text(channel), .bytes(message))
  }

  /// Listens on a connection of its own, made again when it is lost, until the task is cancelled.
  ///
  /// `receive` runs on an event loop and must not block.
  public func run(_ receive: @escaping @Sendable (Event) -> Void) async {
    var backoff = ReconnectBackoff(time: client.time)
    while !Task.isCancelled {
      do {
        let connection = try await client.ownConnection { push in
          if let event = Self.event(push) { receive(event) }
        }
        let start = client.time.uptime()
        do {
          try await connection.subscribe(to: channel, timeout: client.options.callTimeout)
        } catch {
          connection.close()
          throw error
        }
        _ = await client.check(connection, by: ["PING"])
        await connection.ended()
        if client.time.uptime() - start > .seconds(1) { backoff.reset() }
      } catch {
        // What concerns other connections as well, the client warns of.
        client.report(error)
      }
      await backoff.wait()
    }
  }

  private var channel: String { client.name("progress") }

  private static func event(_ push: [RESPValue]) -> Event? {
    guard push.count == 3 else { return nil }
    switch push[0].text {
    case "subscribe": return .listening
    case "message":
      guard var payload = push[2].bytes,
        let space = payload.readableBytesView.firstIndex(of: UInt8(ascii: " ")),
        let text = payload.readString(length: space - payload.readerIndex),
        let job = JobID(text)
      else { return nil }
      payload.moveReaderIndex(forwardBy: 1)
      return .progress(job, payload)
    default: return nil
    }
  }
}
