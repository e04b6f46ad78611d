import Jobs
import ObjectDetection
import Synchronization
public import Tracing

/// A span of an `OTLPTracer`. One that is not sampled is only its context: it keeps nothing.
public struct OTLPSpan: Tracing.Span {
  /// What spans below this one begin with.
  public let context: ServiceContext
  /// nil for a span that is not sampled.
  private let recording: SpanRecording?

  init(context: ServiceContext, recording: SpanRecording?) {
    self.context = context
    self.recording = recording
  }

  /// Whether it is sampled and has not ended.
  public var isRecording: Bool { recording?.isOpen ?? false }

  /// Empty where nothing is kept.
  public var operationName: String {
    get { recording?.read { $0.name } ?? "" }
    nonmutating set { recording?.write { $0.name = SpanLimits.fitting(newValue) } }
  }

  /// Empty where nothing is kept.
  public var attributes: SpanAttributes {
    get { recording?.read { $0.attributes } ?? [:] }
    nonmutating set { recording?.write { $0.setAttributes(newValue) } }
  }

  public func setStatus(_ status: SpanStatus) { recording?.write { $0.setStatus(status) } }

  public func addEvent(_ event: SpanEvent) { recording?.write { $0.add(event) } }

  public func addLink(_ link: SpanLink) { recording?.write { $0.add(link) } }

  /// An event `exception`, by the names of OpenTelemetry's conventions. It sets no status: the error may be handled.
  public func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {
    guard isRecording else { return }
    var all: SpanAttributes = [
      "exception.type": .string(String(describing: type(of: error))),
      "exception.message": .string("\(error)"),
    ]
    all.merge(attributes)
    addEvent(SpanEvent(name: "exception", at: instant(), attributes: all))
  }

  /// The operation failed with the error. Cancellation is no failure.
  func fail(_ error: any Error) {
    guard isRecording else { return }
    if error is CancellationError {
      attributes["cancelled"] = true
      return
    }
    recordError(error)
    let (type, message) = described(error)
    attributes["error.type"] = type
    setStatus(SpanStatus(code: .error, message: message))
  }

  public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    recording?.end(at: instant().nanosecondsSinceEpoch)
  }

  /// Ends it now. How long it took is measured by a clock that nobody sets.
  public func end() { recording?.end() }
}

/// `error.type` of the conventions, and what people may read.
private func described(_ error: any Error) -> (type: String, message: String?) {
  switch error {
  case let error as JobsError: (error.code.rawValue, error.message)
  case let error as DetectionError: (error.code.rawValue, error.message)
  default: (String(describing: type(of: error)), nil)
  }
}

/// What a sampled span has gathered, until its end.
final class SpanRecording: Sendable {
  /// nil once it has ended.
  private let record: Mutex<SpanRecord?>
  private let source: TraceSource
  /// Both clocks at its beginning.
  private let now: UInt64
  private let uptime: Duration
  private let onEnd: @Sendable (SpanRecord) -> Void

  init(
    _ record: SpanRecord, source: TraceSource, now: UInt64,
    onEnd: @escaping @Sendable (SpanRecord) -> Void
  ) {
    self.record = Mutex(record)
    self.source = source
    self.now = now
    uptime = source.uptime()
    self.onEnd = onEnd
  }

  var isOpen: Bool { record.withLock { $0 != nil } }

  func read<Value: Sendable>(_ body: (SpanRecord) -> Value) -> Value? {
    record.withLock { $0.map(body) }
  }

  func write(_ body: (inout SpanRecord) -> Void) {
    record.withLock { record in
      guard var open = record else { return }
      // The only reference, so that what is written is not copied first.
      record = nil
      body(&open)
      record = open
    }
  }

  func end() { end(at: now &+ (source.uptime() - uptime).nanoseconds) }

  /// Only the first end counts.
  func end(at instant: UInt64) {
    let ended = record.withLock { record in
      defer { record = nil }
      return record
    }
    guard var ended else { return }
    // Not before its start when somebody has set the clock back.
    ended.end = max(ended.start, instant)
    onEnd(ended)
  }
}

extension Duration {
  /// 0 for what is negative, the most that fits for what is longer than 584 years.
  var nanoseconds: UInt64 {
    let (seconds, rest) = (max(0, components.seconds), max(0, components.attoseconds))
    let (product, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return isTooLong ? .max : product &+ UInt64(rest) / 1_000_000_000
  }
}
