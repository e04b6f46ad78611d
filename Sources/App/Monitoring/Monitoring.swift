import Logging
import ServiceLifecycle

/// What the service says about itself, and the task that keeps it up to date.
struct Monitoring: ServiceLifecycle.Service {
  let registry: MetricRegistry
  let gauges: ServiceGauges
  let dashboard: DashboardSampler
  let readiness: Readiness
  private let delays: DelaySampler

  init(
    service: Service, registry: MetricRegistry, version: String,
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.registry = registry
    readiness = Readiness(service: service, clock: clock)
    gauges = ServiceGauges(
      service: service, registry: registry, version: version, readiness: readiness, clock: clock)
    dashboard = DashboardSampler(service: service, registry: registry, clock: clock)
    delays = DelaySampler(metrics: service.metrics)
  }

  /// Samples the queue for the dashboard and the gauges, and how late work begins.
  func run() async {
    await cancelWhenGracefulShutdown {
      async let sampling: Void = delays.run()
      async let reading: Void = gauges.run()
      await dashboard.run()
      _ = await (sampling, reading)
    }
  }
}
