public import Foundation
public import Tracing

/// Where a tracer reads time and chance; tests bring their own.
public struct TraceSource: Sendable {
  /// Nanoseconds since 1970.
  public var now: @Sendable () -> UInt64
  /// Since some moment; goes on evenly when somebody sets the clock.
  public var uptime: @Sendable () -> Duration
  /// 64 random bits.
  public var random: @Sendable () -> UInt64

  public init(
    now: @escaping @Sendable () -> UInt64, uptime: @escaping @Sendable () -> Duration,
    random: @escaping @Sendable () -> UInt64
  ) {
    self.now = now
    self.uptime = uptime
    self.random = random
  }

  /// The system's.
  public static let system = TraceSource(
    now: { DefaultTracerClock.now.nanosecondsSinceEpoch }, uptime: { start.duration(to: .now) },
    random: { UInt64.random(in: .min ... .max) })

  private static let start = ContinuousClock.now
}

/// Starts spans, and hands those that are sampled to an exporter when they end.
///
/// A plain value: several services of one process have one each. It may also be given to `InstrumentationSystem`, with
/// which every library of the process that knows swift-distributed-tracing uses it.
public struct OTLPTracer: Tracer {
  private let sampling: TraceSampling
  private let source: TraceSource
  private let onEnd: @Sendable (SpanRecord) -> Void
  private let flush: @Sendable () -> Void

  /// - Parameter sampleRatio: 0...1 of the traces that begin here; what has a parent does as its parent does.
  public init(exporter: SpanExporter, sampleRatio: Double = 1, source: TraceSource = .system) {
    self.init(
      sampleRatio: sampleRatio, source: source, flush: { exporter.flush() },
      onEnd: { exporter.add($0) })
  }

  init(
    sampleRatio: Double, source: TraceSource, flush: @escaping @Sendable () -> Void = {},
    onEnd: @escaping @Sendable (SpanRecord) -> Void
  ) {
    sampling = TraceSampling(ratio: sampleRatio)
    self.source = source
    self.flush = flush
    self.onEnd = onEnd
  }

  public func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> OTLPSpan {
    start(
      operationName, parent: context(), kind: kind, at: instant().nanosecondsSinceEpoch,
      attributes: [:])
  }

  /// A span from now on, or from `instant`. Name and attributes are asked for only where the span is sampled.
  func start(
    _ name: @autoclosure () -> String, parent context: ServiceContext, kind: SpanKind,
    at instant: @autoclosure () -> UInt64? = nil, attributes: @autoclosure () -> SpanAttributes
  ) -> OTLPSpan {
    let (context, sampled) = place(under: context)
    guard let sampled else { return OTLPSpan(context: context, recording: nil) }
    let now = source.now()
    var record = SpanRecord(
      context: sampled.own, parent: sampled.parent, name: name(), kind: kind,
      start: instant() ?? now)
    let attributes = attributes()
    if !attributes.isEmpty { record.setAttributes(attributes) }
    return OTLPSpan(
      context: context, recording: SpanRecording(record, source: source, now: now, onEnd: onEnd))
  }

  /// The context of a new span, with its ids where it is sampled. Below a span that is not sampled nothing is new:
  /// there is nobody who could be asked for what comes between.
  private func place(
    under context: ServiceContext
  ) -> (context: ServiceContext, sampled: (own: SpanContext, parent: SpanContext?)?) {
    let parent = context.spanContext
    if let parent, !parent.isSampled { return (context, nil) }
    let traceID = parent?.traceID ?? newTraceID()
    let own = SpanContext(
      traceID: traceID, spanID: newSpanID(), isSampled: parent != nil || sampling.takes(traceID),
      traceState: parent?.traceState ?? "")
    var context = context
    context.spanContext = own
    return (context, own.isSampled ? (own, parent) : nil)
  }

  private func newTraceID() -> TraceID {
    while true {
      if let id = TraceID(high: source.random(), low: source.random()) { return id }
    }
  }

  private func newSpanID() -> SpanID {
    while true {
      if let id = SpanID(source.random()) { return id }
    }
  }

  /// Has what is there exported soon; it does not wait for it.
  public func forceFlush() { flush() }
}

// MARK: - Spans after the fact

