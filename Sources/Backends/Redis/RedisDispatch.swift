public import Jobs

/// Announces jobs by a stream for each priority, read by one consumer group of all workers (`RedisJobSignal`).
public struct RedisDispatch: JobDispatch {
  /// Hints that nobody reads go first; the store has every job.
  private let maxLength: Int
  private let client: RedisClient

  /// Redis trims by blocks of 100, so a stream may be that much longer than `maxLength`.
  public init(client: RedisClient, maxLength: Int = 10_000) {
    self.client = client
    self.maxLength = maxLength
  }

  public func announce(_ job: JobID, priority: JobPriority) async {
    // The client warns, and workers find the job by polling.
    _ = try? await client.send(
      "XADD", .text(Self.stream(priority, of: client)), "MAXLEN", "~", "\(maxLength)", "*", "job",
      "\(job)")
  }

  static let group = "workers"

  static func stream(_ priority: JobPriority, of client: RedisClient) -> String {
    client.name("dispatch:\(priority)")
  }
}
