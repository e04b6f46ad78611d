/// One token bucket a client, shared by all processes; decides as the local limiter does.
///
/// The server's clock counts, so that the processes' clocks need not agree. A bucket that is full again is
/// forgotten; after a wipe all are full, which only forgives.
public struct RedisRateLimit: Sendable {
  /// What is left to a client after a request.
  public struct Decision: Sendable, Equatable {
    public var isAdmitted: Bool
    /// Less than 1 when the request was not admitted.
    public var tokens: Double
  }

  /// In: the bucket's key, its size. Out: whether a token was there, and what is left as text, since Redis cuts
  /// a script's numbers to integers.
  static let script = RedisScript(
    text: """
      local limit = tonumber(ARGV[1])
      local time = redis.call('TIME')
      local now = time[1] * 1000000 + time[2]
      local tokens = limit
      local text = redis.call('GET', KEYS[1])
      if text then
        local left, at = string.match(text, '^(%S+) (%S+)$')
        left, at = tonumber(left), tonumber(at)
        if left and at then
          tokens = math.min(limit, left + math.max(0, now - at) * limit / 60000000)
        end
      end
      local admitted = 0
      if tokens >= 1 then
        tokens = tokens - 1
        admitted = 1
      end
      local full = math.ceil((limit - tokens) * 60000 / limit)
      redis.call('SET', KEYS[1], string.format('%.17g %.0f', tokens, now), 'PX', math.max(1, full))
      return {admitted, string.format('%.17g', tokens)}
      """, digest: "e49463fedd150251bac360533ac8e6661b0b8383")

  private let client: RedisClient

  public init(client: RedisClient) { self.client = client }

  /// Takes one token of a bucket that holds `requestsPerMinute` and is refilled steadily.
  /// - Throws: `RedisError`, after twice `RedisOptions.callTimeout` at the latest: the local limiter decides then.
  public func take(_ name: String, requestsPerMinute: Int) async throws -> Decision {
    let reply = try await client.run(
      Self.script, key: client.name("limit:\(name)"), "\(max(1, requestsPerMinute))")
    guard let values = reply.elements, values.count == 2, let admitted = values[0].integer,
      let tokens = values[1].text.flatMap({ Double($0) })
    else {
      throw RedisError(.protocolViolation, "Redis answered a limit with something else")
    }
    return Decision(isAdmitted: admitted == 1, tokens: tokens)
  }
}
