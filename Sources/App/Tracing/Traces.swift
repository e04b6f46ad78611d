public import Foundation
import HTTPTypes
public import Logging
public import Tracing

/// The service's traces: a value that is handed around, and does nothing where tracing is off.
///
/// The span of a task is its task-local `ServiceContext`: what is opened below it becomes its child, also in child
/// tasks.
public struct Traces: Sendable {
  /// nil where tracing is off.
  public let tracer: OTLPTracer?

  /// Nothing is traced.
  public static let off = Traces(nil)

  public init(_ tracer: OTLPTracer?) { self.tracer = tracer }

  /// Runs the body within a span, which ends with it and tells of its error. Name and attributes are asked for only
  /// where the span is sampled.
  /// - Parameter body: is given the span where it is sampled.
  public func span<Value>(
    _ name: @autoclosure () -> String, kind: SpanKind = .internal,
    parent: @autoclosure () -> ServiceContext = .current ?? .topLevel,
    attributes: @autoclosure () -> SpanAttributes = [:],
    isolation: isolated (any Actor)? = #isolation, _ body: (OTLPSpan?) async throws -> Value
  ) async rethrows -> Value {
    guard let tracer else { return try await body(nil) }
    let span = tracer.start(name(), parent: parent(), kind: kind, attributes: attributes())
    defer { span.end() }
    do {
      return try await ServiceContext.$current.withValue(span.context) {
        try await body(span.isRecording ? span : nil)
      }
    } catch {
      span.fail(error)
      throw error
    }
  }

  /// The same without waiting.
  public func span<Value>(
    _ name: @autoclosure () -> String, kind: SpanKind = .internal,
    parent: @autoclosure () -> ServiceContext = .current ?? .topLevel,
    attributes: @autoclosure () -> SpanAttributes = [:], _ body: (OTLPSpan?) throws -> Value
  ) rethrows -> Value {
    guard let tracer else { return try body(nil) }
    let span = tracer.start(name(), parent: parent(), kind: kind, attributes: attributes())
    defer { span.end() }
    do {
      return try ServiceContext.$current.withValue(span.context) {
        try body(span.isRecording ? span : nil)
      }
    } catch {
      span.fail(error)
      throw error
    }
  }

  /// A span that was measured and is over, by the clock that measures.
  /// - Returns: the context for spans below it.
  @discardableResult
  public func record(
    _ name: @autoclosure () -> String, kind: SpanKind = .internal, start: ContinuousClock.Instant,
    end: ContinuousClock.Instant, parent: ServiceContext = .current ?? .topLevel,
    attributes: @autoclosure () -> SpanAttributes = [:], error: (any Error)? = nil
  ) -> ServiceContext {
    guard let tracer, parent.isWorthASpan else { return parent }
    return tracer.record(
      name(), kind: kind, start: start, end: end, parent: parent, attributes: attributes(),
      error: error)
  }

  /// A span that is over, by the wall clock: it may have begun in another process.
  /// - Returns: the context for spans below it.
  @discardableResult
  public func record(
    _ name: @autoclosure () -> String, kind: SpanKind = .internal, start: Date, end: Date,
    parent: ServiceContext = .current ?? .topLevel,
    attributes: @autoclosure () -> SpanAttributes = [:], error: (any Error)? = nil
  ) -> ServiceContext {
    guard let tracer, parent.isWorthASpan else { return parent }
    return tracer.record(
      name(), kind: kind, start: start, end: end, parent: parent, attributes: attributes(),
      error: error)
  }
}

// MARK: - From process to process

extension Traces {
  /// Where a request's headers say that its trace goes on; the top level without them, and where tracing is off.
  func context(of fields: HTTPFields) -> ServiceContext {
    var context = ServiceContext.topLevel
    tracer?.extract(fields, into: &context, using: HTTPFieldsCarrier())
    return context
  }

  /// What a request to another service carries, so that its spans become children of the task's; none where tracing is
  /// off.
  var headers: [(name: String, value: String)] {
    tracer == nil ? [] : SpanContext.current?.headers ?? []
  }

  /// Where the text that a job carries says that its trace goes on; the top level without one, and where tracing is
  /// off.
  public func context(traceparent: String?) -> ServiceContext {
    tracer == nil ? .topLevel : OTLPTracer.context(traceparent: traceparent)
  }

  /// What a job carries, so that its worker goes on with the task's trace; nil where tracing is off.
  public var traceparent: String? {
    tracer == nil ? nil : OTLPTracer.traceparent(of: .current)
  }
}

extension ServiceContext {
  /// Below a span that is not sampled there are none.
  fileprivate var isWorthASpan: Bool { spanContext?.isSampled ?? true }
}

extension Logger.MetadataProvider {
  /// `trace_id` and `span_id` of the task's span, for every line that is logged within one.
  public static let spanIDs = Logger.MetadataProvider {
    guard let span = SpanContext.current else { return [:] }
    return ["trace_id": "\(span.traceID.hex)", "span_id": "\(span.spanID.hex)"]
  }
}
