import Synchronization

/// All series of one metric; there is a limit to their number.
final class MetricFamily: Sendable {
  /// The label value that takes what comes after the limit.
  static let other = "other"
  /// Unicode scalars of one label value; the rest is cut.
  static let labelLimit = 128

  let definition: MetricDefinition
  private let seriesLimit: Int

  private struct State {
    var byLabels: [[String]: any MetricSeries] = [:]
    /// By label text, so that two scrapes read in one order.
    var sorted: [any MetricSeries] = []
  }
  private let state = Mutex(State())

  init(_ definition: MetricDefinition, seriesLimit: Int) {
    self.definition = definition
    self.seriesLimit = seriesLimit
    for values in definition.initial { _ = series(values) }
  }

  var allSeries: [any MetricSeries] { state.withLock { $0.sorted } }

  /// The series of label values in the order of the definition; nil when their number is another.
  func series(_ values: [String]) -> (any MetricSeries)? {
    guard values.count == definition.labels.count else { return nil }
    return state.withLock { state in
      if let known = state.byLabels[values] { return known }
      let cut = values.map { String($0.unicodeScalars.prefix(Self.labelLimit)) }
      let fitting =
        state.sorted.count < seriesLimit || state.byLabels[cut] != nil
        ? cut : values.map { _ in Self.other }
      if let known = state.byLabels[fitting] { return known }
      let series = makeSeries(fitting)
      state.byLabels[fitting] = series
      let place = state.sorted.firstIndex { $0.labelText > series.labelText }
      state.sorted.insert(series, at: place ?? state.sorted.count)
      return series
    }
  }

  /// The series of name and value pairs in any order; nil when their names are not the definition's.
  func series(_ dimensions: [(String, String)]) -> (any MetricSeries)? {
    guard dimensions.count == definition.labels.count else { return nil }
    let values = definition.labels.compactMap { label in
      dimensions.first { $0.0 == label }?.1
    }
    return series(values)
  }

  private func makeSeries(_ values: [String]) -> any MetricSeries {
    let text = zip(definition.labels, values)
      .map { "\($0)=\"\(escapedLabelValue($1))\"" }.joined(separator: ",")
    switch definition.kind {
    case .counter: return CounterSeries(labelText: text, labelValues: values)
    case .gauge: return GaugeSeries(labelText: text, labelValues: values)
    case .histogram(let bounds):
      return HistogramSeries(labelText: text, labelValues: values, bounds: bounds)
    }
  }
}

/// Backslash, quote and line end, as the text format 0.0.4 and PromQL have it.
func escapedLabelValue(_ value: String) -> String {
  var text = ""
  for scalar in value.unicodeScalars {
    switch scalar {
    case "\\": text += "\\\\"
    case "\"": text += "\\\""
    case "\n": text += "\\n"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text
}
