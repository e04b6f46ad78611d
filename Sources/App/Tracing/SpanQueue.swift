/// How much an exporter holds, how often it sends and how long it tries.
struct ExportLimits: Sendable {
  /// Spans that wait; further ones are dropped.
  var queuedSpans = 2048
  /// About what their JSON takes: attributes may be long.
  var queuedBytes = 16 << 20
  var batchSpans = 512
  /// Collectors take bodies of some MiB; a single span is sent whatever its size.
  var batchBytes = 1 << 20
  var interval = Duration.seconds(2)
  /// Of one batch, the first one counted.
  var attempts = 5
  /// Before the second attempt; each further one waits twice as long.
  var firstDelay = Duration.seconds(1)
  /// Also the most that is waited because a collector says so (`Retry-After`).
  var longestDelay = Duration.seconds(30)
  /// Of one attempt, as in OpenTelemetry's own exporters.
  var timeout = Duration.seconds(10)
  /// What the specification recommends.
  var answerBytes = 4 << 20
  /// For what is there at the end, where the owner sets no other.
  var shutdown = Duration.seconds(2)
  /// Beyond the end's limit: what a cancelled request takes to end.
  var grace = Duration.seconds(1)
}

/// The spans that wait to be exported, oldest first.
struct SpanQueue: Sendable {
  private let limits: ExportLimits
  private var spans: [(record: SpanRecord, bytes: Int)] = []
  private var bytes = 0
  /// Dropped and not yet told of.
  private var dropped = 0
  /// Nothing is taken in any more.
  private(set) var isClosed = false

  init(limits: ExportLimits) { self.limits = limits }

  var count: Int { spans.count }
  var isEmpty: Bool { spans.isEmpty }
  /// Whether a batch is worth sending before its time.
  var hasFullBatch: Bool { spans.count >= limits.batchSpans || bytes >= limits.batchBytes }

  /// - Returns: whether a batch has become full by this span.
  mutating func add(_ record: SpanRecord) -> Bool {
    let size = record.estimatedBytes
    guard !isClosed, spans.count < limits.queuedSpans, bytes + size <= limits.queuedBytes else {
      dropped += 1
      return false
    }
    let hadFullBatch = hasFullBatch
    spans.append((record, size))
    bytes += size
    return hasFullBatch && !hadFullBatch
  }

  /// The next batch, of one span at least where there is any.
  mutating func takeBatch() -> [SpanRecord] {
    var (count, size) = (0, 0)
    for span in spans.prefix(limits.batchSpans) {
      if count > 0, size + span.bytes > limits.batchBytes { break }
      count += 1
      size += span.bytes
    }
    defer {
      spans.removeFirst(count)
      bytes -= size
    }
    return spans.prefix(count).map(\.record)
  }

  /// A batch that was taken and could not be sent; the limits held when it came.
  mutating func putBack(_ batch: [SpanRecord]) {
    let returned = batch.map { ($0, $0.estimatedBytes) }
    spans.insert(contentsOf: returned, at: 0)
    bytes += returned.reduce(0) { $0 + $1.1 }
  }

  /// Drops what is there and all that comes.
  mutating func close() {
    isClosed = true
    dropped += spans.count
    spans = []
    bytes = 0
  }

  /// How many were dropped since the last call.
  mutating func takeDropped() -> Int {
    defer { dropped = 0 }
    return dropped
  }
}
