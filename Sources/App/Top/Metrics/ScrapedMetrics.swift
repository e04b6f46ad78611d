/// What one scrape of `/metrics` held.
struct ScrapedMetrics: Sendable, Equatable {
  /// Names and values that tell a series from the others of its metric.
  typealias Labels = [String: String]

  /// By the name of the sample: those of a histogram end with `_bucket`, `_sum` and `_count`.
  private(set) var series: [String: [Labels: Double]] = [:]
  /// What `# TYPE` says of a metric, by its name.
  private(set) var kinds: [String: String] = [:]
  /// Lines that are neither sample, comment nor empty.
  private(set) var malformedLines = 0

  mutating func add(_ name: String, _ labels: Labels, _ value: Double) {
    series[name, default: [:]][labels] = value
  }

  mutating func add(kind: String, of name: String) { kinds[name] = kind }

  mutating func addMalformedLine() { malformedLines += 1 }

  /// The sum of a gauge's series with these labels; nil where there is none, which says that it is unknown.
  func gauge(_ name: String, _ labels: Labels = [:]) -> Double? {
    let values = (series[name] ?? [:])
      .filter { entry in labels.allSatisfy { entry.key[$0.key] == $0.value } }
      .values.filter(\.isFinite)
    return values.isEmpty ? nil : values.reduce(0, +)
  }

  /// The sum of a counter's series. A metric that has not counted anything yet may have none: 0.
  /// nil for one that the service does not know.
  func counter(_ name: String) -> Double? {
    guard let values = series[name]?.values else { return kinds[name] == nil ? nil : 0 }
    return values.filter(\.isFinite).reduce(0, +)
  }

  /// The values that a label has, sorted.
  func values(of label: String, in name: String) -> [String] {
    Set((series[name] ?? [:]).keys.compactMap { $0[label] }).sorted()
  }

  func hasHistogram(_ name: String) -> Bool {
    kinds[name] != nil || series[name + "_count"] != nil
  }
}
