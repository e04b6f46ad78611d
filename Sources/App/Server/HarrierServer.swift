import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP server over the routes.
struct HarrierServer {
  /// Connections at once; further ones wait to be accepted.
  static let maxConnections = 8192
  /// Files that are kept back from connections: blobs, uploads, the database, pipes.
  private static let reservedFiles = 512

  let service: Service
  let monitoring: Monitoring
  let access: AccessControl
  /// nil where nobody keeps one.
  var audit: AuditLog?
  /// nil for plain HTTP.
  var tls: ServerTLS?

  /// The server as a service of the process; `onReady` is told the port when it accepts connections.
  func application(
    onReady: @escaping @Sendable (_ port: Int) async -> Void
  ) throws -> some ApplicationProtocol {
    let settings = service.settings
    let connections = min(
      Self.maxConnections, max(64, OpenFiles.raiseLimit() - Self.reservedFiles))
    let handlers = ChannelHandlers(service: service)
    let http1 = handlers.http1
    // A stream of HTTP/2 costs what a connection does.
    let http2 = handlers.http2(maxStreams: connections)
    var logger = service.logger
    // Its own lines repeat ours.
    logger.logLevel = max(logger.logLevel, .warning)
    return Application(
      router: try router(),
      server: tls?.server(http1: http1, http2: http2) ?? .http1(configuration: http1),
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(connections)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? settings.port
        tls?.serves(at: port)
        await onReady(port)
      },
      logger: logger)
  }

  func router() throws -> Router<HarrierContext> {
    let table = Routes(service: service, monitoring: monitoring, access: access).table
    let router = Router(context: HarrierContext.self)
    router.add(
      middleware: try RequestMiddleware(
        service: service, routes: table, access: access, audit: audit))
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
