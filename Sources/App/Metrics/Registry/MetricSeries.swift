import Metrics
import Synchronization

/// One metric with one set of label values. A short lock each: recorders of different series never meet.
protocol MetricSeries: AnyObject, Sendable {
  /// `method="GET",status="200"`, escaped.
  var labelText: String { get }
  var labelValues: [String] { get }
}

/// A number that only rises.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
  let labelText: String
  let labelValues: [String]
  /// `taken` is the part that an earlier delta has reported.
  private let state = Mutex((value: 0.0, taken: 0.0))

  init(labelText: String, labelValues: [String]) {
    self.labelText = labelText
    self.labelValues = labelValues
  }

  var value: Double { state.withLock { $0.value } }

  func increment(by amount: Int64) { increment(by: Double(amount)) }

  func increment(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    state.withLock { $0.value += amount }
  }

  func reset() { state.withLock { $0 = (value: 0, taken: 0) } }

  /// What was added since the last call.
  func take() -> Double {
    state.withLock { state in
      let added = state.value - state.taken
      state.taken = state.value
      return added
    }
  }
}

/// A number that rises and falls. It is not shown while it is not a number, which says that it is unknown.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
  let labelText: String
  let labelValues: [String]
  private let state = Mutex(Double.nan)

  init(labelText: String, labelValues: [String]) {
    self.labelText = labelText
    self.labelValues = labelValues
  }

  var value: Double { state.withLock { $0 } }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { state.withLock { $0 = value } }
  func increment(by amount: Double) {
    state.withLock { $0 = ($0.isNaN ? 0 : $0) + amount }
  }
  func decrement(by amount: Double) { increment(by: -amount) }
  func record(_ value: Int64) { set(value) }
  func record(_ value: Double) { set(value) }
}

/// One observation of a bucket, and the trace that it belongs to.
struct Exemplar: Sendable, Equatable {
  /// Hexadecimal.
  var traceID: String
  var value: Double
  /// Seconds since 1970.
  var time: Double
}

/// What the lines of a histogram begin with: all but their numbers.
struct LineStarts: Sendable {
  let buckets: [String]
  let sum, count: String

  init(name: String, labels: String, bounds: [String]) {
    let before = labels.isEmpty ? "" : labels + ","
    let after = labels.isEmpty ? " " : "{\(labels)} "
    buckets = bounds.map { "\(name)_bucket{\(before)le=\"\($0)\"} " }
    sum = "\(name)_sum\(after)"
    count = "\(name)_count\(after)"
  }
}

/// Observations by size, and their sum.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
  /// `counts` has one place more than there are bounds: what passes all of them.
  struct Totals: Sendable, Equatable {
    var counts: [Int]
    var sum: Double

    var count: Int { counts.reduce(0, +) }
  }

  private struct State {
    /// Of its lines, by the format: they are most of what a scrape costs.
    var lineStarts: [ExpositionFormat: LineStarts] = [:]
    var totals: Totals
    /// The part that an earlier delta has reported.
    var taken: Totals
    /// The newest of each bucket; empty while there was none.
    var exemplars: [Int: Exemplar] = [:]
    /// That no delta has reported.
    var newExemplar: Exemplar?
  }

  let labelText: String
  let labelValues: [String]
  private let bounds: [Double]
  private let state: Mutex<State>

  init(labelText: String, labelValues: [String], bounds: [Double]) {
    self.labelText = labelText
    self.labelValues = labelValues
    self.bounds = bounds
    let none = Totals(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0)
    state = Mutex(State(totals: none, taken: none))
  }

  var totals: Totals { state.withLock { $0.totals } }

  func lineStarts(_ format: ExpositionFormat, _ make: () -> LineStarts) -> LineStarts {
    state.withLock { state in
      if let known = state.lineStarts[format] { return known }
      let made = make()
      state.lineStarts[format] = made
      return made
    }
  }

  /// By bucket.
  var exemplars: [Int: Exemplar] { state.withLock { $0.exemplars } }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) { record(value, exemplar: nil) }

  func record(_ value: Double, exemplar: Exemplar?) {
    // A negative value would let the sum fall, which readers take for a restart.
    guard value >= 0, value.isFinite else { return }
    let index = bucket(of: value)
    state.withLock { state in
      state.totals.counts[index] += 1
      state.totals.sum += value
      if let exemplar {
        state.exemplars[index] = exemplar
        state.newExemplar = exemplar
      }
    }
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) * 1e-9) }

  private func bucket(of value: Double) -> Int {
    bounds.firstIndex { value <= $0 } ?? bounds.count
  }

  /// What was added since the last call; nil when nothing was.
  func take() -> (totals: Totals, exemplar: Exemplar?)? {
    state.withLock { state in
      guard state.totals != state.taken else { return nil }
      let added = Totals(
        counts: zip(state.totals.counts, state.taken.counts).map { $0 - $1 },
        sum: max(0, state.totals.sum - state.taken.sum))
      state.taken = state.totals
      defer { state.newExemplar = nil }
      return (added, state.newExemplar)
    }
  }

  func add(_ added: Totals, exemplar: Exemplar?) {
    state.withLock { state in
      for (index, count) in added.counts.enumerated() { state.totals.counts[index] += count }
      state.totals.sum += added.sum
      if let exemplar { state.exemplars[bucket(of: exemplar.value)] = exemplar }
    }
  }
}
