import Foundation
public import Jobs
public import Logging
import NIOCore
public import ObjectDetection
import ServiceLifecycle
import UnixSignals

/// The ports of the service, filled in by the one who knows the backends.
public struct ServicePorts: Sendable {
  public var jobs: any JobStore
  public var uploads: any UploadStore
  public var deliveries: any DeliveryStore
  public var jobLogs: any JobLogStore
  public var blobs: any BlobStore
  public var keys: any APIKeyStore
  public var usage: any UsageStore
  /// Shared by the processes of an installation; nil where one data folder is.
  public var secrets: (any SecretStore)?
  public var changes: ChangeHint
  /// What all API processes share beside the stores; nil where there is one.
  public var sharedStatus: (any SharedStatusCache)?
  public var rateLimit: (any SharedRateLimit)?
  /// Told of new jobs, beside the workers of this process.
  public var dispatch: (any JobDispatch)?
  /// Runs as long as requests are answered; nil where nothing has to.
  public var background: (@Sendable () async -> Void)?
  /// Those of the operator's folder.
  public var models: any ModelCatalog
  public var modelStore: any ModelStore
  public var modelHeader: (any ModelHeaderCheck)?
  /// nil where no uploaded model can be tried: none is registered then.
  public var modelProbe: (any ModelProbe)?
  /// For golden pictures; nil where no version can be tried.
  public var modelVersions: (any ModelVersionFiles)?
  /// Where this machine's workers keep the files of registered models.
  public var modelFolder: String
  public var rules: any RuleSource
  public var archives: any ArchiveWriter
  public var webhooks: any WebhookTransport
  /// To services that the operator has named.
  public var http: any HTTPTransport

  public init(
    jobs: any JobStore, uploads: any UploadStore, deliveries: any DeliveryStore,
    jobLogs: any JobLogStore, blobs: any BlobStore, keys: any APIKeyStore, usage: any UsageStore,
    secrets: (any SecretStore)?,
    changes: ChangeHint,
    sharedStatus: (any SharedStatusCache)?, rateLimit: (any SharedRateLimit)?,
    dispatch: (any JobDispatch)?, background: (@Sendable () async -> Void)?,
    models: any ModelCatalog, modelStore: any ModelStore,
    modelHeader: (any ModelHeaderCheck)?, modelProbe: (any ModelProbe)?,
    modelVersions: (any ModelVersionFiles)?, modelFolder: String,
    rules: any RuleSource,
    archives: any ArchiveWriter, webhooks: any WebhookTransport, http: any HTTPTransport
  ) {
    self.jobs = jobs
    self.uploads = uploads
    self.deliveries = deliveries
    self.jobLogs = jobLogs
    self.blobs = blobs
    self.keys = keys
    self.usage = usage
    self.secrets = secrets
    self.changes = changes
    self.sharedStatus = sharedStatus
    self.rateLimit = rateLimit
    self.dispatch = dispatch
    self.background = background
    self.models = models
    self.modelStore = modelStore
    self.modelHeader = modelHeader
    self.modelProbe = modelProbe
    self.modelVersions = modelVersions
    self.modelFolder = modelFolder
    self.rules = rules
    self.archives = archives
    self.webhooks = webhooks
    self.http = http
  }
}

/// The API process: HTTP, its workers, what watches and what cleans up.
public struct HarrierService: Sendable {
  private let service: Service
  private let monitoring: Monitoring
  private let supervisor: WorkerSupervisor
  private let webhooks: any WebhookTransport
  private let keys: any APIKeyStore
  private let secrets: (any SecretStore)?
  private let background: (@Sendable () async -> Void)?
  private let exporter: SpanExporter?
  private let logger: Logger

  /// - Parameter exporter: of the traces' spans; runs until all else has stopped.
  public init(
    settings: ServiceSettings, ports: ServicePorts, supervisor: WorkerSupervisor,
    registry: MetricRegistry, traces: Traces, exporter: SpanExporter?, version: String,
    logger: Logger
  ) {
    service = Service(
      settings: settings, jobs: ports.jobs, uploads: ports.uploads,
      deliveries: ports.deliveries, jobLogs: ports.jobLogs, blobs: ports.blobs,
      models: ports.models, modelStore: ports.modelStore, modelHeader: ports.modelHeader,
      modelProbe: ports.modelProbe, modelVersions: ports.modelVersions,
      modelFolder: ports.modelFolder, rules: ports.rules,
      archives: ports.archives,
      dispatch: Announcements(receivers: [supervisor, ports.dispatch].compactMap(\.self)),
      changes: ports.changes, sharedStatus: ports.sharedStatus, rateLimit: ports.rateLimit,
      usage: ports.usage, http: ports.http, metrics: ServiceMetrics(factory: registry),
      traces: traces,
      logger: logger,
      now: { Date().wholeMilliseconds })
    monitoring = Monitoring(service: service, registry: registry, version: version)
    self.supervisor = supervisor
    webhooks = ports.webhooks
    keys = ports.keys
    secrets = ports.secrets
    background = ports.background
    self.exporter = exporter
    self.logger = logger
  }

