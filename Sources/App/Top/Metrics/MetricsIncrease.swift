/// What a service counted between two scrapes, or since its start.
///
/// A counter that fell was set back: all that it shows is new, as Prometheus' `increase` has it.
struct MetricsIncrease: Sendable {
  /// nil counts from the start of the service.
  let before: ScrapedMetrics?
  let after: ScrapedMetrics

  /// nil for a metric that the service does not know.
  func counter(
    _ name: String, where matches: (ScrapedMetrics.Labels) -> Bool = { _ in true }
  ) -> Double? {
    guard after.counter(name) != nil else { return nil }
    return (after.series[name] ?? [:]).reduce(0) { sum, entry in
      guard matches(entry.key), entry.value.isFinite else { return sum }
      return sum + gained(entry.value, since: before?.series[name]?[entry.key])
    }
  }

  /// All series of a histogram together; nil for one that the service does not know.
  func histogram(
    _ name: String, where matches: (ScrapedMetrics.Labels) -> Bool = { _ in true }
  ) -> HistogramIncrease? {
    guard after.hasHistogram(name) else { return nil }
    let (counts, sums, buckets) = (name + "_count", name + "_sum", name + "_bucket")
    let matching = (after.series[counts] ?? [:]).filter { matches($0.key) && $0.value.isFinite }
    // A series that was set back counts whole in each of its parts.
    let continued = Set(
      matching.filter { $0.value >= (before?.series[counts]?[$0.key] ?? .infinity) }.keys)
    var count = 0.0
    var sum = 0.0
    for (labels, value) in matching {
      let earlier = continued.contains(labels) ? before : nil
      count += gained(value, since: earlier?.series[counts]?[labels])
      sum += gained(after.series[sums]?[labels] ?? 0, since: earlier?.series[sums]?[labels])
    }
    var reached: [Double: Double] = [:]
    for (labels, value) in after.series[buckets] ?? [:] where value.isFinite {
      var own = labels
      guard let bound = own.removeValue(forKey: "le").flatMap({ Double($0) }), !bound.isNaN,
        matching[own] != nil
      else { continue }
      let earlier = continued.contains(own) ? before : nil
      reached[bound, default: 0] += gained(value, since: earlier?.series[buckets]?[labels])
    }
    return HistogramIncrease(count: count, sum: sum, reached: reached)
  }

  private func gained(_ value: Double, since earlier: Double?) -> Double {
    guard let earlier, earlier.isFinite, value >= earlier else { return max(0, value) }
    return value - earlier
  }
}
