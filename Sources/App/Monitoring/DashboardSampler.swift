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

  init(service: Service, registry: MetricRegistry, clock: any Clock<Duration>) {
    jobs = service.jobs
    self.registry = registry
    silence = service.settings.jobLease
    now = service.now
    self.clock = clock
    logger = service.logger
  }

  var points: [DashboardPoint] { history.withLock { $0.points } }

  /// The answer of the dashboard, as of now.
  /// - Throws: what the store throws.
  func document() async throws -> String {
    let sample = try await sample()
    return history.withLock { $0 }.document(at: sample)
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
    let counts = try await jobs.counts().byState
    let time = now()
    let workers = try await jobs.workerCount(since: time - silence.timeInterval)
    let durations = registry.observations("inference_duration_seconds")
    let ended = { [registry] (state: JobState) in
      Int(registry.counter("inference_jobs_total", [state.rawValue]))
    }
    return DashboardSample(
      time: time, queued: counts[.queued] ?? 0, processing: counts[.processing] ?? 0,
      workers: workers, completed: ended(.completed), failed: ended(.failed),
      durations: durations.count, durationSeconds: durations.sum)
  }
}
