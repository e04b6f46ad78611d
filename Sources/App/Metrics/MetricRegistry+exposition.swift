extension MetricRegistry {
  /// The Content-Type of `exposition()`.
  static let expositionType = "text/plain; version=0.0.4; charset=utf-8"

  /// All metrics in Prometheus' text format 0.0.4: the catalog's order, series sorted by their labels.
  /// https://prometheus.io/docs/instrumenting/exposition_formats/
  func exposition() -> String {
    var text = ""
    text.reserveCapacity(1 << 16)
    for family in families {
      let definition = family.definition
      text += "# HELP \(definition.name) \(escapedHelp(definition.help))\n"
      text += "# TYPE \(definition.name) \(definition.kind.name)\n"
      for series in family.allSeries { append(series, of: definition, to: &text) }
    }
    return text
  }

  private func append(
    _ series: any MetricSeries, of definition: MetricDefinition, to text: inout String
  ) {
    let name = definition.name
    let labels = series.labelText
    switch series {
    case let counter as CounterSeries: sample(name, labels, number(counter.value), &text)
    case let gauge as GaugeSeries:
      let value = gauge.value
      if !value.isNaN { sample(name, labels, number(value), &text) }
    case let histogram as HistogramSeries:
      guard case .histogram(let bounds) = definition.kind else { return }
      let totals = histogram.totals
      let before = labels.isEmpty ? "" : labels + ","
      var reached = 0
      for (bound, count) in zip(bounds.map(number) + ["+Inf"], totals.counts) {
        reached += count
        sample(name + "_bucket", "\(before)le=\"\(bound)\"", String(reached), &text)
      }
      sample(name + "_sum", labels, number(totals.sum), &text)
      sample(name + "_count", labels, String(reached), &text)
    default: return
    }
  }

  private func sample(_ name: String, _ labels: String, _ value: String, _ text: inout String) {
    text += name
    if !labels.isEmpty {
      text += "{"
      text += labels
      text += "}"
    }
    text += " "
    text += value
    text += "\n"
  }
}

/// Whole numbers without a fraction, as long as a double holds them exactly.
private func number(_ value: Double) -> String {
  if value == .infinity { return "+Inf" }
  if value == -.infinity { return "-Inf" }
  return value == value.rounded() && abs(value) < 0x1p53 ? String(Int64(value)) : "\(value)"
}

private func escapedHelp(_ text: String) -> String {
  text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
}
