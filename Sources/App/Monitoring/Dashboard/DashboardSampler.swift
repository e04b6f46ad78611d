import Foundation
import Jobs
import Logging
import Synchronization

/// Feeds the dashboard's history: the queue from the store, what has ended from the registry. (The store's
/// own totals fall when old uploads are deleted.)
final class DashboardSampler: Sendable {
  private let jobs: any JobStore
  private let registry: MetricRegistry
  /// A worker that has said nothing for so long counts as dead.
  private let silence: Duration
  private let now: @Sendable () -> Date
  private let clock: any Clock<Duration>
  private let logger: Logger
  private let history = Mutex(DashboardHistory())
  /// nil where no Prometheus is configured.
  private let prometheus: PrometheusDashboard?

  init(service: Service, registry: MetricRegistry, clock: any Clock<Duration>) {
    jobs = service.jobs
    self.registry = registry
    silence = service.settings.jobLease
    now = service.now
    self.clock = clock
    logger = service.logger
    let settings = service.settings
    prometheus = settings.prometheusURL
      .flatMap { url in
        service.http.flatMap {
          PrometheusQueries(url: url, labels: settings.prometheusLabels, transport: $0)
        }
      }
      .map { PrometheusDashboard(queries: $0, now: service.now, logger: service.logger) }
  }

  var points: [DashboardPoint] { history.withLock { $0.points } }

  /// The answer of the dashboard, as of now.
  /// - Throws: what the store throws.
  func document() async throws -> String {
    if let points = await prometheus?.points(), let dashboard = Dashboard(fromPrometheus: points) {
      return dashboard.document
    }
    let sample = try await sample()
    return history.withLock { $0 }.dashboard(at: sample).document
  }

  /// Adds a sample every ten seconds until it is cancelled. A store that does not answer leaves a gap.
  func run() async {
    var isDown = false
    while !Task.isCancelled {
      do {
        let sample = try await sample()
        history.withLock { $0.add(sample) }
        isDown = false
      } catch is CancellationError {
        return
      } catch {
        if !isDown { logger.warning("The dashboard has no numbers of the queue", error: error) }
        isDown = true
      }
      do { try await clock.sleep(for: DashboardHistory.interval) } catch { return }
    }
  }

  private func sample() async throws -> DashboardSample {
    let counts = try await jobs.counts()
    let time = now()
    let workers = try await jobs.workerCount(since: time - silence.timeInterval)
    let durations = registry.observations("inference_duration_seconds")
    let ended = { [registry] (state: JobState) in
      Int(registry.counter("inference_jobs_total", [state.rawValue]))
    }
    return DashboardSample(
      time: time, queued: counts.queued, processing: counts.processing,
      workers: workers, completed: ended(.completed), failed: ended(.failed),
      durations: durations.count, durationSeconds: durations.sum)
  }
}
