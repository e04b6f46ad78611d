public import Metrics
import Synchronization

/// The numbers of one process, behind swift-metrics and for `/metrics`.
///
/// It holds the metrics of its catalog and no others: what libraries measure under other names or labels is
/// left out, so that docs/metrics.md describes all that a scrape returns.
public final class MetricRegistry: MetricsFactory, Sendable {
  /// In the order of the catalog.
  let families: [MetricFamily]
  private let byName: [String: MetricFamily]
  let deltas = Mutex(DeltaState())

  /// Registers the service's metrics. At most 1000 series each; further ones are counted as `other`.
  public convenience init() { self.init(catalog: MetricCatalog.all) }

  /// What a worker counts.
  public static func ofWorker() -> MetricRegistry { MetricRegistry(catalog: MetricCatalog.worker) }

  init(catalog: [MetricDefinition], seriesLimit: Int = 1000) {
    families = catalog.map { MetricFamily($0, seriesLimit: seriesLimit) }
    byName = Dictionary(uniqueKeysWithValues: families.map { ($0.definition.name, $0) })
  }

  func family(_ name: String) -> MetricFamily? { byName[name] }

  /// The value of a counter; 0 for one that is not there.
  func counter(_ name: String, _ values: [String] = []) -> Double {
    (byName[name]?.series(values) as? CounterSeries)?.value ?? 0
  }

  /// Number and sum of a histogram's observations over all its series.
  func observations(_ name: String) -> (count: Int, sum: Double) {
    let totals = byName[name]?.allSeries.compactMap { ($0 as? HistogramSeries)?.totals } ?? []
    return (totals.reduce(0) { $0 + $1.count }, totals.reduce(0) { $0 + $1.sum })
  }

  public func makeCounter(
    label: String, dimensions: [(String, String)]
  ) -> any CounterHandler {
    series(label, dimensions) as? any CounterHandler ?? NOOPMetricsHandler.instance
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    series(label, dimensions) as? any FloatingPointCounterHandler ?? NOOPMetricsHandler.instance
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions) as? any MeterHandler ?? NOOPMetricsHandler.instance
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    series(label, dimensions) as? any RecorderHandler ?? NOOPMetricsHandler.instance
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, dimensions) as? any TimerHandler ?? NOOPMetricsHandler.instance
  }

  // A series lives as long as the registry: a counter that vanished would come back lower.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}

  private func series(_ name: String, _ dimensions: [(String, String)]) -> (any MetricSeries)? {
    byName[name]?.series(dimensions)
  }
}
