import Foundation
import ObjectDetection
import Synchronization

/// Why a line of another process's numbers was not added.
enum MetricsDeltaError: Error, Equatable {
  /// No JSON of the right shape, or a value that no registry writes.
  case malformed(String)
  /// The line was added before, or one that followed it.
  case repeated
}

/// What a registry keeps to give and to take deltas.
struct DeltaState: Sendable {
  /// Names this registry to those that add its lines: a restarted process has another one.
  let source = String(UInt64.random(in: 0...UInt64.max), radix: 36)
  var sequence = 0
  /// The last line added of each source, oldest source first.
  var added: [(source: String, sequence: Int)] = []
}

/// A worker is a process of its own. It prints what its counters and histograms gained since its last line;
/// the API process adds it to its own, so that no sum ever falls when a worker is restarted.
extension MetricRegistry {
  /// Bytes of one line; two metrics with all series and long label values stay below.
  static let deltaLimit = 4 << 20
  /// Sources whose last line is remembered.
  static let sourceLimit = 256

  /// What counters and histograms gained since the last call, as one line of JSON without its end; nil when
  /// nothing. Gauges are not in it. A line that is not delivered is lost, never counted twice.
  public func takeDelta() -> String? {
    // The lock spans the taking, so that lines are numbered in the order of what they hold.
    deltas.withLock { state in
      var (counters, histograms): ([String], [String]) = ([], [])
      for family in families {
        for series in family.allSeries {
          if let counter = series as? CounterSeries {
            let added = counter.take()
            if added > 0 { counters.append(member(family, series) { $0.raw("value", "\(added)") }) }
          } else if let added = (series as? HistogramSeries)?.take() {
            histograms.append(
              member(family, series) { json in
                json.array("counts") { json in added.totals.counts.forEach { json.element($0) } }
                json.raw("sum", "\(added.totals.sum)")
                if let exemplar = added.exemplar {
                  json.object("exemplar") { json in
                    json.string("trace", exemplar.traceID)
                    json.raw("value", "\(exemplar.value)")
                    json.raw("time", "\(exemplar.time)")
                  }
                }
              })
          }
        }
      }
      guard !counters.isEmpty || !histograms.isEmpty else { return nil }
      state.sequence += 1
      var json = JSONWriter()
      json.object { json in
        json.string("source", state.source)
        json.integer("sequence", state.sequence)
        json.raw("counters", "[\(counters.joined(separator: ","))]")
        json.raw("histograms", "[\(histograms.joined(separator: ","))]")
      }
      return json.text
    }
  }

  private func member(
    _ family: MetricFamily, _ series: any MetricSeries, _ value: (inout JSONWriter) -> Void
  ) -> String {
    var json = JSONWriter()
    json.object { json in
      json.string("name", family.definition.name)
      json.array("labels") { json in series.labelValues.forEach { json.element($0) } }
      value(&json)
    }
    return json.text
  }

  /// Adds a line of another registry's `takeDelta()`, all of it or nothing. Names that this registry does
  /// not know are passed over: the other process may be newer.
  /// - Throws: when the line is malformed, too long, or was added before.
  public func add(delta line: some StringProtocol) throws {
    guard line.utf8.count <= Self.deltaLimit else {
      throw MetricsDeltaError.malformed("more than \(Self.deltaLimit) bytes")
    }
    let delta: Delta
    do {
      delta = try JSONDecoder().decode(Delta.self, from: Data(line.utf8))
    } catch {
      throw MetricsDeltaError.malformed("\(error)")
    }
    let changes = try changes(of: delta)
    try deltas.withLock { state in
      if let index = state.added.firstIndex(where: { $0.source == delta.source }) {
        guard delta.sequence > state.added[index].sequence else { throw MetricsDeltaError.repeated }
        state.added.remove(at: index)
      }
      state.added.append((delta.source, delta.sequence))
      if state.added.count > Self.sourceLimit { state.added.removeFirst() }
    }
    for change in changes { change() }
  }

  /// What is to be done once the whole delta has passed.
  private func changes(of delta: Delta) throws -> [() -> Void] {
    guard delta.sequence > 0, (1...64).contains(delta.source.utf8.count) else {
      throw MetricsDeltaError.malformed("no source or sequence")
    }
    var changes: [() -> Void] = []
    for counter in delta.counters {
      guard isSane(counter.value) else {
        throw MetricsDeltaError.malformed("\(counter.name) gains \(counter.value)")
      }
      guard let family = family(counter.name) else { continue }
      guard case .counter = family.definition.kind, fits(counter.labels, family) else {
        throw MetricsDeltaError.malformed("\(counter.name) is another metric here")
      }
      changes.append {
        (family.series(counter.labels) as? CounterSeries)?.increment(by: counter.value)
      }
    }
    for histogram in delta.histograms {
      guard isSane(histogram.sum), histogram.counts.allSatisfy({ isSane(Double($0)) }) else {
        throw MetricsDeltaError.malformed("\(histogram.name) gains what cannot be")
      }
      guard let family = family(histogram.name) else { continue }
      guard case .histogram(let bounds) = family.definition.kind, fits(histogram.labels, family),
        histogram.counts.count == bounds.count + 1
      else { throw MetricsDeltaError.malformed("\(histogram.name) is another metric here") }
      let added = HistogramSeries.Totals(counts: histogram.counts, sum: histogram.sum)
      let exemplar = histogram.exemplar?.sound
      changes.append {
        (family.series(histogram.labels) as? HistogramSeries)?.add(added, exemplar: exemplar)
      }
    }
    return changes
  }

  /// 10^15 keeps ten thousand lines below what integers and doubles hold exactly.
  private func isSane(_ value: Double) -> Bool { value >= 0 && value <= 1e15 }

  private func fits(_ labels: [String], _ family: MetricFamily) -> Bool {
    labels.count == family.definition.labels.count
  }
}

private struct Delta: Decodable {
  struct Counter: Decodable {
    let name: String
    let labels: [String]
    let value: Double
  }
  struct Histogram: Decodable {
    let name: String
    let labels: [String]
    let counts: [Int]
    let sum: Double
    let exemplar: Example?
  }
  struct Example: Decodable {
    let trace: String
    let value: Double
    let time: Double

    /// nil for one that would not be read where it is shown.
    var sound: Exemplar? {
      guard trace.count == 32, trace.allSatisfy(\.isHexDigit), value >= 0, value.isFinite,
        time.isFinite
      else { return nil }
      return Exemplar(traceID: trace, value: value, time: time)
    }
  }
  let source: String
  let sequence: Int
  let counters: [Counter]
  let histograms: [Histogram]
}
