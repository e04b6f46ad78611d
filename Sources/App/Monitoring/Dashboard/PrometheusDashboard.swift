import Foundation
import Jobs
import Logging
import ObjectDetection

/// The dashboard of all processes, from what Prometheus has kept: the last hour, a point a minute.
actor PrometheusDashboard {
  static let interval = 60
  static let count = 60
  /// Averages and rates look back so far, as the service's own do.
  private static let window = "5m"
  /// How long an answer is shown: many may look at the same dashboard.
  private static let lifetime = Duration.seconds(5)
  /// How long a Prometheus that failed is left alone.
  private static let pauseWhenDown = Duration.seconds(10)

  private let queries: PrometheusQueries
  private let now: @Sendable () -> Date
  private let logger: Logger
  private var last: (time: Date, points: [DashboardPoint]?)?
  private var running: Task<[DashboardPoint]?, Never>?

  init(queries: PrometheusQueries, now: @escaping @Sendable () -> Date, logger: Logger) {
    self.queries = queries
    self.now = now
    self.logger = logger
  }

  /// Oldest first, the last one as of now; nil when Prometheus does not answer or knows nothing of the service.
  func points() async -> [DashboardPoint]? {
    if let last {
      let age = now().timeIntervalSince(last.time)
      let lifetime = last.points == nil ? Self.pauseWhenDown : Self.lifetime
      if (0..<lifetime.timeInterval).contains(age) { return last.points }
    }
    // Those who come together share one look.
    let task = running ?? Task { await look() }
    running = task
    return await task.value
  }

  private func look() async -> [DashboardPoint]? {
    let time = now()
    let wasDown = last.map { $0.points == nil } ?? false
    var points: [DashboardPoint]?
    do {
      points = try await read(at: time)
      if wasDown, points != nil { logger.info("Prometheus answers again") }
    } catch {
      if !wasDown {
        logger.warning(
          "The dashboard shows the service's own numbers: Prometheus fails",
          metadata: ["cause": "\(error)"])
      }
    }
    last = (time, points)
    running = nil
    return points
  }

  private func read(at time: Date) async throws -> [DashboardPoint]? {
    let q = queries
    let (window, minute) = (Self.window, "\(Self.interval)s")
    func increase(_ name: String, _ labels: String, _ range: String) -> String {
      "sum(increase(\(q.metric(name, labels))[\(range)]))"
    }
    let (completed, failed) = (#"status="completed""#, #"status="failed""#)
    async let queue = ask("max(\(q.metric("queue_length", #"queue="inference""#)))", time)
    async let workers = ask("max(\(q.metric("active_workers")))", time)
    async let processing = ask("max(\(q.metric("active_jobs")))", time)
    async let seconds = ask(
      increase("inference_duration_seconds_sum", "", window) + " / "
        + increase("inference_duration_seconds_count", "", window), time)
    async let rate = ask(
      "sum(rate(\(q.metric("inference_jobs_total", completed))[\(window)])) * 60", time)
    async let completedJobs = ask(increase("inference_jobs_total", completed, minute), time)
    async let failedJobs = ask(increase("inference_jobs_total", failed, minute), time)
    let (queued, active, running) = (try await queue, try await workers, try await processing)
    let (averages, rates) = (try await seconds, try await rate)
    let (ended, lost) = (try await completedJobs, try await failedJobs)
    // Before Prometheus scraped the service there is nothing to show.
    guard let first = queued.firstIndex(where: { $0 != nil }), queued[Self.count - 1] != nil
    else { return nil }
    return (first..<Self.count).map { index in
      DashboardPoint(
        time: time.addingTimeInterval(-Double((Self.count - 1 - index) * Self.interval)),
        queueLength: whole(queued[index]), activeWorkers: whole(active[index]),
        averageInferenceSeconds: averages[index], completionRate: max(0, rates[index] ?? 0),
        completed: whole(ended[index]), failed: whole(lost[index]),
        processing: whole(running[index]))
    }
  }

  private func ask(_ query: String, _ time: Date) async throws -> PrometheusQueries.Values {
    try await queries.values(of: query, until: time, step: Self.interval, count: Self.count)
  }

  /// Increases are interpolated between scrapes.
  private func whole(_ value: Double?) -> Int { Int(clamping: Int64(max(0, value ?? 0).rounded())) }
}
