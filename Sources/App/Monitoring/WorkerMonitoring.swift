import Foundation
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore

/// `/metrics` and `/health/live` of a worker that no API process has started.
public struct WorkerMonitoring: Sendable {
  /// Scrapers and probes are few.
  private static let maxConnections = 64

  private let host: String
  private let port: Int
  private let registry: MetricRegistry
  private let gauges: WorkerGauges
  private let collect: @Sendable () -> Void
  /// nil lets in everybody.
  private let token: SecretDigest?
  private let logger: Logger

  /// - Parameters:
  ///   - port: 0 takes a free one.
  ///   - collect: brings the registry up to date before it is shown.
  public init(
    settings: ServiceSettings, port: Int, registry: MetricRegistry, version: String,
    logger: Logger, collect: @escaping @Sendable () -> Void
  ) {
    host = settings.host
    self.port = port
    self.registry = registry
    gauges = WorkerGauges(
      registry: registry, version: version, dataDirectory: settings.dataDirectory)
    self.collect = collect
    token =
      settings.authentication == .on
      ? settings.metricsToken.map(SecretDigest.init(of:)) : nil
    self.logger = logger
  }

  /// A malformed credential is none.
  private func letsIn(_ request: Request) -> Bool {
    guard let token else { return true }
    return (try? Credentials(request)).map { SecretDigest(of: $0.text) } == token
  }

  /// Answers until the task is cancelled. A port that cannot be had is logged: the worker works all the same.
  public func run() async {
    let router = Router()
    router.get("/metrics") { [self] request, _ in
      guard letsIn(request) else { throw HTTPError(.unauthorized) }
      collect()
      await gauges.refresh()
      return Response.metrics(of: registry, to: request)
    }
    router.get("/health/live") { _, _ in Response.alive }
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .error)
    let application = Application(
      router: router,
      server: .http1(configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(60))),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(Self.maxConnections)),
      onServerRunning: { [logger, host, port] channel in
        logger.info(
          "The worker shows its metrics",
          metadata: [
            "host": "\(host)",
            "metrics_port": .stringConvertible(channel.localAddress?.port ?? port),
          ])
      },
      logger: quiet)
    do {
      try await application.run()
    } catch is CancellationError {
      // The worker ends.
    } catch {
      logger.error(
        "metrics_port: the metrics are not shown",
        metadata: ["address": "\(host):\(port)", "cause": "\(error)"])
    }
  }
}

/// At most once a second, when somebody scrapes.
private actor WorkerGauges {
  private var process: ProcessGauges
  private var lastRefresh: ContinuousClock.Instant?

  init(registry: MetricRegistry, version: String, dataDirectory: String) {
    process = ProcessGauges(
      factory: registry, version: version, dataDirectory: dataDirectory, now: Date())
  }

  func refresh() {
    let now = ContinuousClock.now
    if let lastRefresh, now - lastRefresh < .seconds(1) { return }
    lastRefresh = now
    process.refresh(at: Date())
  }
}
