import Logging
import ServiceLifecycle

/// What the service says about itself, and the task that keeps it up to date.
struct Monitoring: ServiceLifecycle.Service {
  let registry: MetricRegistry
  let gauges: ServiceGauges
  let dashboard: DashboardSampler
  let readiness: Readiness

  init(
    service: Service, registry: MetricRegistry, version: String,
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.registry = registry
    gauges = ServiceGauges(service: service, registry: registry, version: version, clock: clock)
    dashboard = DashboardSampler(service: service, registry: registry, clock: clock)
    readiness = Readiness(service: service, clock: clock)
  }

  /// Samples the queue for the dashboard.
  func run() async {
    await cancelWhenGracefulShutdown { await dashboard.run() }
  }
}
