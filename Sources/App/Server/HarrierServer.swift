import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP server over the routes.
struct HarrierServer {
  /// The largest buffer in which a connection's bytes arrive; up to ten of them wait for a route. Eight uploads
  /// that are taken in at once so need 3 MB; those that wait leave their bytes in the network.
  private static let receiveBytes = 32 << 10
  /// Connections at once; further ones wait to be accepted.
  static let maxConnections = 8192
  /// Files that are kept back from connections: blobs, uploads, the database, pipes.
  private static let reservedFiles = 512

  let service: Service
  let monitoring: Monitoring

  /// The server as a service of the process; `onReady` is told the port when it accepts connections.
  func application(
    onReady: @escaping @Sendable (_ port: Int) async -> Void
  ) throws -> some ApplicationProtocol {
    let settings = service.settings
    let now = service.now
    let configuration = HTTP1Channel.Configuration(
      additionalChannelHandlers: [
        ProtocolErrorHandler(now: now),
        ContinueHandler(
          maxBodyBytes: {
            $0 == UploadRoutes.path ? settings.maxUploadBytes : settings.maxJSONBytes
          }, receiveBytes: Self.receiveBytes),
        BodyGate(path: UploadRoutes.path),
        StalledReaderHandler(patience: TimeAmount(settings.idleTimeout)),
        TrafficHandler(service.traffic),
      ],
      idleTimeout: TimeAmount(settings.idleTimeout),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: settings.maxHeaderBytes, maxHeaderListSize: settings.maxHeaderBytes,
        maxHeaderFieldCount: 200))
    let connections = min(
      Self.maxConnections, max(64, OpenFiles.raiseLimit() - Self.reservedFiles))
    var logger = service.logger
    // Its own lines repeat ours.
    logger.logLevel = max(logger.logLevel, .warning)
    return Application(
      router: try router(),
      server: .http1(configuration: configuration),
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(connections)),
      onServerRunning: { channel in
        await onReady(channel.localAddress?.port ?? settings.port)
      },
      logger: logger)
  }

  func router() throws -> Router<HarrierContext> {
    let table = Routes(service: service, monitoring: monitoring).table
    let router = Router(context: HarrierContext.self)
    router.add(middleware: try RequestMiddleware(service: service, routes: table))
    for route in table.routes {
      for method in route.method == .get ? [.get, .head] : [route.method] {
        router.on(RouterPath(route.path), method: method) { request, context in
          try await route.handler(request, context)
        }
      }
    }
    return router
  }
}
