import Foundation

extension TopState {
  /// The present as one line of `name=value`, for logs and scripts: the unit ends the name, `-` is unknown.
  public var plainLine: String {
    guard let look else { return "" }
    if let outage {
      return joined([
        ("time", outage.time.rfc3339), ("state", "no_answer"),
        ("since_seconds", number(outage.seconds, places: 0)),
        ("reason", quoted(outage.failure.words)),
      ])
    }
    var fields = [("time", look.time.rfc3339)]
    fields.append(("state", state(look)))
    fields += numbers
    if let problem = look.problems.first {
      fields.append(("problem", quoted("\(problem.name): \(problem.failure.words)")))
    }
    return joined(fields)
  }

  private var numbers: [(String, String)] {
    [
      ("queue", number(figures.queueLength, places: 0)),
      ("oldest_seconds", number(figures.oldestJobSeconds, places: 0)),
      ("processing", number(figures.processing, places: 0)),
      ("workers", number(figures.activeWorkers, places: 0)),
      ("workers_wanted", number(figures.wantedWorkers, places: 0)),
      ("completed_per_minute", number(figures.completedPerMinute, places: 2)),
      ("failed_per_minute", number(figures.failedPerMinute, places: 2)),
      ("images_per_second", number(figures.imagesPerSecond, places: 2)),
      ("slices_per_second", number(figures.slicesPerSecond, places: 2)),
      ("detections_per_second", number(figures.detectionsPerSecond, places: 2)),
      ("image_mean_seconds", number(figures.meanImageSeconds, places: 3)),
      ("image_p95_seconds", number(figures.imageSeconds95)),
      ("infer_use_percent", number(figures.inferRequestUse.map { $0 * 100 }, places: 0)),
      ("requests_per_second", number(figures.requestsPerSecond, places: 2)),
      ("errors_5xx_per_second", number(figures.serverErrorsPerSecond, places: 2)),
      ("latency_p50_seconds", number(figures.latencySeconds50)),
      ("latency_p95_seconds", number(figures.latencySeconds95)),
      ("in_bytes_per_second", number(figures.bytesInPerSecond, places: 0)),
      ("out_bytes_per_second", number(figures.bytesOutPerSecond, places: 0)),
      ("cpu_percent", number(figures.cpuPercent, places: 0)),
      ("memory_bytes", number(figures.memoryBytes, places: 0)),
      ("retries", number(figures.retries?.total, places: 0)),
      ("store_errors", number(figures.storeErrors?.total, places: 0)),
    ]
  }

  private func state(_ look: ServiceLook) -> String {
    switch look.readiness {
    case .success(.ready): "ready"
    case .success(.notReady(let message, let parts)):
      "not_ready reason="
        + quoted(
          parts.isEmpty
            ? message : parts.map { "\($0.name) \($0.problem)" }.joined(separator: ", "))
    case .failure: FigureText.unknown
    }
  }

  private func joined(_ fields: [(String, String)]) -> String {
    fields.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
  }

  private func number(_ value: Double?, places: Int) -> String {
    guard let value, value.isFinite else { return FigureText.unknown }
    return String(format: "%.\(places)f", value)
  }

  /// What lies above all buckets is the highest bound, with `+`.
  private func number(_ quantile: Quantile?) -> String {
    number(quantile?.value, places: 4) + (quantile?.isExceeded == true ? "+" : "")
  }

  private func quoted(_ text: String) -> String {
    "\"\(text.harmless.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }
}
