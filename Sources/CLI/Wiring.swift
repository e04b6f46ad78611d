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
    let file = try options.modelFile()
    let openVINO = try OpenVINORuntime(searching: Installation.openVINODirectories)
    let vips = try VipsRuntime()
    let detector = try await OpenVINODetector.load(
      file, options: options.openVINO, runtime: openVINO, threads: thread())
    return Engine(
      detector: detector, decoder: VipsImageDecoder(runtime: vips, threads: thread()),
      annotator: CairoAnnotator(runtime: vips, threads: thread()))
  }

}

/// Threads of its own for one library's blocking calls; they end with the process.
private func thread(_ count: Int = 1) -> NIOThreadPool {
  let pool = NIOThreadPool(numberOfThreads: count)
  pool.start()
  return pool
}

/// The service on its embedded default: SQLite and a folder.
enum Services {
  /// Reads and writes of files: more threads than disks have heads do not help.
  private static let fileThreads = 4
  /// A name server that does not answer holds one for some ten seconds: as many as webhooks are sent at once.
  private static let resolverThreads = 8

  /// Runs the API process until a signal ends it.
  static func serve(_ settings: ServiceSettings, arguments: [String]) async throws {
    let logger = try logger("harrier", settings)
    let stores = try Stores(settings)
    try await stores.metadata.check()
    let registry = MetricRegistry()
    let supervisor = WorkerSupervisor(
      count: settings.workers, arguments: ["worker", "--supervised"] + arguments,
      grace: settings.shutdownGrace, logger: logger
    ) { line in
      do {
        try registry.add(delta: line)
      } catch {
        logger.warning("a worker's metrics cannot be read", metadata: ["cause": "\(error)"])
      }
    }
    let service = HarrierService(
      settings: settings,
      ports: ServicePorts(
        jobs: stores.metadata, uploads: stores.metadata, deliveries: stores.metadata,
        blobs: stores.blobs,
        models: ModelFolderCatalog(
          folder: ModelFolder(path: settings.modelsDirectory), threads: thread()),
        rules: ruleSource(settings.rulesDirectory),
        archives: LibarchiveZIPWriter(threads: thread(2)),
        webhooks: HTTPClientWebhookTransport(
          resolver: HostResolver(threads: thread(Services.resolverThreads)))),
      supervisor: supervisor, registry: registry, version: harrierVersion, logger: logger)
    try await service.run()
  }

  /// Runs a worker process until a signal, or the end of its parent, ends it.
  static func work(_ settings: ServiceSettings, isSupervised: Bool) async throws {
    let logger = try logger("harrier.worker", settings)
    let stores = try Stores(settings)
    let registry = MetricRegistry()
    let metrics = ServiceMetrics(factory: registry)
    let vips = try VipsRuntime()
    guard let precision = InferencePrecision(rawValue: settings.precision) else {
      throw DetectionError(.invalidConfig, "no such precision: \(settings.precision)")
    }
    let job = DetectionJob(
      uploads: stores.metadata, blobs: stores.blobs,
      detectors: OpenVINODetectorCache(
        folder: ModelFolder(path: settings.modelsDirectory),
        options: OpenVINOOptions(
          device: settings.device, precision: precision,
          cacheDirectory: Installation.compiledModels),
        runtime: try OpenVINORuntime(searching: Installation.openVINODirectories),
        threads: thread()),
      decoder: VipsImageDecoder(runtime: vips, threads: thread()),
      annotator: CairoAnnotator(runtime: vips, threads: thread()),
      limits: ImageLimits(maxBytes: settings.maxFileBytes),
      inferenceTimeout: settings.inferenceTimeout, metrics: metrics, logger: logger)
    let worker = WorkerService(
      store: stores.metadata, executor: job, settings: settings.worker,
      isSupervised: isSupervised, metrics: metrics, logger: logger,
      takeDelta: { registry.takeDelta() })
    await worker.run()
  }

  /// The rule sets of a folder; none where no folder is set.
  static func ruleSource(_ folder: String?) -> any RuleSource {
    guard let folder else { return MemoryRuleSource() }
    return RuleFolderSource(folder: RuleFolder(path: folder), threads: thread())
  }

  private static func logger(_ label: String, _ settings: ServiceSettings) throws -> Logger {
    guard let level = Logger.Level(rawValue: settings.logLevel) else {
      throw DetectionError(.invalidConfig, "no such log level: \(settings.logLevel)")
    }
    LoggingSetup.bootstrap(format: settings.logFormat, level: level)
    return Logger(label: label)
  }

  /// What is kept on this machine's disk.
  private struct Stores {
    let metadata: SQLiteStore
    let blobs: DirectoryBlobStore

    /// - Throws: `JobsError` when the folder cannot be made or the database not be opened.
    init(_ settings: ServiceSettings) throws {
      let folder = settings.dataDirectory
      do {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw JobsError(
          .storageError, "data_dir: the folder \(folder) cannot be made", cause: "\(error)")
      }
      blobs = try DirectoryBlobStore(path: folder, threads: thread(Services.fileThreads))
      metadata = try SQLiteStore(path: "\(folder)/harrier.sqlite")
    }
  }
}

/// Where the parts of an installation are, found from the environment and from where the binary lies, so
/// that it works from any directory.
enum Installation {
  /// `HARRIER_OPENVINO_DIR`, then beside the binary, then `.deps` of the checkout that it was built in.
  static var openVINODirectories: [String] {
    [environment("HARRIER_OPENVINO_DIR"), folder("lib/openvino"), folder(".deps/openvino/lib")]
      .compactMap(\.self)
  }

  /// `HARRIER_MODELS_DIR`, else the folder `Models` of the checkout, else that of the working directory.
  static var modelsDirectory: String {
    environment("HARRIER_MODELS_DIR") ?? folder("Models") ?? "Models"
  }

  /// `HARRIER_RULES_DIR`, else the folder `Rules` of the checkout; nil where there is none.
  static var rulesDirectory: String? { environment("HARRIER_RULES_DIR") ?? folder("Rules") }

  /// Beside the binary, else `.deps` of the checkout; nil where Swagger UI is not installed.
  static var swaggerDirectory: String? { folder("share/swagger-ui") ?? folder(".deps/swagger-ui") }

  /// `HARRIER_CACHE_DIR`, else the user's cache folder. nil when it cannot be made: then nothing is cached.
  static var compiledModels: String? {
    let base =
      environment("HARRIER_CACHE_DIR")
      ?? environment("XDG_CACHE_HOME").map { $0 + "/harrier" }
      ?? environment("HOME").map { $0 + "/.cache/harrier" }
    guard let path = base.map({ $0 + "/openvino" }) else { return nil }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      return nil
    }
    return FileManager.default.isWritableFile(atPath: path) ? path : nil
  }

  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The nearest folder of that name beside or above the binary.
  private static func folder(_ name: String) -> String? {
    var candidate = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    while candidate.path != "/" {
      candidate.deleteLastPathComponent()
      let path = candidate.appendingPathComponent(name).path
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    return nil
  }
}
