import Jobs

/// Every metric of `/metrics`. Names and labels are the contract's; docs/metrics.md is compared by a test.
enum MetricCatalog {
  static let all = api + jobs + images + gauges + process

  private static let api = [
    MetricDefinition(
      "api_requests_total", .counter, labels: ["method", "endpoint", "status"],
      "Requests that were answered; endpoint is the template of the route."),
    MetricDefinition(
      "api_request_duration_seconds", .histogram(bounds: requestSeconds),
      labels: ["method", "endpoint"], "Time from a request's head to the head of its answer."),
    MetricDefinition("uploaded_files_total", .counter, "Files of accepted uploads."),
    MetricDefinition("uploaded_bytes_total", .counter, "Bytes of the files of accepted uploads."),
  ]

  private static let jobs = [
    MetricDefinition(
      "inference_jobs_total", .counter, labels: ["status"],
      initial: JobState.allCases.filter(\.isEnded).map { [$0.rawValue] },
      "Jobs that ended as completed, failed or cancelled."),
    MetricDefinition(
      "inference_duration_seconds", .histogram(bounds: [1, 5, 10, 30, 60, 120, 300, 600]),
      "Time from a job's first claim to its end."),
    MetricDefinition(
      "job_retries_total", .counter, labels: ["reason"],
      "Attempts that failed and were queued again; reason is the error code."),
    MetricDefinition(
      "harrier_refused_writes_total", .counter,
      "Attempts that ended because the worker held the job no longer: it was cancelled, or another worker has it."
    ),
  ]

  private static let images = [
    MetricDefinition(
      "model_inference_time_seconds", .histogram(bounds: imageSeconds), labels: ["model"],
      "Time to infer one image, all its slices included."),
    MetricDefinition(
      "pipeline_stage_duration_seconds", .histogram(bounds: stageSeconds), labels: ["stage"],
      initial: PipelineStage.allCases.map { [$0.rawValue] }, "Time of one stage of one image."),
    MetricDefinition(
      "slices_per_image", .histogram(bounds: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]),
      "Regions of one image that the model saw, the full image included."),
    MetricDefinition(
      "detections_per_image", .histogram(bounds: [0, 1, 5, 10, 50, 100, 500, 1000, 5000]),
      "Detections of one image."),
    MetricDefinition(
      "detection_count_total", .counter, labels: ["class"], "Detections by class name."),
  ]

  private static let gauges = [
    MetricDefinition("active_jobs", .gauge, "Jobs that a worker is processing."),
    MetricDefinition("active_workers", .gauge, "Worker processes that report to the store."),
    MetricDefinition(
      "harrier_worker_last_progress_seconds", .gauge,
      "Time since a living worker last got on with its work, of the one that has stood still longest."
    ),
    MetricDefinition(
      "queue_length", .gauge, labels: ["queue"], initial: [["inference"]],
      "Jobs that wait for a worker."),
    MetricDefinition(
      "cpu_usage_percent", .gauge,
      "Processor time of this process and its workers since the last look; 100 is one core."),
    MetricDefinition(
      "memory_usage_bytes", .gauge,
      "Resident memory of this process and its workers; shared pages count for each."),
    MetricDefinition(
      "app_info", .gauge, labels: ["version"], "Always 1; the labels say what runs."),
  ]

  /// The standard names of Prometheus' client libraries.
  private static let process = [
    MetricDefinition(
      "process_cpu_seconds_total", .counter, "Processor time of this process without its workers."),
    MetricDefinition(
      "process_resident_memory_bytes", .gauge,
      "Resident memory of this process without its workers."),
    MetricDefinition(
      "process_virtual_memory_bytes", .gauge, "Address space of this process without its workers."),
    MetricDefinition(
      "process_start_time_seconds", .gauge, "When this process started, since 1970."),
    MetricDefinition("process_open_fds", .gauge, "Open file descriptors of this process."),
    MetricDefinition("process_max_fds", .gauge, "How many file descriptors it may open."),
  ]

  /// From a status out of memory to `?wait=30` and large uploads.
  private static let requestSeconds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  ]
  /// From one small picture to a picture of 67 megapixels on few cores.
  private static let imageSeconds = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
  ]
  private static let stageSeconds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  ]
}
