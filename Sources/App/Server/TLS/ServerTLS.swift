import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// HTTPS: the certificate with what keeps it fresh, and the port that sends plain HTTP here.
struct ServerTLS: Sendable {
  /// A handshake is two round trips and a signature. Ten slow seconds are a bad link, more are an attack.
  private static let handshakePatience = Duration.seconds(10)

  private let certificates: CertificateWatch
  private let redirect: RedirectServer?
  private let settings: ServiceSettings
  private let logger: Logger

  /// nil where the settings ask for plain HTTP.
  /// - Throws: `SettingsError` for files that cannot be used.
  static func load(
    _ settings: ServiceSettings, logger: Logger, now: @escaping @Sendable () -> Date
  ) async throws -> ServerTLS? {
    guard let files = CertificateFiles(settings) else { return nil }
    let certificates = try await NIOThreadPool.singleton.runIfActive {
      try CertificateWatch(files, logger: logger, now: now)
    }
    return ServerTLS(certificates: certificates, settings: settings, logger: logger)
  }

  private init(certificates: CertificateWatch, settings: ServiceSettings, logger: Logger) {
    self.certificates = certificates
    self.settings = settings
    self.logger = logger
    redirect = settings.httpRedirectPort.map {
      RedirectServer(
        host: settings.host, port: $0,
        target: settings.httpRedirectTargetPort ?? settings.port, logger: logger)
    }
  }

  /// HTTP/1.1 and HTTP/2 over TLS.
  func server(
    http1: HTTP1Channel.Configuration, http2: HTTP2Channel.Configuration
  ) -> HTTPServerBuilder {
    HTTPServerBuilder { responder in
      SecureChannel(
        certificates: certificates,
        http1: HTTP1Channel(responder: responder, configuration: http1),
        http2: HTTP2Channel(responder: responder, configuration: http2),
        handshakePatience: TimeAmount(min(Self.handshakePatience, settings.idleTimeout)),
        logger: logger)
    }
  }

  /// What runs beside the server.
  var services: [any ServiceLifecycle.Service] {
    let all: [(any ServiceLifecycle.Service)?] = [certificates, redirect]
    return all.compactMap(\.self)
  }

  /// The server accepts connections at this port.
  func serves(at port: Int) {
    if settings.httpRedirectTargetPort == nil { redirect?.setTarget(port) }
  }
}
