extension ServiceFigures {
  /// All metrics that are looked at.
  static let metrics: Set<String> = [
    "active_jobs", "active_workers", "api_request_duration_seconds", "api_requests_total",
    "app_info", "cpu_usage_percent", "detection_count_total", "harrier_infer_request_seconds_total",
    "harrier_open_connections", "harrier_queue_oldest_job_seconds",
    "harrier_request_body_bytes_total", "harrier_response_body_bytes_total",
    "harrier_slices_total", "harrier_store_errors_total", "harrier_store_up",
    "harrier_worker_last_progress_seconds", "harrier_workers_wanted", "inference_jobs_total",
    "job_retries_total", "memory_usage_bytes", "model_inference_time_seconds",
    "pipeline_stage_duration_seconds", "process_start_time_seconds", "queue_length",
  ]

  /// Requests that a look makes itself are left out, or a service that rests would seem busy.
  private static let ownEndpoints: Set<String> = [
    "/metrics", "/health/live", "/health/ready", "/api/v1/monitoring/dashboard", "/api/v1/jobs",
  ]

  /// Workers hand on what they counted each second: over less, rates of theirs would jump.
  private static let workSpan = Duration.seconds(10)
  /// What happens a few times a minute.
  private static let rareSpan = MetricsWindow.longest

  /// - Parameters:
  ///   - unixTime: now, in seconds since 1970 by the service's clock.
  ///   - history: the dashboard's, for what was not watched.
  init(_ window: MetricsWindow, history: DashboardAnswer?, unixTime: Double) {
    guard let now = window.latest?.metrics else { return }
    readGauges(now, unixTime: unixTime)
    readRequests(window)
    readImages(window)
    readJobs(window, history: history)
  }

  private mutating func readGauges(_ now: ScrapedMetrics, unixTime: Double) {
    version = now.values(of: "version", in: "app_info").first
    uptimeSeconds = now.gauge("process_start_time_seconds").map { max(0, unixTime - $0) }
    storesDown = now.values(of: "store", in: "harrier_store_up").filter {
      now.gauge("harrier_store_up", ["store": $0]) == 0
    }
    queueLength = now.gauge("queue_length")
    oldestJobSeconds = now.gauge("harrier_queue_oldest_job_seconds")
    processing = now.gauge("active_jobs")
    activeWorkers = now.gauge("active_workers")
    wantedWorkers = now.gauge("harrier_workers_wanted")
    standstillSeconds = now.gauge("harrier_worker_last_progress_seconds")
    openConnections = now.gauge("harrier_open_connections")
    cpuPercent = now.gauge("cpu_usage_percent")
    memoryBytes = now.gauge("memory_usage_bytes")
  }

  private mutating func readRequests(_ window: MetricsWindow) {
    func isForeign(_ labels: ScrapedMetrics.Labels) -> Bool {
      !Self.ownEndpoints.contains(labels["endpoint"] ?? "")
    }
    if let (increase, seconds) = window.increase(over: .zero) {
      func rate(_ count: Double?) -> Double? { count.map { $0 / seconds } }
      requestsPerSecond = rate(increase.counter("api_requests_total", where: isForeign))
      serverErrorsPerSecond = rate(
        increase.counter("api_requests_total") {
          isForeign($0) && $0["status"]?.hasPrefix("5") == true
        })
      bytesInPerSecond = rate(increase.counter("harrier_request_body_bytes_total"))
      bytesOutPerSecond = rate(increase.counter("harrier_response_body_bytes_total"))
    }
    let latency = window.increase(over: .zero, atLeast: .zero)?
      .histogram("api_request_duration_seconds", where: isForeign)
    latencySeconds50 = latency?.quantile(0.5)
    latencySeconds95 = latency?.quantile(0.95)
  }

  private mutating func readImages(_ window: MetricsWindow) {
    if let (increase, seconds) = window.increase(over: Self.workSpan) {
      func rate(_ count: Double?) -> Double? { count.map { $0 / seconds } }
      imagesPerSecond = rate(increase.histogram("model_inference_time_seconds")?.count)
      slicesPerSecond = rate(increase.counter("harrier_slices_total"))
      detectionsPerSecond = rate(increase.counter("detection_count_total"))
    }
    let work = window.increase(over: Self.workSpan, atLeast: Self.workSpan)
    let busy = work?.counter("harrier_infer_request_seconds_total") { $0["state"] == "busy" }
    let all = work?.counter("harrier_infer_request_seconds_total")
    if let busy, let all, all > 0 { inferRequestUse = busy / all }

    guard let recent = window.increase(over: Self.rareSpan, atLeast: Self.workSpan) else { return }
    let images = recent.histogram("model_inference_time_seconds")
    meanImageSeconds = images?.mean
    imageSeconds95 = images?.quantile(0.95)
    let times = PipelineStage.allCases.map { stage in
      let time = recent.histogram("pipeline_stage_duration_seconds") {
        $0["stage"] == stage.rawValue
      }
      return (stage: stage.rawValue, seconds: time?.sum ?? 0)
    }
    let total = times.reduce(0) { $0 + $1.seconds }
    if total > 0 {
      stages = times.map { StageShare(stage: $0.stage, share: $0.seconds / total) }
    }
  }

  private mutating func readJobs(_ window: MetricsWindow, history: DashboardAnswer?) {
    let watched = window.increase(over: Self.rareSpan)
    func perMinute(_ status: String) -> Double? {
      guard let (increase, seconds) = watched else { return nil }
      return increase.counter("inference_jobs_total") { $0["status"] == status }
        .map { $0 * 60 / seconds }
    }
    // A job that ended within two seconds is no rate of thirty a minute.
    if let watched, watched.seconds >= Self.rareSpan / .seconds(1) {
      completedPerMinute = perMinute("completed")
      failedPerMinute = perMinute("failed")
    } else {
      completedPerMinute = history?.jobsPerMinute(\.completed) ?? perMinute("completed")
      failedPerMinute = history?.jobsPerMinute(\.failed) ?? perMinute("failed")
    }
    guard let now = window.latest?.metrics else { return }
    func mishaps(_ name: String) -> Mishaps? {
      now.counter(name).map {
        Mishaps(total: $0, recent: watched?.increase.counter(name) ?? 0)
      }
    }
    retries = mishaps("job_retries_total")
    storeErrors = mishaps("harrier_store_errors_total")
  }
}
