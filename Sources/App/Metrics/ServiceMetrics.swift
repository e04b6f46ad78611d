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

  public init(factory: any MetricsFactory) {
    self.factory = factory
    requests = RequestSeries(factory: factory)
  }

  /// `endpoint` is the route's template, never the raw path. Called for every request: no more than a
  /// look into a dictionary and two short locks.
  func request(method: String, endpoint: String, status: Int, duration: Duration) {
    let series = requests.series(method: method, endpoint: endpoint, status: status)
    series.total.increment(by: 1)
    series.duration.record(duration.timeInterval)
  }

  func uploaded(files: Int, bytes: Int) {
    count("uploaded_files_total", [], by: files)
    count("uploaded_bytes_total", [], by: bytes)
  }

  /// A job has ended; `duration` from its first claim, nil for one that was never claimed.
  public func jobEnded(_ state: JobState, duration: Duration?) {
    count("inference_jobs_total", [("status", state.rawValue)])
    if let duration { observe("inference_duration_seconds", [], duration.timeInterval) }
  }

  public func jobRetried(reason: String) { count("job_retries_total", [("reason", reason)]) }

  /// A worker wrote about a job that it no longer holds.
  func writeRefused() { count("harrier_refused_writes_total", []) }

  /// One image was inferred.
  public func image(
    model: String, duration: Duration, slices: Int, detectionsByClass: [String: Int]
  ) {
    observe("model_inference_time_seconds", [("model", model)], duration.timeInterval)
    observe("slices_per_image", [], Double(slices))
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
    factory.makeRecorder(label: name, dimensions: labels, aggregate: true).record(value)
  }
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
