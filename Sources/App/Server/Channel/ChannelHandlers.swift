import HummingbirdCore
import NIOCore

/// What stands between the network and the routes, for both versions of HTTP: the same handlers see the parts of
/// requests and answers, on a connection of HTTP/1.1 or on one stream of HTTP/2.
struct ChannelHandlers: Sendable {
  /// The largest buffer in which a connection's bytes arrive; up to ten of them wait for a route. Eight uploads
  /// that are taken in at once so need 3 MB; those that wait leave their bytes in the network.
  private static let receiveBytes = 32 << 10
  /// Header fields of one request.
  private static let maxFields = 200

  let service: Service

  /// Of a connection that is one request at a time.
  var http1: HTTP1Channel.Configuration {
    let settings = service.settings
    return HTTP1Channel.Configuration(
      additionalChannelHandlers: connection + [RequestFraming.Placement()] + requests,
      idleTimeout: idleTimeout,
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: settings.maxHeaderBytes, maxHeaderListSize: settings.maxHeaderBytes,
        maxHeaderFieldCount: Self.maxFields))
  }

  /// - Parameter maxStreams: of all connections together.
  func http2(maxStreams: Int) -> HTTP2Channel.Configuration {
    HTTP2Channel.Configuration(
      limits: HTTP2Limits(
        maxHeaderBytes: service.settings.maxHeaderBytes, maxFields: Self.maxFields),
      idleTimeout: idleTimeout, streamCount: StreamCount(limit: maxStreams),
      connectionHandlers: { connection + [stalledReader] },
      streamHandlers: { requests })
  }

  private var idleTimeout: TimeAmount { TimeAmount(service.settings.idleTimeout) }

  /// Of the bytes of a connection.
  private var connection: [any RemovableChannelHandler] {
    [
      ConnectionHandler(service.traffic, receiveBytes: Self.receiveBytes)
    ]
  }

  /// Of requests and answers.
  private var requests: [any RemovableChannelHandler] {
    let settings = service.settings
    return [
      ProtocolErrorHandler(now: service.now),
      PathHandler(),
      RequestPace(patience: idleTimeout),
      ContinueHandler(maxBodyBytes: { Self.maxBodyBytes($0, settings) }),
      BodyGate(path: UploadRoutes.path),
      stalledReader,
      TrafficHandler(service.traffic),
    ]
  }

  /// Of a request to that target; the routes have the last word.
  static func maxBodyBytes(_ target: String, _ settings: ServiceSettings) -> Int {
    let path = target.prefix { $0 != "?" }
    if path == UploadRoutes.path { return settings.maxUploadBytes }
    guard path.hasPrefix("/api/v1/models/") else { return settings.maxJSONBytes }
    if path.hasSuffix("/versions") { return settings.maxModelBytes }
    if path.hasSuffix("/golden") { return settings.maxGoldenBytes + GoldenRoutes.otherBytes }
    return settings.maxJSONBytes
  }

  private var stalledReader: any RemovableChannelHandler {
    StalledReaderHandler(patience: idleTimeout)
  }
}
