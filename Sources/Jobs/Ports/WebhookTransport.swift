/// One HTTP request of a delivery.
public struct WebhookRequest: Sendable {
  /// `http` or `https`; its host is a name of ASCII letters, digits, dots, hyphens and underscores, or an address.
  public var url: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  /// From looking up the host to the head of the answer.
  public var timeout: Duration
  /// Whether an address, of 4 or 16 bytes, may be connected to.
  public var allows: @Sendable (_ address: [UInt8]) -> Bool

  public init(
    url: String, headers: [(name: String, value: String)], body: [UInt8], timeout: Duration,
    allows: @escaping @Sendable (_ address: [UInt8]) -> Bool
  ) {
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.allows = allows
  }
}

/// What a receiver answered. Bodies are not kept.
public struct WebhookResponse: Sendable, Equatable {
  public var status: Int
  /// The header `Location`.
  public var location: String?

  public init(status: Int, location: String? = nil) {
    self.status = status
    self.location = location
  }
}

/// Carries requests to receivers, to no other address than one that was allowed.
public protocol WebhookTransport: Sendable {
  /// Posts the request once, follows no redirect and uses no proxy.
  ///
  /// All addresses of the host must be allowed, and the connection goes to one of those that were looked up, so that
  /// a name server cannot answer the check one thing and the connection another.
  /// - Throws: `JobsError(.webhookFailed)` when there is no answer; `CancellationError`.
  func post(_ request: WebhookRequest) async throws -> WebhookResponse
}
