import Foundation
import ObjectDetection

/// What the service counts at one moment.
struct DashboardSample: Sendable, Equatable {
  var time: Date
  var queued: Int
  var processing: Int
  var workers: Int
  /// Jobs that ended since the process began.
  var completed: Int
  var failed: Int
  /// Number and sum of the durations of ended jobs since the process began.
  var durations: Int
  var durationSeconds: Double
}

/// What the dashboard shows of one moment.
struct DashboardPoint: Sendable, Equatable {
  var time: Date
  var queueLength: Int
  var activeWorkers: Int
  /// Of the jobs that ended in the last five minutes; nil when none did.
  var averageInferenceSeconds: Double?
  /// Completed jobs a minute, over the last five minutes.
  var completionRate: Double
  /// Since the point before; in the dashboard's head since the oldest point.
  var completed: Int
  var failed: Int
  var processing: Int
}

/// The last ten minutes of the service, from samples that are fed to it.
struct DashboardHistory: Sendable {
  static let interval = Duration.seconds(10)
  static let limit = 60
  /// Averages and rates look back so far: shorter jumps with each job, longer hides a change.
  private static let window: TimeInterval = 300
  /// Rates are not taken over less, or the first job after a start would count sixfold.
  private static let shortestWindow: TimeInterval = 60

  private(set) var points: [DashboardPoint] = []
  /// As many as points, and the one before the oldest of them.
  private var samples: [DashboardSample] = []

  mutating func add(_ sample: DashboardSample) {
    points.append(point(sample, since: samples.last))
    samples.append(sample)
    if points.count > Self.limit { points.removeFirst(points.count - Self.limit) }
    if samples.count > Self.limit + 1 { samples.removeFirst(samples.count - Self.limit - 1) }
  }

  /// The head of the dashboard: this moment, with the jobs that ended within the whole history.
  func present(_ sample: DashboardSample) -> DashboardPoint {
    point(sample, since: samples.first)
  }

  private func point(_ sample: DashboardSample, since before: DashboardSample?) -> DashboardPoint {
    let start =
      samples.first { sample.time.timeIntervalSince($0.time) <= Self.window } ?? sample
    let durations = sample.durations - start.durations
    let seconds = sample.durationSeconds - start.durationSeconds
    let minutes =
      max(sample.time.timeIntervalSince(start.time), Self.shortestWindow) / 60
    return DashboardPoint(
      time: sample.time, queueLength: sample.queued, activeWorkers: sample.workers,
      averageInferenceSeconds: durations > 0 ? seconds / Double(durations) : nil,
      completionRate: Double(sample.completed - start.completed) / minutes,
      completed: sample.completed - (before ?? sample).completed,
      failed: sample.failed - (before ?? sample).failed, processing: sample.processing)
  }

  /// The dashboard of this process.
  func dashboard(at sample: DashboardSample) -> Dashboard {
    Dashboard(
      source: .service, present: present(sample), points: points,
      interval: Int(Self.interval.components.seconds))
  }
}

/// What `GET /api/v1/monitoring/dashboard` shows.
struct Dashboard: Sendable, Equatable {
  /// Whose numbers they are.
  enum Source: String, Sendable {
    /// Those that this process has counted since it began.
    case service
    /// Those of all processes.
    case prometheus
  }

  var source: Source
  var present: DashboardPoint
  /// Oldest first.
  var points: [DashboardPoint]
  /// Seconds between two points.
  var interval: Int

  /// The newest point is the present one; the jobs that ended are those of all points.
  init?(fromPrometheus points: [DashboardPoint]) {
    guard var present = points.last else { return nil }
    present.completed = points.reduce(0) { $0 + $1.completed }
    present.failed = points.reduce(0) { $0 + $1.failed }
    self.init(
      source: .prometheus, present: present, points: points,
      interval: PrometheusDashboard.interval)
  }

  init(source: Source, present: DashboardPoint, points: [DashboardPoint], interval: Int) {
    self.source = source
    self.present = present
    self.points = points
    self.interval = interval
  }

  var document: String {
    Envelope.success { json in
      json.point(present)
      json.object("recent_jobs") { $0.jobs(present) }
      json.string("source", source.rawValue)
      json.string("version", harrierVersion)
      json.object("history") { json in
        json.integer("interval_seconds", interval)
        json.array("points") { json in
          for point in points {
            json.object { json in
              json.time("time", point.time)
              json.point(point)
              json.jobs(point)
            }
          }
        }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func point(_ point: DashboardPoint) {
    integer("queue_length", point.queueLength)
    integer("active_workers", point.activeWorkers)
    if let seconds = point.averageInferenceSeconds {
      number("average_inference_time_seconds", seconds, places: 3)
    } else {
      null("average_inference_time_seconds")
    }
    number("job_completion_rate", point.completionRate, places: 2)
  }

  fileprivate mutating func jobs(_ point: DashboardPoint) {
    integer("completed", point.completed)
    integer("failed", point.failed)
    integer("processing", point.processing)
  }
}
