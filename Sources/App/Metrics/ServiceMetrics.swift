import Foundation
public import Jobs
public import Metrics
import Synchronization

/// The steps of an image that `pipeline_stage_duration_seconds` tells apart.
public enum PipelineStage: String, Sendable, CaseIterable {
  case decode, slice, infer, merge, reason, render, store
}

/// The service's own numbers, by the contract's names.
public struct ServiceMetrics: Sendable {
  private let factory: any MetricsFactory
  private let requests: RequestSeries
  /// Hits and misses, which each poll counts.
  private let caches: [Cache: (hits: any CounterHandler, misses: any CounterHandler)]

  public init(factory: any MetricsFactory) {
    self.factory = factory
    requests = RequestSeries(factory: factory)
    func counter(_ cache: Cache, _ result: String) -> any CounterHandler {
      factory.makeCounter(
        label: "harrier_cache_requests_total",
        dimensions: [("cache", cache.rawValue), ("result", result)])
    }
    caches = Dictionary(
      uniqueKeysWithValues: Cache.allCases.map { ($0, (counter($0, "hit"), counter($0, "miss"))) })
  }

  /// `endpoint` is the route's template, never the raw path. Called for every request: no more than a
  /// look into a dictionary and two short locks.
  func request(method: String, endpoint: String, status: Int, duration: Duration) {
    let series = requests.series(method: method, endpoint: endpoint, status: status)
    series.total.increment(by: 1)
    record(duration.timeInterval, in: series.duration)
  }

  func uploaded(files: Int, bytes: Int) {
    count("uploaded_files_total", [], by: files)
    count("uploaded_bytes_total", [], by: bytes)
  }

  /// A job that was no shadow has ended; `duration` from its first claim, nil for one that was never claimed.
  public func jobEnded(_ state: JobState, duration: Duration?) {
    count("inference_jobs_total", [("status", state.rawValue)])
    if let duration { observe("inference_duration_seconds", [], duration.timeInterval) }
  }

  public func jobRetried(reason: String) { count("job_retries_total", [("reason", reason)]) }

  /// A worker wrote about a job that it no longer holds.
  func writeRefused() { count("harrier_refused_writes_total", []) }

  /// What became of a job's lease.
  enum LeaseOutcome: String, CaseIterable {
    case renewed
    /// The store did not take it; it is tried again.
    case failed
    /// The attempt was given up.
    case lost
  }

  func lease(_ outcome: LeaseOutcome) {
    count("harrier_lease_renewals_total", [("outcome", outcome.rawValue)])
  }

  /// What is kept so that it need not be made again.
  public enum Cache: String, Sendable, CaseIterable {
    /// Status documents of this process.
    case status
    /// Those of all API processes, in Redis.
    case sharedStatus = "shared_status"
    /// Loaded models of a worker.
    case model
    /// Files of registered models on a machine's disk.
    case modelFiles = "model_files"
  }

  public func cache(_ cache: Cache, isHit: Bool) {
    guard let counters = caches[cache] else { return }
    (isHit ? counters.hits : counters.misses).increment(by: 1)
  }

  func sliceFinished() { count("harrier_slices_total", []) }

  /// Time of infer requests since the last call.
  public func inferRequests(busy: Duration, idle: Duration) {
    for (state, time) in [("busy", busy), ("idle", idle)] where time > .zero {
      factory.makeFloatingPointCounter(
        label: "harrier_infer_request_seconds_total", dimensions: [("state", state)]
      ).increment(by: time.timeInterval)
    }
  }

  /// What became of a model that was uploaded.
  enum ModelUploadOutcome: String, CaseIterable {
    case registered
    /// The same model was a version already.
    case known
    /// It is no model that can be run.
    case refused
    /// For another reason.
    case failed
  }

  func modelUploaded(_ outcome: ModelUploadOutcome) {
    count("harrier_model_uploads_total", [("outcome", outcome.rawValue)])
  }

  /// What became of a job beside which a candidate was to be tried.
  enum ShadowEvent: String, CaseIterable {
    case queued
    /// More than half of the queue was taken.
    case queueFull = "queue_full"
    /// The version, or the alias, is not there any more.
    case noCandidate = "no_candidate"
    /// The candidate lacks a class that the job names, or its rules are gone.
    case unfit
    /// Too many jobs came at once.
    case dropped
    /// A store failed.
    case error
    /// Both jobs have ended, and were compared.
    case compared
    /// The job has no results, so there is nothing to compare.
    case baseFailed = "base_failed"
    /// The shadow has none.
    case candidateFailed = "candidate_failed"
  }

  func shadow(_ event: ShadowEvent) {
    count("harrier_shadows_total", [("result", event.rawValue)])
  }