  /// Serves until SIGTERM or SIGINT, then lets requests and workers finish within the grace period; a second
  /// signal ends the process at once.
  ///
  /// Parts start in this order and stop in the opposite one: first the service says that it is not ready, then
  /// workers finish or give back what they have, while requests are still answered, then requests end.
  public func run() async throws {
    let settings = service.settings
    let logger = logger
    let tls = try await ServerTLS.load(settings, logger: logger, now: service.now)
    let server = HarrierServer(
      service: service, monitoring: monitoring, access: try await access(),
      audit: try AuditLog(settings, logger: logger), tls: tls)
    let application = try server.application { port in
      logger.info(
        "Harrier accepts requests",
        metadata: [
          "scheme": tls == nil ? "http" : "https",
          "host": "\(settings.host)", "port": .stringConvertible(port),
          "data_dir": "\(settings.dataDirectory)", "workers": .stringConvertible(settings.workers),
        ])
    }
    let sender = try await sender()
    await checkDefaultRules()
    // What is first here stops last.
    let last: [(any ServiceLifecycle.Service)?] = [exporter, background.map(Background.init)]
    let services: [any ServiceLifecycle.Service] =
      last.compactMap(\.self) + [
        Background(body: service.jobLog.run), Background(body: ShadowStarter(service: service).run),
        Background(body: ShadowComparer(service: service).run),
        service.estimates, service.watch, sender, monitoring,
        Maintenance(service: service),
      ] + (tls?.services ?? []) + [
        application, supervisor,
        Draining(readiness: monitoring.readiness),
      ]
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    // The workers' grace, then that of the requests.
    configuration.maximumGracefulShutdownDuration = settings.shutdownGrace * 2 + .seconds(5)
    do {
      try await ServiceGroup(configuration: configuration).run()
      // Where the end came without grace, its last spans wait still.
      await exporter?.shutdown()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw JobsError(
        .unavailable, "\(settings.host):\(settings.port): the address is in use by another process")
    }
    logger.info("Harrier has stopped")
  }

  /// Who is let in.
  private func access() async throws -> AccessControl {
    let settings = service.settings
    if settings.authentication == .offOnEveryAddress {
      logger.warning(
        "Access is not controlled: everybody who reaches the service may do everything")
    }
    // Where nobody needs a token, none is kept.
    let secret =
      settings.authentication == .on
      ? try await patiently(logger) { try await settings.tokenSecret(sharedIn: secrets) }
      : ServiceSettings.randomTokenSecret()
    return await AccessControl(service: service, keys: keys, secret: secret)
  }

  /// Stops after the workers and the requests, so that the jobs that they end are still told of.
  private func sender() async throws -> WebhookSender {
    WebhookSender(
      deliveries: service.deliveries, jobs: service.jobs,
      courier: WebhookCourier(
        transport: webhooks,
        secret: try await patiently(logger) {
          try await service.settings.webhookSecret(sharedIn: secrets)
        },
        policy: service.settings.webhookPolicy, timeout: service.settings.webhookTimeout),
      signal: service.webhooksDue, metrics: service.metrics, traces: service.traces,
      jobLog: service.jobLog, logger: logger)
  }

  /// A set that cannot be used now may be mended without a restart: a warning, no failure.
  private func checkDefaultRules() async {
    guard let name = service.settings.defaultRules else { return }
    do {
      _ = try await service.rules.ruleSet(named: name)
    } catch {
      logger.warning(
        "default_rules cannot be used: jobs that name no rules are refused",
        metadata: ["rules": "\(name)", "cause": "\(error)"])
    }
  }

  /// The lifecycle's own lines say nothing that ours do not.
  private var quiet: Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return quiet
  }
}

/// Work that goes on until all else has stopped.
private struct Background: ServiceLifecycle.Service {
  let body: @Sendable () async -> Void

  func run() async { await cancelWhenGracefulShutdown { await body() } }
}

/// Tells all of these.
private struct Announcements: JobDispatch {
  let receivers: [any JobDispatch]

  func announce(_ job: JobID, priority: JobPriority) async {
    for receiver in receivers { await receiver.announce(job, priority: priority) }
  }
}

/// Is told first that the service stops, and says so to those who ask whether it is ready.
private struct Draining: ServiceLifecycle.Service {
  let readiness: Readiness

  func run() async throws {
    do {
      try await gracefulShutdown()
    } catch is CancellationError {
      // The end came without grace.
    }
    readiness.drain()
    // Whoever asks twice does not want to wait: from now on the system's own way holds. Workers see that their
    // parent is gone, and give their jobs back.
    for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
  }
}
