extension MetricCatalog {
  static let stores = [
    MetricDefinition(
      "harrier_store_operation_duration_seconds", .histogram(bounds: storeSeconds),
      labels: ["store", "operation"],
      "Time of one call of the database, the files or Redis, its waits included."),
    MetricDefinition(
      "harrier_store_errors_total", .counter, labels: ["store", "operation"],
      "Calls that a store did not do: it was down, slow, full or damaged."),
    MetricDefinition(
      "harrier_store_up", .gauge, labels: ["store"],
      "Whether what the service needs answers, as /health/ready sees it: 1 or 0."),
    MetricDefinition(
      "harrier_cache_requests_total", .counter, labels: ["cache", "result"],
      initial: ServiceMetrics.Cache.allCases.flatMap {
        [[$0.rawValue, "hit"], [$0.rawValue, "miss"]]
      },
      "Look-ups in the caches of status documents, in this process and in Redis, of loaded models, and of the files of registered ones."
    ),
  ]

  static let machine = [
    MetricDefinition(
      "cpu_usage_percent", .gauge,
      "Processor time of this process and its workers since the last look; 100 is one core."),
    MetricDefinition(
      "memory_usage_bytes", .gauge,
      "Resident memory of this process and its workers; shared pages count for each."),
    MetricDefinition(
      "harrier_disk_free_bytes", .gauge,
      "What is free for this process on the disk of the data folder."),
    MetricDefinition(
      "harrier_disk_size_bytes", .gauge, "Size of the disk of the data folder."),
    MetricDefinition(
      "harrier_spans_total", .counter, labels: ["outcome"], initial: [["exported"], ["dropped"]],
      "Spans of traces that the collector has taken, or that were given up."),
    MetricDefinition(
      "app_info", .gauge, labels: ["version"], "Always 1; the labels say what runs."),
  ]

  /// The standard names of Prometheus' client libraries.
  static let process = [
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
    MetricDefinition("process_threads", .gauge, "Threads of this process."),
  ]

  /// From a row in memory to a file of 50 MB on a slow network.
  private static let storeSeconds = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]
}
