import Foundation
import Jobs
import Logging
import Synchronization
import TestSupport
import Testing
import Tracing

@testable import App

/// Takes the spans of a tracer when they end.
final class SpanSink: Sendable {
  private let all = Mutex<[SpanRecord]>([])

  var spans: [SpanRecord] { all.withLock { $0 } }
  var names: [String] { spans.map(\.name) }

  func span(_ name: String) -> SpanRecord? { spans.first { $0.name == name } }

  func take(_ span: SpanRecord) { all.withLock { $0.append(span) } }

  /// Its ids are 1, 2, 3 ... as numbers of 64 bits, and its clocks stand where `time` does.
  func tracer(sampleRatio: Double = 1, time: ManualTime = ManualTime()) -> OTLPTracer {
    OTLPTracer(sampleRatio: sampleRatio, source: .counting(time)) { self.take($0) }
  }

  /// The same with other random numbers.
  func tracer(
    sampleRatio: Double = 1, random: @escaping @Sendable () -> UInt64
  ) -> OTLPTracer {
    var source = TraceSource.system
    source.random = random
    return OTLPTracer(sampleRatio: sampleRatio, source: source) { self.take($0) }
  }
}

extension TraceSource {
  static func counting(_ time: ManualTime) -> TraceSource {
    let last = SharedNumber()
    return TraceSource(
      now: { SpanInstant(time.now).nanosecondsSinceEpoch }, uptime: time.workerTime.uptime,
      random: { last.next() })
  }
}

/// A number that closures share.
final class SharedNumber: Sendable {
  private let number: Mutex<UInt64>

  init(_ number: UInt64 = 0) { self.number = Mutex(number) }

  var value: UInt64 { number.withLock { $0 } }

  func set(_ value: UInt64) { number.withLock { $0 = value } }

  func add(_ amount: UInt64) { number.withLock { $0 += amount } }

  /// One more than before.
  func next() -> UInt64 {
    number.withLock { number in
      number += 1
      return number
    }
  }
}

/// Random numbers that a seed repeats, for several threads.
func seededNumbers(_ seed: UInt64) -> @Sendable () -> UInt64 {
  let generator = Mutex(SeededGenerator(seed: seed))
  return { generator.withLock { $0.next() } }
}

/// A finished span of a trace that the number names.
func sampleSpan(_ number: UInt64 = 1, name: String = "request") -> SpanRecord {
  guard let traceID = TraceID(high: 0, low: number), let spanID = SpanID(number) else {
    preconditionFailure("zero names nothing")
  }
  var span = SpanRecord(
    context: SpanContext(traceID: traceID, spanID: spanID, isSampled: true), parent: nil,
    name: name, kind: .internal, start: 1_770_000_000_000_000_000)
  span.end = span.start + 1_000_000
  return span
}

/// A collector that answers as the test says, one answer a request.
final class ScriptedCollector: HTTPTransport {
  enum Answer: Sendable {
    case reply(HTTPReply)
    case failure(JobsError)
    /// None, until the request is cancelled.
    case silence

    static func status(_ status: Int, _ headers: [String: String] = [:]) -> Answer {
      .reply(HTTPReply(status: status, headers: headers))
    }

    static let noAnswer = Answer.failure(JobsError(.unavailable, "The connection was refused"))
  }

  private struct State {
    var answers: [Answer]
    var calls: [HTTPCall] = []
  }
  private let state: Mutex<State>
  private let last: Answer

  /// `last` follows when the answers are used up.
  init(_ answers: [Answer] = [], last: Answer = .status(200)) {
    state = Mutex(State(answers: answers))
    self.last = last
  }

  var calls: [HTTPCall] { state.withLock { $0.calls } }
  var callCount: Int { calls.count }

  /// The span ids of each request.
  var batches: [[String]] {
    calls.map { call in
      String(decoding: call.body, as: UTF8.self).split(separator: "\"spanId\":\"").dropFirst()
        .map { String($0.prefix(16)) }
    }
  }

  func send(_ call: HTTPCall) async throws -> HTTPReply {
    let answer = state.withLock { state in
      state.calls.append(call)
      return state.answers.isEmpty ? last : state.answers.removeFirst()
    }
    switch answer {
    case .reply(let reply): return reply
    case .failure(let error): throw error
    case .silence:
      await cancellation()
      throw CancellationError()
    }
  }
}

/// Returns when the task is cancelled.
private func cancellation() async {
  let (stream, continuation) = AsyncStream<Void>.makeStream()
  await withTaskCancellationHandler {
    for await _ in stream {}
  } onCancel: {
    continuation.finish()
  }
}

/// An exporter, its collector and its clock.
struct ExportBench {
  let time: ManualTime
  let collector: ScriptedCollector
  let exporter: SpanExporter
  private let counts: SharedCounts
  private let log: WarningLog

  final class SharedCounts: Sendable {
    let counts = Mutex((exported: 0, dropped: 0))
  }

  init(
    _ answers: [ScriptedCollector.Answer] = [], last: ScriptedCollector.Answer = .status(200),
    endpoint: String = "http://127.0.0.1:4318", headers: [String: String] = [:],
    limits: ExportLimits = ExportLimits(), random: Double = 0
  ) {
    let (counts, log) = (SharedCounts(), WarningLog())
    time = ManualTime(random: random)
    collector = ScriptedCollector(answers, last: last)
    self.counts = counts
    self.log = log
    exporter = SpanExporter(
      endpoint: endpoint, headers: headers,
      resource: TraceResource(
        serviceName: "harrier", serviceVersion: "0.1.0", instanceID: "one", hostName: "here",
        processID: 7),
      transport: collector, logger: log.logger, limits: limits, time: time.workerTime
    ) { exported, dropped in
      counts.counts.withLock { $0 = ($0.exported + exported, $0.dropped + dropped) }
    }
  }

  var exported: Int { counts.counts.withLock { $0.exported } }
  var dropped: Int { counts.counts.withLock { $0.dropped } }
  var warnings: [String] { log.lines.withLock { $0 } }

  func add(_ numbers: ClosedRange<UInt64>) {
    for number in numbers { exporter.add(sampleSpan(number)) }
  }

  /// Runs the exporter while the body runs, and cancels it then.
  func running(_ body: () async throws -> Void) async throws {
    let task = Task { [exporter] in await exporter.run() }
    defer { task.cancel() }
    try await body()
  }

  /// Returns when the exporter sleeps: the seconds of its shorter sleep. The other one, for the end, is an hour.
  func sleep() async throws -> Double {
    try await eventually { time.sleeps.count == 2 }
    return time.sleeps[0]
  }
}

/// Keeps warnings.
final class WarningLog: Sendable {
  let lines = Mutex<[String]>([])

  var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: WarningLog
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.warning

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let fields = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
      lines.lines.withLock {
        $0.append("\(event.message) \(fields.joined(separator: " "))")
      }
    }
  }
}
