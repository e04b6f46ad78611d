extension SettingsTable {
  static let monitoring: [SettingDefinition] = [
    .optionalInteger(
      "workers_wanted", \.workersWanted, in: 0...100_000,
      "Worker processes that the installation should have, on all machines; an alert compares. Not set: those that this process starts."
    ),
    .optionalInteger(
      "metrics_port", \.metricsPort, in: 0...65535,
      "Where `harrier worker` serves `/metrics` and `/health/live`, on `host`; 0 takes a free port and logs it. Not set: nowhere. Workers that `harrier serve` starts hand it their numbers."
    ),
    .optionalText(
      "prometheus_url", \.prometheusURL, .url(of: ["http", "https"]), isSecret: true,
      "The Prometheus that scrapes the service, `http://127.0.0.1:9090`: the dashboard then shows what it has kept, of all processes. Not set: the numbers of this process."
    ),
    .texts(
      "prometheus_labels", \.prometheusLabels, .labelPair,
      "Labels of this installation there, `name=value` each, where one Prometheus scrapes several: `environment=production`."
    ),
    .optionalText(
      "otlp_endpoint", \.otlpEndpoint, .url(of: ["http", "https"]), isSecret: true,
      "Collector of traces, OTLP over HTTP: `http://127.0.0.1:4318`. Not set: no traces, which cost nothing then."
    ),
    .texts(
      "otlp_headers", \.otlpHeaders, .headerLine, isSecret: true,
      "Headers for the collector, `name=value` each, such as its key."),
    .number(
      "trace_sample_ratio", \.traceSampleRatio, in: 0...1,
      "Share of the traces that begin here and are kept; who sends a `traceparent` has decided for its own. All, since a job is seconds of work."
    ),
    .seconds(
      "slow_request_seconds", \.slowRequest, in: 0...3600,
      "Requests that take longer are logged with what they waited for; a poll takes a millisecond. Uploads, which last as long as their client sends, are left out."
    ),
    .seconds(
      "slow_image_seconds", \.slowImage, in: 0...86_400,
      "The same for images, in the worker's log, stage by stage. Hundreds of slices on few cores take so long."
    ),
  ]
}
