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
  let blobs: any BlobStore
  let models: any ModelCatalog
  let rules: any RuleSource
  let archives: any ArchiveWriter
  let dispatch: any JobDispatch
  /// nil where each API process counts for itself.
  let rateLimit: (any SharedRateLimit)?
  let metrics: ServiceMetrics
  let logger: Logger
  /// The present time to the millisecond, as a function so that tests can set it.
  let now: @Sendable () -> Date

  let watch: JobWatch
  let estimates: CompletionEstimates
  let streams = OpenStreams()
  /// Woken when a job with a callback has ended.
  let webhooksDue = WakeSignal()
  let receiver: UploadReceiver

  init(
    settings: ServiceSettings, jobs: any JobStore, uploads: any UploadStore,
    deliveries: any DeliveryStore, blobs: any BlobStore, models: any ModelCatalog,
    rules: any RuleSource, archives: any ArchiveWriter, dispatch: any JobDispatch,
    changes: ChangeHint = .polled, sharedStatus: (any SharedStatusCache)? = nil,
    rateLimit: (any SharedRateLimit)? = nil, metrics: ServiceMetrics, logger: Logger,
    now: @escaping @Sendable () -> Date
  ) {
    self.settings = settings
    self.jobs = jobs
    self.uploads = uploads
    self.deliveries = deliveries
    self.blobs = blobs
    self.models = models
    self.rules = rules
    self.archives = archives
    self.dispatch = dispatch
    self.rateLimit = rateLimit
    self.metrics = metrics
    self.logger = logger
    self.now = now
    estimates = CompletionEstimates(store: jobs, now: now, logger: logger)
    watch = JobWatch(
      store: jobs, estimates: estimates, hint: changes, shared: sharedStatus,
      endings: webhooksDue, logger: logger)
    receiver = UploadReceiver(
      settings: settings, blobs: blobs, uploads: uploads, threads: .singleton,
      slots: UploadSlots(count: settings.concurrentUploads, patience: settings.idleTimeout / 2),
      logger: logger, now: now)
  }
}
