import App
import Backends
import Foundation
import Logging

/// What a process says about itself: its numbers and its traces.
struct Telemetry: Sendable {
  let registry: MetricRegistry
  let metrics: ServiceMetrics
  let traces: Traces
  /// nil where nothing is traced.
  let exporter: SpanExporter?
  let http = HTTPClientTransport()

  /// - Parameter service: `harrier` or `harrier-worker`, for those who read traces.
  init(_ settings: ServiceSettings, service: String, registry: MetricRegistry, logger: Logger) {
    self.registry = registry
    let metrics = ServiceMetrics(factory: registry)
    self.metrics = metrics
    guard let endpoint = settings.otlpEndpoint else {
      (traces, exporter) = (.off, nil)
      return
    }
    let headers = settings.otlpHeaders.map { header in
      let parts = header.split(separator: "=", maxSplits: 1).map(String.init)
      return (parts[0], parts.count == 2 ? parts[1] : "")
    }
    let exporter = SpanExporter(
      endpoint: endpoint, headers: Dictionary(headers) { $1 },
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
