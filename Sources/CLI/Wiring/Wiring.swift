import App
import Backends
import Foundation
import Inference
import Jobs
import Logging
import NIOPosix
import ObjectDetection

/// The one place that names concrete libraries: everything else is written against ports.
struct Engine: Sendable {
  let detector: any Detector
  let decoder: any ImageDecoder
  let annotator: any Annotator

  /// Loads the libraries and the model.
  static func start(_ options: EngineOptions) async throws -> Engine {
    try await start(try options.modelFile(), options.openVINO)
  }

  /// Loads the libraries and this model.
  static func start(_ file: ModelFile, _ options: OpenVINOOptions) async throws -> Engine {
    let openVINO = try OpenVINORuntime(searching: Installation.openVINODirectories)
    let vips = try VipsRuntime()
    let detector = try await OpenVINODetector.load(
      file, options: options, runtime: openVINO, threads: thread())
    if let warning = detector.warning { printError("harrier: \(warning)") }
    return Engine(
      detector: detector, decoder: VipsImageDecoder(runtime: vips, threads: thread()),
      annotator: CairoAnnotator(runtime: vips, threads: thread()))
  }

}

/// Threads of its own for one library's blocking calls; they end with the process.
func thread(_ count: Int = 1) -> NIOThreadPool {
  let pool = NIOThreadPool(numberOfThreads: count)
  pool.start()
  return pool
}

/// The two processes of the service, on the stores that the settings name.
enum Services {
  /// A name server that does not answer holds one for some ten seconds: as many as webhooks are sent at once.
  private static let resolverThreads = 8

  /// Runs the API process until a signal ends it.
  static func serve(_ settings: ServiceSettings, arguments: [String]) async throws {
    let logger = try logger("harrier", settings)
    let telemetry = Telemetry(
      settings, service: "harrier", registry: MetricRegistry(), logger: logger)
    let stores = try await Stores.open(
      settings, connections: settings.databaseConnections, logger: logger
    ).observed(by: telemetry, settings)
    logger.info("Stores are open", metadata: ["database": "\(stores.name)"])
    let supervisor = WorkerSupervisor(
      count: settings.workers, arguments: ["worker", "--supervised"] + arguments,
      grace: settings.shutdownGrace, logger: logger,
      onRestart: { telemetry.metrics.workerRestarted() }
    ) { line in
      do {
        try telemetry.registry.add(delta: line)
      } catch {
        logger.warning("a worker's metrics cannot be read", metadata: ["cause": "\(error)"])
      }
    }
    let redis = telemetry.observer("redis", system: "redis")
    let service = HarrierService(
      settings: settings,
      ports: ServicePorts(
        jobs: stores.metadata, uploads: stores.metadata, deliveries: stores.metadata,
        jobLogs: stores.metadata, blobs: stores.blobs, keys: stores.metadata,
        usage: stores.metadata, secrets: stores.secrets,
        changes: stores.changes,
        sharedStatus: stores.redis.map {
          ObservedStatusCache($0.status, observer: redis, metrics: telemetry.metrics)
        },
        rateLimit: stores.redis.map { ObservedRateLimit($0.rateLimit, observer: redis) },
        dispatch: stores.redis?.dispatch,
        background: stores.listening,
        models: ModelFolderCatalog(
          folder: ModelFolder(path: settings.modelsDirectory), threads: thread()),
        modelStore: stores.metadata, modelHeader: ModelHeaderReader(threads: thread()),
        modelProbe: modelProbe(settings),
        modelVersions: modelVersions(settings, stores, telemetry),
        modelFolder: DataFolder.models(in: settings.dataDirectory),
        rules: ruleSource(settings.rulesDirectory),
        archives: LibarchiveZIPWriter(threads: thread(2)),
        webhooks: HTTPClientWebhookTransport(
          resolver: HostResolver(threads: thread(Services.resolverThreads))),
        http: telemetry.http),
      supervisor: supervisor, registry: telemetry.registry, traces: telemetry.traces,
      exporter: telemetry.exporter, version: harrierVersion, logger: logger)
    try await service.run()
    // Until here it hears what others tell.
    withExtendedLifetime(stores) {}
  }

