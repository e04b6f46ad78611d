public import Jobs
public import NIOCore

/// Status documents for polls, written through and short-lived. Never the truth: whatever fails here is nil or
/// nothing, and the store is asked.
public struct RedisStatusCache: Sendable {
  /// A document of one version of a job.
  public struct Entry: Sendable, Equatable {
    public var version: Int
    public var body: ByteBuffer

    public init(version: Int, body: ByteBuffer) {
      self.version = version
      self.body = body
    }
  }

  /// In: the document's key; its version, the document, its lifetime in milliseconds. An older version does not
  /// replace a newer one: who was slow to write must not take others back.
  static let script = RedisScript(
    text: """
      local head = redis.call('GETRANGE', KEYS[1], 0, 20)
      local version = tonumber(string.match(head, '^(%d+) '))
      if version and version > tonumber(ARGV[1]) then return 0 end
      redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
      return 1
      """, digest: "9fe459bc0ebb3243c3f52b0cb3eb2cdcc96513f8")

  private let client: RedisClient
  private let lifetime: Duration

  /// After `lifetime` a document is forgotten, so a lost write or removal shows no longer than that.
  public init(client: RedisClient, lifetime: Duration = .seconds(2)) {
    self.client = client
    self.lifetime = lifetime
  }

  /// Keeps a job's document in place of an older one.
  public func keep(_ entry: Entry, of job: JobID) async {
    // The client warns.
    _ = try? await client.run(
      Self.script, key: key(job), "\(max(0, entry.version))", .bytes(entry.body),
      "\(max(1, lifetime.milliseconds))")
  }

  /// The job's document; nil when there is none, or no Redis.
  public func entry(of job: JobID) async -> Entry? {
    // The client warns.
    guard let reply = try? await client.send("GET", .text(key(job))), var body = reply.bytes,
      let space = body.readableBytesView.firstIndex(of: UInt8(ascii: " ")),
      let version = body.readString(length: space - body.readerIndex).flatMap({ Int($0) })
    else { return nil }
    body.moveReaderIndex(forwardBy: 1)
    return Entry(version: version, body: body)
  }

  /// Forgets a job's document.
  public func remove(_ job: JobID) async {
    // The client warns.
    _ = try? await client.send("DEL", .text(key(job)))
  }

  private func key(_ job: JobID) -> String { client.name("status:\(job)") }
}
