import Foundation
import Jobs
import Logging
import NIOPosix
import ObjectDetection

/// What the routes work with: settings, ports, and the state of this process.
struct Service: Sendable {
  let settings: ServiceSettings
  let jobs: any JobStore
  let uploads: any UploadStore
  let deliveries: any DeliveryStore
  let jobLogs: any JobLogStore
  let blobs: any BlobStore
  /// Those of the operator's folder and those that are registered.
  let models: RegisteredModelCatalog
  let registry: ModelRegistry
  /// Where this machine's workers keep the files of registered models; nil where there are none.
  let modelFolder: String?
  let rules: any RuleSource
  let archives: any ArchiveWriter
  let dispatch: any JobDispatch
  /// nil where each API process counts for itself.
  let rateLimit: (any SharedRateLimit)?
  /// To services that the operator has named.
  let http: (any HTTPTransport)?
  /// What callers have used of their shares; nil where nothing is counted.
  let byteQuota: ByteQuota
  let metrics: ServiceMetrics
  let traces: Traces
  let logger: Logger
  /// The present time to the millisecond, as a function so that tests can set it.
  let now: @Sendable () -> Date

  let jobLog: JobLogWriter
  let watch: JobWatch
  let estimates: CompletionEstimates
  let streams = OpenStreams()
  let traffic = Traffic()
  let bodyBudget = BodyBudget()
  /// Jobs beside which a candidate may be tried.
  let shadowQueue = ShadowQueue()
  /// Woken when a job with a callback has ended.
  let webhooksDue = WakeSignal()
  let receiver: UploadReceiver
  let modelReceiver: ModelUploadReceiver
  let comparisonSlots: WorkSlots

  init(
    settings: ServiceSettings, jobs: any JobStore, uploads: any UploadStore,
    deliveries: any DeliveryStore, jobLogs: any JobLogStore, blobs: any BlobStore,
    models: any ModelCatalog, modelStore: any ModelStore,
    modelHeader: (any ModelHeaderCheck)? = nil, modelProbe: (any ModelProbe)? = nil,
    modelVersions: (any ModelVersionFiles)? = nil,
    modelFolder: String? = nil,
    rules: any RuleSource, archives: any ArchiveWriter, dispatch: any JobDispatch,
    changes: ChangeHint = .polled, sharedStatus: (any SharedStatusCache)? = nil,
    rateLimit: (any SharedRateLimit)? = nil, usage: (any UsageStore)? = nil,
    http: (any HTTPTransport)? = nil,
    metrics: ServiceMetrics, traces: Traces = .off, logger: Logger,
    now: @escaping @Sendable () -> Date
  ) {
    self.settings = settings
    self.jobs = jobs
    self.uploads = uploads
    self.deliveries = deliveries
    self.jobLogs = jobLogs
    jobLog = JobLogWriter(store: jobLogs, source: .api, logger: logger, now: now)
    self.blobs = blobs
    self.models = RegisteredModelCatalog(folder: models, store: modelStore)
    self.modelFolder = modelFolder
    registry = ModelRegistry(
      store: modelStore, blobs: blobs, versions: modelVersions, folder: models,
      header: modelHeader, probe: modelProbe, settings: settings, logger: logger, now: now)
    self.rules = rules
    self.archives = archives
    self.dispatch = dispatch
    self.rateLimit = rateLimit
    self.http = http
    byteQuota = ByteQuota(usage: usage, settings: settings)
    self.metrics = metrics
    self.traces = traces
    self.logger = logger
    self.now = now
    estimates = CompletionEstimates(store: jobs, now: now, logger: logger)
    watch = JobWatch(
      store: jobs, estimates: estimates, hint: changes, shared: sharedStatus,
      endings: webhooksDue, onLookUp: { metrics.cache(.status, isHit: $0) }, logger: logger)
    receiver = UploadReceiver(
      settings: settings, blobs: blobs, uploads: uploads, threads: .singleton,
      slots: WorkSlots(
        count: settings.concurrentUploads, patience: settings.idleTimeout / 2, of: "uploads"),
      logger: logger, now: now)
    modelReceiver = ModelUploadReceiver(
      settings: settings, blobs: blobs, threads: .singleton,
      slots: WorkSlots(
        count: ModelUploadReceiver.concurrentUploads, patience: settings.idleTimeout / 2,
        of: "uploads"),
      logger: logger)
    comparisonSlots = WorkSlots(
      count: JobPair.concurrentComparisons, patience: settings.idleTimeout / 2, of: "comparisons")
  }
}
