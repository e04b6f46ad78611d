import Tracing

/// How much of a span is kept; the collector is told what was left out.
enum SpanLimits {
  /// OpenTelemetry's own limit is 128; no span of ours has half of ours.
  static let attributes = 64
  /// Of an event or a link.
  static let attributesOfPart = 16
  /// Unicode scalars of a text.
  static let characters = 1024
  /// Elements of a list.
  static let elements = 64
  static let events = 32
  static let links = 16
  /// Unicode scalars of a span's or an event's name, and of an attribute's.
  static let nameCharacters = 128

  /// A name as long as it may be.
  static func fitting(_ name: String) -> String { name.shortened(to: nameCharacters) }
}

/// A span as it is exported.
struct SpanRecord: Sendable {
  struct Link: Sendable {
    let context: SpanContext
    let attributes: SpanAttributes
    let droppedAttributes: Int
  }

  struct Event: Sendable {
    let name: String
    let time: UInt64
    let attributes: SpanAttributes
    let droppedAttributes: Int
  }

  let context: SpanContext
  /// nil for the first span of a trace.
  let parent: SpanContext?
  var name: String
  let kind: SpanKind
  /// Nanoseconds since 1970.
  let start: UInt64
  var end: UInt64
  private(set) var attributes: SpanAttributes = [:]
  private(set) var events: [Event] = []
  private(set) var links: [Link] = []
  private(set) var status: SpanStatus?
  private(set) var droppedAttributes = 0
  private(set) var droppedEvents = 0
  private(set) var droppedLinks = 0

  init(context: SpanContext, parent: SpanContext?, name: String, kind: SpanKind, start: UInt64) {
    self.context = context
    self.parent = parent
    self.name = SpanLimits.fitting(name)
    self.kind = kind
    self.start = start
    end = start
  }

  /// Attributes that are there already stay when the new ones are too many.
  mutating func setAttributes(_ new: SpanAttributes) {
    let (kept, dropped) = new.bounded(to: SpanLimits.attributes, preferring: attributes)
    attributes = kept
    droppedAttributes += dropped
  }

  /// `ok` is final, as the specification has it; a second error without a message keeps the first one's.
  mutating func setStatus(_ new: SpanStatus) {
    guard status?.code != .ok else { return }
    guard new.code == .error else {
      status = SpanStatus(code: .ok)
      return
    }
    let message = new.message?.shortened(to: SpanLimits.characters)
    status = SpanStatus(code: .error, message: message ?? status?.message)
  }

  mutating func add(_ event: SpanEvent) {
    guard events.count < SpanLimits.events else {
      droppedEvents += 1
      return
    }
    let (kept, dropped) = event.attributes.bounded(to: SpanLimits.attributesOfPart)
    events.append(
      Event(
        name: SpanLimits.fitting(event.name), time: event.nanosecondsSinceEpoch, attributes: kept,
        droppedAttributes: dropped))
  }

  /// A link to no span is none.
  mutating func add(_ link: SpanLink) {
    guard let target = link.context.spanContext else { return }
    guard links.count < SpanLimits.links else {
      droppedLinks += 1
      return
    }
    let (kept, dropped) = link.attributes.bounded(to: SpanLimits.attributesOfPart)
    links.append(Link(context: target, attributes: kept, droppedAttributes: dropped))
  }

  /// About what its JSON takes.
  var estimatedBytes: Int {
    // Ids, times and the names of the members.
    var count = 400 + name.utf8.count + context.traceState.utf8.count + attributes.estimatedBytes
    for event in events { count += 100 + event.name.utf8.count + event.attributes.estimatedBytes }
    for link in links {
      count += 150 + link.context.traceState.utf8.count + link.attributes.estimatedBytes
    }
    return count + (status?.message?.utf8.count ?? 0)
  }
}

extension SpanAttributes {
  /// At most `limit` attributes with values of bounded size, and the number of those left out. Those that `known` has
  /// come first, then those whose names do.
  fileprivate func bounded(
    to limit: Int, preferring known: SpanAttributes = [:]
  ) -> (kept: SpanAttributes, dropped: Int) {
    var kept: SpanAttributes = [:]
    var names: [String] = []
    forEach { name, value in
      guard !name.isEmpty, name.unicodeScalars.count <= SpanLimits.nameCharacters,
        let value = value.bounded
      else { return }
      names.append(name)
      kept.set(name, value: value)
    }
    if names.count > limit {
      names.sort { first, second in
        let isKnown = (known.get(first) != nil, known.get(second) != nil)
        return isKnown.0 == isKnown.1 ? first < second : isKnown.0
      }
      for name in names[limit...] { kept.set(name, value: nil) }
    }
    return (kept, count - kept.count)
  }

  fileprivate var estimatedBytes: Int {
    var bytes = 0
    forEach { name, value in bytes += 50 + name.utf8.count + value.estimatedBytes }
    return bytes
  }
}

extension SpanAttribute {
  /// The value as it is kept, with short texts and lists; nil for what is no value.
  fileprivate var bounded: SpanAttribute? {
    switch self {
    case .bool, .double, .int64: return self
    case .int32(let value): return .int64(Int64(value))
    case .string(let text): return .string(text.shortened(to: SpanLimits.characters))
    case .boolArray(let values): return .boolArray(Array(values.prefix(SpanLimits.elements)))
    case .doubleArray(let values): return .doubleArray(Array(values.prefix(SpanLimits.elements)))
    case .int64Array(let values): return .int64Array(Array(values.prefix(SpanLimits.elements)))
    case .int32Array(let values):
      return .int64Array(values.prefix(SpanLimits.elements).map(Int64.init))
    case .stringArray(let texts): return .texts(texts)
    // Its owner may change it later.
    case .stringConvertible(let value):
      return .string("\(value)".shortened(to: SpanLimits.characters))
    case .stringConvertibleArray(let values):
      return .texts(values.prefix(SpanLimits.elements).map { "\($0)" })
    default: return nil
    }
  }

  private static func texts(_ texts: [String]) -> SpanAttribute {
    .stringArray(texts.prefix(SpanLimits.elements).map { $0.shortened(to: SpanLimits.characters) })
  }

  fileprivate var estimatedBytes: Int {
    switch self {
    case .string(let text): text.utf8.count
    case .stringArray(let texts): texts.reduce(0) { $0 + 25 + $1.utf8.count }
    case .boolArray(let values): 25 * values.count
    case .doubleArray(let values): 40 * values.count
    case .int64Array(let values): 40 * values.count
    default: 20
    }
  }
}

extension String {
  fileprivate func shortened(to count: Int) -> String {
    // Most are far below, and bytes are counted already.
    utf8.count <= count ? self : String(unicodeScalars.prefix(count))
  }
}
