import App
import Backends
import Foundation
import Inference
import Jobs
import Logging
import ObjectDetection

/// What registered models need of the outside.
extension Services {
  /// Tries models that nobody trusts yet in a confined process.
  static func modelProbe(_ settings: ServiceSettings) -> any ModelProbe {
    ModelProbeProcess(
      temporaryFolder: DataFolder.temporary(in: settings.dataDirectory),
      timeLimit: settings.modelCheck,
      precision: settings.precision.flatMap(InferencePrecision.init(rawValue:)),
      requiresSandbox: settings.workerSandbox == .required)
  }

  /// The files of registered versions, for a worker of this machine.
  static func modelVersions(
    _ settings: ServiceSettings, _ stores: Stores, _ telemetry: Telemetry
  ) -> any ModelVersionFiles {
    ModelVersionCache(
      store: stores.metadata, blobs: stores.blobs,
      folder: DataFolder.models(in: settings.dataDirectory), maxBytes: settings.modelCacheBytes,
      threads: thread(),
      onLookUp: { [metrics = telemetry.metrics] in metrics.cache(.modelFiles, isHit: $0) })
  }

  /// Registered models, in the service's stores.
  static func models(_ settings: ServiceSettings) async throws -> ModelAdministration {
    var logger = try logger("harrier.models", settings)
    // What is done the command itself prints.
    logger.logLevel = max(logger.logLevel, .warning)
    let stores = try await Stores.open(settings, connections: 1, logger: logger)
    return try ModelAdministration(
      store: stores.metadata, blobs: stores.blobs,
      versions: ModelVersionCache(
        store: stores.metadata, blobs: stores.blobs,
        folder: DataFolder.models(in: settings.dataDirectory), maxBytes: settings.modelCacheBytes,
        threads: thread()),
      folder: ModelFolderCatalog(
        folder: ModelFolder(path: settings.modelsDirectory), threads: thread()),
      header: ModelHeaderReader(threads: thread()), probe: modelProbe(settings),
      settings: settings, user: NSUserName(), logger: logger)
  }
}
