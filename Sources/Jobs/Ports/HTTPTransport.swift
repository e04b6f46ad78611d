/// One HTTP request to a service that the operator named: a collector of traces, a Prometheus.
public struct HTTPCall: Sendable {
  /// `GET`, `POST` ...
  public var method: String
  /// `http` or `https`.
  public var url: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  /// From looking up the host to the last byte of the answer.
  public var timeout: Duration
  /// Of the answer's body.
  public var maxResponseBytes: Int

  public init(
    method: String = "GET", url: String, headers: [(name: String, value: String)] = [],
    body: [UInt8] = [], timeout: Duration = .seconds(10), maxResponseBytes: Int = 1 << 20
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.maxResponseBytes = maxResponseBytes
  }
}

/// A whole answer, whatever its status.
public struct HTTPReply: Sendable, Equatable {
  public var status: Int
  /// By lower-case name; several of one name are joined by `, `.
  public var headers: [String: String]
  public var body: [UInt8]

  public init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Carries requests to services that the operator named, wherever they are: no address is forbidden. What clients
/// name goes through `WebhookTransport`.
public protocol HTTPTransport: Sendable {
  /// Sends the request once, follows no redirect and uses no proxy.
  /// - Throws: `JobsError(.unavailable)` when there is no answer, it is too large or late; `CancellationError`.
  func send(_ call: HTTPCall) async throws -> HTTPReply
}
