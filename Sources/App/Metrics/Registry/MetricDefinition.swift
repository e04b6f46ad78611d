/// One metric: its name, what it counts, and how it may be told apart.
struct MetricDefinition: Sendable {
  enum Kind: Sendable, Equatable {
    case counter, gauge
    /// Upper bounds of the buckets, rising, without the last one, which has no bound.
    case histogram(bounds: [Double])

    /// As `# TYPE` names it.
    var name: String {
      switch self {
      case .counter: "counter"
      case .gauge: "gauge"
      case .histogram: "histogram"
      }
    }
  }

  let name: String
  let kind: Kind
  let labels: [String]
  /// One line, without an end.
  let help: String
  /// Label values that are shown from the start, so that a rate exists before the first event.
  let initial: [[String]]

  init(
    _ name: String, _ kind: Kind, labels: [String] = [], initial: [[String]] = [], _ help: String
  ) {
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
    self.initial = labels.isEmpty ? [[]] : initial
  }
}
