/// How Redis is used; every number has a default that needs no change.
public struct RedisOptions: Sendable {
  public var url: RedisURL
  /// PEM file of the authorities that sign the server's certificate; nil for those of the system.
  public var trustedCertificates: String?
  /// Before every key, stream and channel, so that services can share a server.
  public var prefix = "harrier:"
  /// Shared by all calls. One does for 250,000 calls a second; the second is for the moment the first is lost.
  public var connections = 2
  /// A call that waits longer counts as lost. Ten thousand times what a call takes, and too short to be felt.
  public var callTimeout = Duration.milliseconds(200)
  /// For connecting, and again for the first exchange.
  public var connectTimeout = Duration.seconds(1)
  /// Between two checks of a connection, so that a frozen server is noticed before a client's request.
  public var checkInterval = Duration.seconds(1)
  /// Checks that are passed in a row until the log says that Redis is back: one that comes and goes is one warning.
  public var checksUntilBack = 10

  public init(url: RedisURL) { self.url = url }
}