  /// Runs a worker process until a signal, or the end of its parent, ends it.
  ///
  /// - Parameter rules: of the sandbox that it was started in; nil for none.
  static func work(
    _ settings: ServiceSettings, isSupervised: Bool, rules: SandboxRules?
  ) async throws {
    let logger = try logger("harrier.worker", settings)
    if let rules {
      try seal(rules, settings.workerSandbox, logger: logger)
    } else {
      logger.warning("This worker has all rights of its user", metadata: ["worker_sandbox": "off"])
    }
    let work = WakeSignal()
    let telemetry = Telemetry(
      settings, service: "harrier-worker", registry: .ofWorker(), logger: logger)
    let stores = try await Stores.open(
      settings, connections: Stores.workerConnections, logger: logger, work: work
    ).observed(by: telemetry, settings)
    let use = InferRequestUse()
    let jobLog = JobLogWriter(store: stores.metadata, source: .worker, logger: logger)
    let job = try detectionJob(settings, stores, telemetry, use, jobLog, logger)
    let id = WorkerID.unique()
    let announcements = stores.redis.map { redis in
      RedisJobSignal(
        client: redis.client, worker: "\(id)", takeOverAfter: settings.jobLease)
    }
    let links = WorkerLinks(
      id: id, work: work, announcements: announcements, onChange: { stores.redis?.tell($0) })
    let collect = { @Sendable in
      let (busy, idle) = use.take()
      telemetry.metrics.inferRequests(busy: busy, idle: idle)
    }
    let worker = WorkerService(
      store: stores.metadata, executor: job, settings: settings.worker,
      isSupervised: isSupervised, links: links, metrics: telemetry.metrics, jobLog: jobLog,
      logger: logger,
      takeDelta: {
        collect()
        return telemetry.registry.takeDelta()
      })
    await withTaskGroup(of: Void.self) { group in
      if let redis = stores.redis { group.addTask { await redis.publish() } }
      if let exporter = telemetry.exporter { group.addTask { await exporter.run() } }
      // A supervised worker hands its numbers to its parent, which shows them.
      if !isSupervised, let port = settings.metricsPort {
        let monitoring = WorkerMonitoring(
          settings: settings, port: port, registry: telemetry.registry, version: harrierVersion,
          logger: logger, collect: collect)
        group.addTask { await monitoring.run() }
      }
      await worker.run()
      await telemetry.exporter?.shutdown()
      await announcements?.close()
      group.cancelAll()
    }
    // Until here it hears what others tell.
    withExtendedLifetime(stores) {}
  }

  private static func detectionJob(
    _ settings: ServiceSettings, _ stores: Stores, _ telemetry: Telemetry,
    _ use: InferRequestUse, _ jobLog: JobLogWriter, _ logger: Logger
  ) throws -> DetectionJob {
    let vips = try VipsRuntime()
    let precision = settings.precision.flatMap(InferencePrecision.init(rawValue:))
    if let name = settings.precision, precision == nil {
      throw DetectionError(.invalidConfig, "no such precision: \(name)")
    }
    return DetectionJob(
      uploads: stores.metadata, blobs: stores.blobs,
      detectors: OpenVINODetectorCache(
        folder: ModelFolder(path: settings.modelsDirectory),
        versions: modelVersions(settings, stores, telemetry),
        options: OpenVINOOptions(
          device: settings.device, precision: precision,
          cacheDirectory: Installation.compiledModels),
        runtime: try OpenVINORuntime(searching: Installation.openVINODirectories),
        threads: thread(),
        limits: OpenVINODetectorCache.Limits(bytes: settings.modelMemoryBytes), use: use,
        onLookUp: { [metrics = telemetry.metrics] in metrics.cache(.model, isHit: $0) },
        onEviction: { [metrics = telemetry.metrics] in metrics.modelEvicted() },
        onWarning: { logger.warning("\($0)") }),
      decoder: VipsImageDecoder(runtime: vips, threads: thread()),
      annotator: CairoAnnotator(runtime: vips, threads: thread()),
      limits: ImageLimits(maxBytes: settings.maxFileBytes),
      inferenceTimeout: settings.inferenceTimeout, slowImage: settings.slowImage,
      metrics: telemetry.metrics, traces: telemetry.traces, jobLog: jobLog, logger: logger)
  }

  /// Brings the database's tables up to date, and says on which stores the service works.
  static func migrate(_ settings: ServiceSettings) async throws -> String {
    let stores = try await Stores.open(
      settings, connections: 1, logger: try logger("harrier.migrate", settings))
    return stores.name
  }

  /// The keys of callers, in the service's store.
  static func keys(_ settings: ServiceSettings) async throws -> KeyAdministration {
    let logger = try logger("harrier.keys", settings)
    let stores = try await Stores.open(settings, connections: 1, logger: logger)
    return try KeyAdministration(keys: stores.metadata, settings: settings, user: NSUserName())
  }

  /// The rule sets of a folder; none where no folder is set.
  static func ruleSource(_ folder: String?) -> any RuleSource {
    guard let folder else { return MemoryRuleSource() }
    return RuleFolderSource(folder: RuleFolder(path: folder), threads: thread())
  }

  static func logger(_ label: String, _ settings: ServiceSettings) throws -> Logger {
    guard let level = Logger.Level(rawValue: settings.logLevel) else {
      throw DetectionError(.invalidConfig, "no such log level: \(settings.logLevel)")
    }
    LoggingSetup.bootstrap(format: settings.logFormat, level: level)
    return Logger(label: label)
  }
}