extension OTLPTracer {
  /// A span that was measured by others and is over.
  /// - Parameter error: with which it ended.
  /// - Returns: the context for spans below it.
  @discardableResult
  public func record(
    _ name: String, kind: SpanKind = .internal, start: some TracerInstant, end: some TracerInstant,
    parent: ServiceContext = .current ?? .topLevel, attributes: SpanAttributes = [:],
    error: (any Error)? = nil
  ) -> ServiceContext {
    let span = self.start(
      name, parent: parent, kind: kind, at: start.nanosecondsSinceEpoch, attributes: attributes)
    if let error { span.fail(error) }
    span.end(at: end)
    return span.context
  }

  /// The same by the wall clock.
  @discardableResult
  public func record(
    _ name: String, kind: SpanKind = .internal, start: Date, end: Date,
    parent: ServiceContext = .current ?? .topLevel, attributes: SpanAttributes = [:],
    error: (any Error)? = nil
  ) -> ServiceContext {
    record(
      name, kind: kind, start: SpanInstant(start), end: SpanInstant(end), parent: parent,
      attributes: attributes, error: error)
  }

  /// The same by the clock that measures.
  @discardableResult
  public func record(
    _ name: String, kind: SpanKind = .internal, start: ContinuousClock.Instant,
    end: ContinuousClock.Instant, parent: ServiceContext = .current ?? .topLevel,
    attributes: SpanAttributes = [:], error: (any Error)? = nil
  ) -> ServiceContext {
    // One reading of both clocks for both ends.
    let (now, wall) = (ContinuousClock.now, source.now())
    func instant(_ instant: ContinuousClock.Instant) -> SpanInstant {
      let (before, after) = ((now - instant).nanoseconds, (instant - now).nanoseconds)
      return SpanInstant(nanosecondsSinceEpoch: wall - min(wall, before) &+ after)
    }
    return record(
      name, kind: kind, start: instant(start), end: instant(end), parent: parent,
      attributes: attributes, error: error)
  }
}

/// A moment of a span.
struct SpanInstant: TracerInstant {
  let nanosecondsSinceEpoch: UInt64

  init(nanosecondsSinceEpoch: UInt64) { self.nanosecondsSinceEpoch = nanosecondsSinceEpoch }

  /// Of the years 1970 to 2554; others are the nearest of these.
  init(_ date: Date) {
    nanosecondsSinceEpoch = UInt64(min(max(0, date.timeIntervalSince1970), 18_446_744_072) * 1e9)
  }

  static func < (first: SpanInstant, second: SpanInstant) -> Bool {
    first.nanosecondsSinceEpoch < second.nanosecondsSinceEpoch
  }
}

// MARK: - Propagation

extension OTLPTracer {
  /// Reads `traceparent` and `tracestate`; without a good `traceparent` the context stays as it is.
  public func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    let parent = SpanContext(
      traceparent: extractor.extract(key: TraceParent.header, from: carrier),
      tracestate: extractor.extract(key: TraceState.header, from: carrier))
    if let parent { context.spanContext = parent }
  }

  /// Writes `traceparent`, and `tracestate` where there is any.
  public func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    for header in context.spanContext?.headers ?? [] {
      injector.inject(header.value, forKey: header.name, into: &carrier)
    }
  }

  /// The context that a text of `traceparent` names; the top level for none and for a malformed one.
  public static func context(traceparent: String?, tracestate: String? = nil) -> ServiceContext {
    var context = ServiceContext.topLevel
    context.spanContext = SpanContext(traceparent: traceparent, tracestate: tracestate)
    return context
  }

  /// The text by which another process continues from a context; nil at the top level.
  public static func traceparent(of context: ServiceContext?) -> String? {
    context?.spanContext.map { TraceParent.text(of: $0) }
  }
}

/// Which of the traces that begin here are kept: as OpenTelemetry's probability sampling has it, by the last 56 bits of
/// the trace's id, so that all processes that sample by it agree, and a lower ratio keeps some of what a higher one
/// keeps (specification/trace/tracestate-probability-sampling.md).
struct TraceSampling: Sendable {
  private let threshold: UInt64

  /// 0...1; what is beyond is the nearer of them.
  init(ratio: Double) {
    let all = UInt64(1) << 56
    threshold = all - UInt64((min(max(0, ratio), 1) * Double(all)).rounded())
  }

  func takes(_ traceID: TraceID) -> Bool { traceID.low & (1 << 56 - 1) >= threshold }
}