  /// A loaded model has made room for another one.
  public func modelEvicted() { count("harrier_model_evictions_total", []) }

  public func workerRestarted() { count("harrier_worker_restarts_total", []) }

  public func spans(exported: Int, dropped: Int) {
    count("harrier_spans_total", [("outcome", "exported")], by: exported)
    count("harrier_spans_total", [("outcome", "dropped")], by: dropped)
  }

  /// The meters of one call of one store, to be kept by whoever calls it often.
  func storeCall(_ store: String, _ operation: String) -> StoreCallMeters {
    let labels = [("store", store), ("operation", operation)]
    // From the first call on, so that the first error of many calls is a rise.
    return StoreCallMeters(
      duration: factory.makeRecorder(
        label: "harrier_store_operation_duration_seconds", dimensions: labels, aggregate: true),
      errors: factory.makeCounter(label: "harrier_store_errors_total", dimensions: labels))
  }

  func delay(of executor: DelaySampler.Executor, _ delay: Duration) {
    observe(
      "harrier_event_loop_delay_seconds", [("executor", executor.rawValue)], delay.timeInterval)
  }

  static let webhookOutcomes = ["delivered", "retried", "failed"]

  func webhook(_ outcome: DeliveryOutcome) {
    let name =
      switch outcome {
      case .delivered: "delivered"
      case .retry: "retried"
      case .failed: "failed"
      }
    count("harrier_webhook_deliveries_total", [("outcome", name)])
  }

  /// One image was inferred.
  /// - Parameter detectionsByClass: nil for a shadow, whose detections nobody gets.
  public func image(
    model: String, duration: Duration, slices: Int, detectionsByClass: [String: Int]?
  ) {
    observe("model_inference_time_seconds", [("model", model)], duration.timeInterval)
    observe("slices_per_image", [], Double(slices))
    guard let detectionsByClass else { return }
    observe("detections_per_image", [], Double(detectionsByClass.values.reduce(0, +)))
    for (name, found) in detectionsByClass {
      count("detection_count_total", [("class", name)], by: found)
    }
  }

  public func stage(_ stage: PipelineStage, _ duration: Duration) {
    observe(
      "pipeline_stage_duration_seconds", [("stage", stage.rawValue)], duration.timeInterval)
  }

  private func count(_ name: String, _ labels: [(String, String)], by amount: Int = 1) {
    factory.makeCounter(label: name, dimensions: labels).increment(by: Int64(amount))
  }

  private func observe(_ name: String, _ labels: [(String, String)], _ value: Double) {
    record(value, in: factory.makeRecorder(label: name, dimensions: labels, aggregate: true))
  }

  /// With the trace that it belongs to, where one is kept.
  private func record(_ value: Double, in recorder: any RecorderHandler) {
    if let trace = SpanContext.current, trace.isSampled, let series = recorder as? HistogramSeries {
      series.record(
        value,
        exemplar: Exemplar(
          traceID: trace.traceID.hex, value: value, time: Date().timeIntervalSince1970))
    } else {
      recorder.record(value)
    }
  }
}

/// Where calls of a store are counted.
struct StoreCallMeters: Sendable {
  let duration: any RecorderHandler
  let errors: any CounterHandler
}

/// The series of requests, found by what tells them apart without making a single string.
private final class RequestSeries: Sendable {
  struct Series: Sendable {
    let total: any CounterHandler
    let duration: any RecorderHandler
  }

  private struct Key: Hashable {
    let method: String
    let endpoint: String
    let status: Int
  }

  /// Clients invent methods; these are known (RFC 9110, RFC 5789), others are counted as one.
  private static let methods: Set<String> = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
  ]
  /// Routes, methods and statuses of the service are a few hundred.
  private static let limit = 4096

  private let factory: any MetricsFactory
  private let known = Mutex<[Key: Series]>([:])

  init(factory: any MetricsFactory) { self.factory = factory }

  func series(method: String, endpoint: String, status: Int) -> Series {
    let key = Key(method: method, endpoint: endpoint, status: status)
    if let series = known.withLock({ $0[key] }) { return series }
    let isKnown = Self.methods.contains(method)
    let route = [("method", isKnown ? method : MetricFamily.other), ("endpoint", endpoint)]
    let series = Series(
      total: factory.makeCounter(
        label: "api_requests_total", dimensions: route + [("status", String(status))]),
      duration: factory.makeRecorder(
        label: "api_request_duration_seconds", dimensions: route, aggregate: true))
    if isKnown {
      known.withLock { known in
        if known.count < Self.limit { known[key] = series }
      }
    }
    return series
  }
}
