import Foundation
import Jobs
import Logging
import ObjectDetection

/// Queues a candidate beside a client's job, where the model's rule says so.
struct ShadowStarter: Sendable {
  let service: Service
  private let throttle = LogThrottle()

  init(service: Service) { self.service = service }

  /// Starts shadows until it is cancelled.
  func run() async {
    for await job in service.shadowQueue.jobs {
      if Task.isCancelled { return }
      await start(beside: job)
    }
  }

  /// What goes wrong is logged and counted; the client's job knows nothing of it.
  func start(beside job: Job) async {
    do {
      guard let outcome = try await started(beside: job) else { return }
      service.metrics.shadow(outcome)
    } catch is CancellationError {
      return
    } catch {
      service.metrics.shadow(.error)
      guard let unsaid = throttle.admit("start", at: .now) else { return }
      service.logger.warning(
        "a shadow cannot be started",
        metadata: ["job_id": "\(job.id)", "cause": "\(error)", "unsaid": "\(unsaid)"])
    }
  }

  /// nil where no shadow is wanted.
  private func started(beside job: Job) async throws -> ServiceMetrics.ShadowEvent? {
    let store = service.registry.store
    guard job.comparison == nil, let pin = job.model,
      let rule = try await store.shadow(of: pin.id.name), rule.takes(job.id)
    else { return nil }
    guard let version = try await store.modelVersion(rule.reference) else { return .noCandidate }
    // Nothing to try: it is what the job runs.
    guard version.id != pin.id else { return nil }
    // The client may have deleted it by now.
    guard let upload = try await service.uploads.upload(job.uploadID) else { return nil }
    var shadow: Job
    do {
      shadow = try await service.comparisonJob(over: upload, like: job, InstalledModel(version))
    } catch let error as APIError where error.code == .invalidConfig || error.code == .rulesNotFound
    {
      return .unfit
    }
    shadow.priority = .low
    shadow.comparison = JobComparison(base: job.id, isShadow: true)
    let pair = ShadowPair(
      versions: ShadowVersions(
        name: pin.id.name, base: pin.id.number, candidate: version.id.number),
      baseJob: job.id, shadowJob: shadow.id)
    return try await queue(shadow, pair)
  }

  /// The pair is kept first: a shadow of which nobody knows would be run for nothing.
  private func queue(
    _ shadow: Job, _ pair: ShadowPair
  ) async throws -> ServiceMetrics.ShadowEvent? {
    let store = service.registry.store
    try await store.keep(pair, due: service.now())
    do {
      _ = try await service.jobs.insert(
        shadow, idempotency: nil,
        // Not when more than half of the queue is taken.
        limits: QueueLimits(total: service.settings.maxQueuedJobs / 2 + 1), continuing: nil)
    } catch let error as JobsError {
      // Where this fails too, the pair is found without its shadow.
      try await store.forget(pair)
      switch error.code {
      case .queueFull: return .queueFull
      case .modelNotFound: return .noCandidate
      case .uploadNotFound: return nil
      default: throw error
      }
    }
    service.logger.debug(
      "shadow queued", metadata: ["job_id": "\(shadow.id)", "base_job_id": "\(pair.baseJob)"])
    service.jobLog.write(
      "Queued as a shadow", of: shadow.id,
      details: ["base_job_id": "\(pair.baseJob)", "images": "\(shadow.fileIDs.count)"])
    await service.dispatch.announce(shadow.id, priority: shadow.priority)
    return .queued
  }
}
