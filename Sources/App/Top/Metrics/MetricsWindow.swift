/// The scrapes of the last minute or so, to count from. Times are since any fixed moment.
struct MetricsWindow: Sendable {
  /// The longest span that is counted over.
  static let longest = Duration.seconds(60)
  /// So far lie the scrapes apart that are kept; a scrape of a busy service has some thousand series.
  private static let spacing = Duration.seconds(5)

  struct Scrape: Sendable {
    var at: Duration
    var metrics: ScrapedMetrics
  }

  private(set) var latest: Scrape?
  /// Before the latest, oldest first.
  private var earlier: [Scrape] = []
  /// The one before the latest.
  private var previous: Scrape?

  /// A service that was started anew has no past.
  mutating func add(_ metrics: ScrapedMetrics, at time: Duration) {
    let start = "process_start_time_seconds"
    if let latest, latest.metrics.gauge(start) != metrics.gauge(start) {
      self = MetricsWindow()
    }
    if let latest {
      previous = latest
      if earlier.last.map({ latest.at - $0.at >= Self.spacing }) ?? true { earlier.append(latest) }
    }
    latest = Scrape(at: time, metrics: metrics)
    // One that is old enough for the longest span stays.
    while earlier.count > 1, time - earlier[1].at >= Self.longest { earlier.removeFirst() }
  }

  /// What was counted over the shortest span of at least this length, or over the longest there is; nil while
  /// there is only one scrape.
  func increase(over length: Duration) -> (increase: MetricsIncrease, seconds: Double)? {
    guard let latest, let previous else { return nil }
    let starts = earlier + [previous]
    let start = starts.last { latest.at - $0.at >= length } ?? starts[0]
    let seconds = (latest.at - start.at) / .seconds(1)
    guard seconds > 0 else { return nil }
    return (MetricsIncrease(before: start.metrics, after: latest.metrics), seconds)
  }

  /// As `increase(over:)`, but since the start of the service while less than `enough` was watched.
  func increase(over length: Duration, atLeast enough: Duration) -> MetricsIncrease? {
    guard let latest else { return nil }
    if let (increase, seconds) = increase(over: length), seconds >= enough / .seconds(1) {
      return increase
    }
    return MetricsIncrease(before: nil, after: latest.metrics)
  }
}
