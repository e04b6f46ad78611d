import Foundation
import ObjectDetection

/// The history in `GET /api/v1/monitoring/dashboard`, oldest point first.
struct DashboardAnswer: Sendable, Equatable {
  struct Point: Sendable, Equatable {
    var time: Date?
    var queueLength: Double?
    /// Completed jobs a minute.
    var completionRate: Double?
    /// Jobs that ended since the point before.
    var completed: Double?
    var failed: Double?
  }

  var points: [Point]

  /// - Throws: `SourceFailure` when there is no history in it.
  init(_ body: [UInt8]) throws(SourceFailure) {
    guard let points = try JSONValue(answer: body)["data"]?["history"]?["points"]?.elements else {
      throw SourceFailure.unexpected
    }
    self.points = points.map { point in
      Point(
        time: point["time"]?.time, queueLength: point["queue_length"]?.double,
        completionRate: point["job_completion_rate"]?.double,
        completed: point["completed"]?.double, failed: point["failed"]?.double)
    }
  }

  /// Jobs a minute that ended within a minute before the last point; nil while there is no span to count over.
  func jobsPerMinute(_ count: (Point) -> Double?) -> Double? {
    guard let end = points.last?.time else { return nil }
    let recent = points.drop { point in
      point.time.map { end.timeIntervalSince($0) > 60 } ?? true
    }
    guard let start = recent.first?.time, end > start else { return nil }
    // The first point's jobs ended before it.
    return recent.dropFirst().compactMap(count).reduce(0, +) * 60 / end.timeIntervalSince(start)
  }
}
