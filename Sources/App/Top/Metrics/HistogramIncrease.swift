/// What a histogram gained.
struct HistogramIncrease: Sendable, Equatable {
  struct Bucket: Sendable, Equatable {
    /// Upper bound, inclusive; the last one's is infinite.
    var bound: Double
    /// Observations up to the bound.
    var reached: Double
  }

  var count: Double
  var sum: Double
  /// By rising bounds.
  private(set) var buckets: [Bucket] = []

  /// - Parameter reached: observations up to each bound.
  init(count: Double, sum: Double, reached: [Double: Double]) {
    self.count = count
    self.sum = sum
    for (bound, value) in reached.sorted(by: { $0.key < $1.key }) {
      // Series with other bounds than the rest must not let the counts fall.
      buckets.append(Bucket(bound: bound, reached: max(value, buckets.last?.reached ?? 0)))
    }
  }

  /// nil where nothing was observed.
  var mean: Double? { count > 0 ? sum / count : nil }

  /// The value that a share of the observations does not pass, linear inside a bucket, as Prometheus'
  /// `histogram_quantile` has it. nil where nothing was observed.
  func quantile(_ share: Double) -> Quantile? {
    guard let total = buckets.last?.reached, total > 0 else { return nil }
    let rank = share * total
    guard let index = buckets.firstIndex(where: { $0.reached >= rank && $0.reached > 0 }) else {
      return nil
    }
    let bucket = buckets[index]
    let lower = index > 0 ? buckets[index - 1] : nil
    guard bucket.bound.isFinite else {
      return lower.map { Quantile(value: $0.bound, isExceeded: true) }
    }
    // The first bucket begins at 0, unless all of it lies below.
    guard lower != nil || bucket.bound > 0 else { return Quantile(value: bucket.bound) }
    let (start, before) = (lower?.bound ?? 0, lower?.reached ?? 0)
    let part = (rank - before) / (bucket.reached - before)
    return Quantile(value: start + (bucket.bound - start) * part)
  }
}

/// A quantile that was read from buckets.
struct Quantile: Sendable, Equatable {
  var value: Double
  /// It lies somewhere above `value`, the highest bound.
  var isExceeded = false
}
