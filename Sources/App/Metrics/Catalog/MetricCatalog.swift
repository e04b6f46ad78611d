import Jobs

/// Every metric of `/metrics`. Names and labels are the contract's, those beside it begin with `harrier_`;
/// docs/metrics.md is compared by a test.
enum MetricCatalog {
  /// Of an API process, which shows what its workers count too.
  static let all = api + queue + jobs + images + stores + machine + process

  /// Of a worker that no API process has started.
  static let worker =
    jobs + images + stores.filter { !apiOnly.contains($0.name) } + machine + process

  /// What a worker does not do.
  private static let apiOnly: Set = ["harrier_store_up"]

  private static let api = [
    MetricDefinition(
      "api_requests_total", .counter, labels: ["method", "endpoint", "status"],
      "Requests that were answered; endpoint is the template of the route."),
    MetricDefinition(
      "api_request_duration_seconds", .histogram(bounds: requestSeconds),
      labels: ["method", "endpoint"],
      "Time from a request's head to the head of its answer, without the time that a client asked to wait."
    ),
    MetricDefinition("uploaded_files_total", .counter, "Files of accepted uploads."),
    MetricDefinition("uploaded_bytes_total", .counter, "Bytes of the files of accepted uploads."),
    MetricDefinition(
      "harrier_request_body_bytes_total", .counter, "Bytes of request bodies that arrived."),
    MetricDefinition(
      "harrier_response_body_bytes_total", .counter, "Bytes of answers' bodies, event streams too."),
    MetricDefinition("harrier_open_connections", .gauge, "Connections of clients that are open."),
    MetricDefinition(
      "harrier_event_loop_delay_seconds", .histogram(bounds: delaySeconds), labels: ["executor"],
      initial: DelaySampler.Executor.allCases.map { [$0.rawValue] },
      "How late work begins that is due: on the network's event loops, and on the threads of tasks."
    ),
    MetricDefinition(
      "harrier_worker_restarts_total", .counter,
      "Worker processes of this one that ended by themselves and were started again."),
    MetricDefinition(
      "harrier_model_uploads_total", .counter, labels: ["outcome"],
      initial: ServiceMetrics.ModelUploadOutcome.allCases.map { [$0.rawValue] },
      "Models that were uploaded and are a version now, or were one already, or were refused, or failed."
    ),
    MetricDefinition(
      "harrier_shadows_total", .counter, labels: ["result"],
      initial: ServiceMetrics.ShadowEvent.allCases.map { [$0.rawValue] },
      "Jobs beside which a candidate was to be tried: shadows that were queued, compared or failed, and those that were not wanted then."
    ),
    MetricDefinition(
      "harrier_webhook_deliveries_total", .counter, labels: ["outcome"],
      initial: ServiceMetrics.webhookOutcomes.map { [$0] },
      "Attempts at webhooks that were delivered, will be retried, or failed for good."),
  ]

  /// Of the whole installation: each API process shows the same.
  private static let queue = [
    MetricDefinition(
      "harrier_model_versions", .gauge,
      "Versions of registered models; nothing while the store does not answer."),
    MetricDefinition("harrier_model_bytes", .gauge, "Bytes of their files in the file store."),
    MetricDefinition(
      "harrier_model_cache_bytes", .gauge,
      "Bytes of the files of registered models that the workers of this machine have fetched."),
    MetricDefinition("active_jobs", .gauge, "Jobs that a worker is processing."),
    MetricDefinition("active_workers", .gauge, "Worker processes that report to the store."),
    MetricDefinition(
      "harrier_workers_wanted", .gauge,
      "Worker processes that the installation should have: the setting workers_wanted."),
    MetricDefinition(
      "harrier_worker_last_progress_seconds", .gauge,
      "Time since a living worker last got on with its work, of the one that has stood still longest."
    ),
    MetricDefinition(
      "queue_length", .gauge, labels: ["queue"], initial: [["inference"]],
      "Jobs that wait for a worker, for their next attempt too."),
    MetricDefinition(
      "harrier_queue_oldest_job_seconds", .gauge, labels: ["queue"], initial: [["inference"]],
      "How long the job that has waited longest is due; 0 while none is."),
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
      "Attempts that failed or were lost, and whose job was taken up again; reason is the error code."
    ),
    MetricDefinition(
      "harrier_lease_renewals_total", .counter, labels: ["outcome"],
      initial: ServiceMetrics.LeaseOutcome.allCases.map { [$0.rawValue] },
      "Leases of jobs that were renewed, whose renewal failed and is tried again, or that were lost."
    ),
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
      "harrier_model_evictions_total", .counter,
      "Loaded models that made room for others: three stay, or as many as model_memory_bytes allows."
    ),
    MetricDefinition(
      "pipeline_stage_duration_seconds", .histogram(bounds: stageSeconds), labels: ["stage"],
      initial: PipelineStage.allCases.map { [$0.rawValue] }, "Time of one stage of one image."),
    MetricDefinition(
      "slices_per_image", .histogram(bounds: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]),
      "Regions of one image that the model saw, the full image included."),
    MetricDefinition(
      "harrier_slices_total", .counter,
      "Regions that the model has seen, while an image is worked on."),
    MetricDefinition(
      "detections_per_image", .histogram(bounds: [0, 1, 5, 10, 50, 100, 500, 1000, 5000]),
      "Detections of one image."),
    MetricDefinition(
      "detection_count_total", .counter, labels: ["class"],
      "Detections by class name; labels that only a request's map has are `other`."),
    MetricDefinition(
      "harrier_infer_request_seconds_total", .counter, labels: ["state"],
      initial: [["busy"], ["idle"]],
      "Time of the infer requests of loaded models; busy divided by both is their use."),
  ]

  /// From a status out of memory to large uploads.
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
  /// A poll takes a tenth of a millisecond; a loop that is a second late answers nobody.
  private static let delaySeconds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  ]
}
