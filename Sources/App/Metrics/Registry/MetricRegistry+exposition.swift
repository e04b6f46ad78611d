/// How metrics are written.
enum ExpositionFormat: Sendable {
  /// Prometheus' text format 0.0.4.
  case text
  /// OpenMetrics 1.0.0, with exemplars.
  case openMetrics

  var contentType: String {
    switch self {
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// What a scraper asks for by `Accept`: OpenMetrics when it is named with a weight no lower than that of
  /// the text format, else the text format.
  init(accepting header: String?) {
    var weights = (openMetrics: 0.0, text: 0.0)
    for part in (header ?? "").prefix(2000).split(separator: ",") {
      let fields = part.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
      let weight =
        fields.dropFirst().first { $0.hasPrefix("q=") }
        .flatMap { Double($0.dropFirst(2)) } ?? 1
      let version = fields.first { $0.hasPrefix("version=") }?.dropFirst(8)
      switch fields.first {
      case "application/openmetrics-text":
        // Later versions of it have another syntax.
        if version == nil || version == "1.0.0" || version == "0.0.1" {
          weights.openMetrics = max(weights.openMetrics, weight)
        }
      case "text/plain", "text/*", "*/*": weights.text = max(weights.text, weight)
      default: break
      }
    }
    self = weights.openMetrics > 0 && weights.openMetrics >= weights.text ? .openMetrics : .text
  }
}

extension MetricRegistry {
  /// All metrics, in the catalog's order, series sorted by their labels.
  ///
  /// https://prometheus.io/docs/instrumenting/exposition_formats/,
  /// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
  func exposition(_ format: ExpositionFormat = .text) -> String {
    var text = ""
    text.reserveCapacity(1 << 16)
    for family in families {
      let definition = family.definition
      let name = format == .text ? definition.name : definition.familyName
      text += "# HELP \(name) \(escapedHelp(definition.help, format))\n"
      text += "# TYPE \(name) \(definition.kind.name)\n"
      for series in family.allSeries { append(series, of: definition, format, to: &text) }
    }
    if format == .openMetrics { text += "# EOF\n" }
    return text
  }

  private func append(
    _ series: any MetricSeries, of definition: MetricDefinition, _ format: ExpositionFormat,
    to text: inout String
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
      let exemplars = format == .openMetrics ? histogram.exemplars : [:]
      let starts = histogram.lineStarts(format) {
        LineStarts(
          name: name, labels: labels,
          bounds: bounds.map { bucketBound($0, format) } + ["+Inf"])
      }
      var reached = 0
      for (index, count) in totals.counts.enumerated() {
        reached += count
        text += starts.buckets[index]
        text += String(reached)
        if let exemplar = exemplars[index] { text += exemplarText(exemplar) }
        text += "\n"
      }
      text += starts.sum
      text += number(totals.sum)
      text += "\n"
      text += starts.count
      text += String(reached)
      text += "\n"
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

extension MetricDefinition {
  /// OpenMetrics names a counter's family without the ending of its samples.
  fileprivate var familyName: String {
    kind == .counter && name.hasSuffix("_total") ? String(name.dropLast(6)) : name
  }
}

/// OpenMetrics wants bounds to look like the numbers that they are.
private func bucketBound(_ bound: Double, _ format: ExpositionFormat) -> String {
  format == .text ? number(bound) : "\(bound)"
}

private func exemplarText(_ exemplar: Exemplar) -> String {
  let seconds = (exemplar.time * 1000).rounded() / 1000
  return " # {trace_id=\"\(exemplar.traceID)\"} \(number(exemplar.value)) \(number(seconds))"
}

/// Whole numbers without a fraction, as long as a double holds them exactly.
private func number(_ value: Double) -> String {
  if value == .infinity { return "+Inf" }
  if value == -.infinity { return "-Inf" }
  return value == value.rounded() && abs(value) < 0x1p53 ? String(Int64(value)) : "\(value)"
}

/// The text format escapes no quote in a help line, OpenMetrics does.
private func escapedHelp(_ text: String, _ format: ExpositionFormat) -> String {
  let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
  return format == .text ? escaped : escaped.replacing("\"", with: "\\\"")
}
