import Foundation
import ObjectDetection
import Tracing

/// The process that spans come from, as OpenTelemetry describes it.
public struct TraceResource: Sendable {
  var serviceName: String
  var serviceVersion: String
  var instanceID: String
  var hostName: String
  var processID: Int

  public init(
    serviceName: String, serviceVersion: String, instanceID: String, hostName: String,
    processID: Int
  ) {
    self.serviceName = serviceName
    self.serviceVersion = serviceVersion
    self.instanceID = instanceID
    self.hostName = hostName
    self.processID = processID
  }

  /// This process. Each start of it is another instance.
  public static func current(serviceName: String = "harrier") -> TraceResource {
    var name = [CChar](repeating: 0, count: 256)
    // Foundation's host name asks the name server.
    let hasName = gethostname(&name, name.count - 1) == 0
    return TraceResource(
      serviceName: serviceName, serviceVersion: harrierVersion,
      instanceID: UUID().uuidString.lowercased(),
      hostName: hasName
        ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        : "",
      processID: Int(getpid()))
  }
}

/// A batch of spans as OTLP/HTTP has it in JSON: an `ExportTraceServiceRequest` of opentelemetry-proto in proto3's
/// JSON mapping, but for ids, which are hexadecimal. 64-bit numbers are texts, enumerations are numbers, and members of
/// their default value are left out (opentelemetry-proto/docs/specification.md, "JSON Protobuf Encoding").
struct OTLPDocument: Sendable {
  /// The same in every batch.
  private let resource: String
  private let scope: String

  init(resource: TraceResource) {
    var json = JSONWriter()
    json.object { json in
      json.array("attributes") { json in
        json.attribute("service.name", .string(resource.serviceName))
        json.attribute("service.version", .string(resource.serviceVersion))
        json.attribute("service.instance.id", .string(resource.instanceID))
        json.attribute("host.name", .string(resource.hostName))
        json.attribute("process.pid", .int64(Int64(resource.processID)))
      }
    }
    self.resource = json.text
    json = JSONWriter()
    json.object { json in
      json.string("name", "harrier")
      json.string("version", resource.serviceVersion)
    }
    scope = json.text
  }

  func json(_ spans: [SpanRecord]) -> String {
    var json = JSONWriter()
    json.object { json in
      json.array("resourceSpans") { json in
        json.object { json in
          json.raw("resource", resource)
          json.array("scopeSpans") { json in
            json.object { json in
              json.raw("scope", scope)
              json.array("spans") { json in
                for span in spans { json.object { $0.members(of: span) } }
              }
            }
          }
        }
      }
    }
    return json.text
  }
}

extension JSONWriter {
  fileprivate mutating func members(of span: SpanRecord) {
    string("traceId", span.context.traceID.hex)
    string("spanId", span.context.spanID.hex)
    if !span.context.traceState.isEmpty { string("traceState", span.context.traceState) }
    if let parent = span.parent { string("parentSpanId", parent.spanID.hex) }
    integer("flags", flags(of: span.context, isRemote: span.parent?.isRemote ?? false))
    string("name", span.name)
    integer("kind", kindNumber(of: span.kind))
    string("startTimeUnixNano", String(span.start))
    string("endTimeUnixNano", String(span.end))
    attributes(span.attributes, dropped: span.droppedAttributes)
    if !span.events.isEmpty {
      array("events") { json in
        for event in span.events {
          json.object { json in
            json.string("timeUnixNano", String(event.time))
            json.string("name", event.name)
            json.attributes(event.attributes, dropped: event.droppedAttributes)
          }
        }
      }
    }
    count("droppedEventsCount", span.droppedEvents)
    if !span.links.isEmpty {
      array("links") { json in
        for link in span.links { json.object { $0.members(of: link) } }
      }
    }
    count("droppedLinksCount", span.droppedLinks)
    if let status = span.status {
      object("status") { json in
        if let message = status.message { json.string("message", message) }
        json.integer("code", status.code == .ok ? 1 : 2)
      }
    }
  }

  private mutating func members(of link: SpanRecord.Link) {
    string("traceId", link.context.traceID.hex)
    string("spanId", link.context.spanID.hex)
    if !link.context.traceState.isEmpty { string("traceState", link.context.traceState) }
    attributes(link.attributes, dropped: link.droppedAttributes)
    integer("flags", flags(of: link.context, isRemote: link.context.isRemote))
  }

  /// By name, so that the same span always reads the same.
  private mutating func attributes(_ attributes: SpanAttributes, dropped: Int) {
    if !attributes.isEmpty {
      var all: [(name: String, value: SpanAttribute)] = []
      attributes.forEach { all.append(($0, $1)) }
      all.sort { $0.name < $1.name }
      array("attributes") { json in
        for (name, value) in all { json.attribute(name, value) }
      }
    }
    count("droppedAttributesCount", dropped)
  }

  fileprivate mutating func attribute(_ name: String, _ value: SpanAttribute) {
    object { json in
      json.string("key", name)
      json.object("value") { $0.anyValue(value) }
    }
  }

  /// The one member of an `AnyValue`.
  private mutating func anyValue(_ value: SpanAttribute) {
    switch value {
    case .string(let text): string("stringValue", text)
    case .bool(let flag): bool("boolValue", flag)
    case .int64(let number): string("intValue", String(number))
    case .double(let number): raw("doubleValue", literal(number))
    case .stringArray(let texts): list(texts) { $0.string("stringValue", $1) }
    case .boolArray(let flags): list(flags) { $0.bool("boolValue", $1) }
    case .int64Array(let numbers): list(numbers) { $0.string("intValue", String($1)) }
    case .doubleArray(let numbers): list(numbers) { $0.raw("doubleValue", literal($1)) }
    // Spans keep no others.
    default: break
    }
  }

  private mutating func list<Element>(
    _ elements: [Element], _ write: (inout JSONWriter, Element) -> Void
  ) {
    object("arrayValue") { json in
      json.array("values") { json in
        for element in elements { json.object { write(&$0, element) } }
      }
    }
  }

  private mutating func count(_ key: String, _ count: Int) {
    if count > 0 { integer(key, count) }
  }
}

/// The shortest digits that read as the same number; what JSON has no number for is a text, as proto3 has it.
private func literal(_ number: Double) -> String {
  if number.isNaN { return "\"NaN\"" }
  return number.isFinite ? "\(number)" : number < 0 ? "\"-Infinity\"" : "\"Infinity\""
}

/// `Span.flags`: the flags of `traceparent`, and whether the parent, or a link's target, is of another process.
private func flags(of context: SpanContext, isRemote: Bool) -> Int {
  (context.isSampled ? 0x1 : 0) | 0x100 | (isRemote ? 0x200 : 0)
}

/// `Span.SpanKind`.
private func kindNumber(of kind: SpanKind) -> Int {
  switch kind {
  case .internal: 1
  case .server: 2
  case .client: 3
  case .producer: 4
  case .consumer: 5
  }
}
