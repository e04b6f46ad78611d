import Metrics
import NIOCore
import NIOPosix
import Testing

@testable import App

@Suite("DelaySampler")
struct DelaySamplerTests {
  @Test("both kinds of threads are measured until the task is cancelled")
  func measures() async throws {
    let registry = MetricRegistry()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let sampler = DelaySampler(metrics: ServiceMetrics(factory: registry), group: group)
    let clock = ContinuousClock()
    let start = clock.now
    let running = Task { await sampler.run() }
    let name = "harrier_event_loop_delay_seconds"
    func count(_ executor: DelaySampler.Executor) -> Int {
      let series = registry.family(name)?.series([executor.rawValue]) as? HistogramSeries
      return series?.totals.count ?? 0
    }
    // One sample of each loop, half a second after the start.
    while count(.eventLoop) < 2 || count(.tasks) < 2 { await Task.yield() }
    running.cancel()
    await running.value
    let samples = count(.eventLoop) + count(.tasks)
    // None of them was longer than all of it.
    #expect(
      registry.observations(name).sum <= Double(samples) * ((clock.now - start) / .seconds(1)))
    try await group.shutdownGracefully()
  }
}
