/// A Lua script about one key, which the server runs as one step.
struct RedisScript: Sendable {
  let text: String
  /// Its SHA-1, by which the server knows it.
  let digest: String
}

extension RedisClient {
  /// - Throws: `RedisError`, after twice `RedisOptions.callTimeout` at the latest.
  func run(_ script: RedisScript, key: String, _ arguments: RedisWord...) async throws -> RESPValue
  {
    let rest: [RedisWord] = ["1", .text(key)] + arguments
    do {
      return try await send(["EVALSHA", .text(script.digest)] + rest)
    } catch let error where error.isRefusal(of: ["NOSCRIPT"]) {
      // A server that was restarted; EVAL makes it known again.
      return try await send(["EVAL", .text(script.text)] + rest)
    }
  }
}
