/// What went wrong with Redis. None of it reaches a client of the service: Redis is optional.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, CaseIterable {
    /// The setting cannot be read, or TLS cannot be set up as it says.
    case invalidSettings
    /// There is no connection at the moment.
    case unavailable
    /// A connection could not be made, or ended before the reply came. The command may have been carried out.
    case connectionLost
    /// The reply did not come in time. The command may have been carried out.
    case late
    /// More calls wait for replies than a connection takes.
    case overloaded
    /// The server answered with an error; `cause` is its text.
    case refused
    /// What came is not RESP, or not the kind of value that the command answers with.
    case protocolViolation
  }

  public let code: Code
  /// For people; without secrets.
  public let message: String
  /// For the log.
  public let cause: String?

  public init(_ code: Code, _ message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// What the server answered.
  init(reply text: String) {
    self.init(.refused, "Redis refused a command", cause: text)
  }

  /// The first word of the server's error, such as `NOGROUP`; nil for all other errors.
  public var serverCode: String? {
    guard code == .refused else { return nil }
    return cause?.split(separator: " ", maxSplits: 1).first.map(String.init)
  }

  public var description: String {
    cause.map { "\(message): \($0)" } ?? message
  }
}
