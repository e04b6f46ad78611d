import App
import Logging

/// What a process says about itself: its numbers and its traces.
struct Telemetry: Sendable {
  let registry: MetricRegistry
  let metrics: ServiceMetrics
  let traces: Traces
  /// nil where nothing is traced.
  let exporter: SpanExporter?
  let http = Services.httpTransport

  /// - Parameter service: `harrier` or `harrier-worker`, for those who read traces.
  init(_ settings: ServiceSettings, service: String, registry: MetricRegistry, logger: Logger) {
    self.registry = registry
    let metrics = ServiceMetrics(factory: registry)
    self.metrics = metrics
    guard let endpoint = settings.otlpEndpoint else {
      (traces, exporter) = (.off, nil)
      return
    }
    let exporter = SpanExporter(
      endpoint: endpoint, headers: settings.otlpHeadersByName,
      resource: .current(serviceName: service), transport: http, logger: logger
    ) { exported, dropped in
      metrics.spans(exported: exported, dropped: dropped)
    }
    self.exporter = exporter
    traces = Traces(OTLPTracer(exporter: exporter, sampleRatio: settings.traceSampleRatio))
  }

  func observer(_ store: String, system: String) -> StoreObserver {
    StoreObserver(store, system: system, metrics: metrics, traces: traces)
  }
}
