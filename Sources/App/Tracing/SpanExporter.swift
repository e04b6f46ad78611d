import Foundation
public import Jobs
public import Logging
public import ServiceLifecycle
import Synchronization

/// Sends spans to an OpenTelemetry collector: in batches, by OTLP/HTTP with JSON.
///
/// Spans are never waited for: what a slow or absent collector does not take waits in a queue of limited size, and what
/// has no room there is dropped and counted. `run()` sends; it ends, after a last sending, by graceful shutdown or by
/// `shutdown(within:)`, and at once when its task is cancelled.
public final class SpanExporter: ServiceLifecycle.Service {
  private struct State {
    var queue: SpanQueue
    var isRunning = false
    /// In terms of `time.uptime`; nil until the end is near.
    var deadline: Duration?
    /// Somebody waits for the end.
    var isAwaited = false
  }

  private enum End: Sendable {
    /// Shutting down, and all is sent.
    case drained
    /// Shutting down, and the time is over.
    case late
    case cancelled
  }

  private let url: String
  private let headers: [(name: String, value: String)]
  private let document: OTLPDocument
  private let transport: any HTTPTransport
  private let limits: ExportLimits
  private let time: WorkerTime
  private let logger: Logger
  private let throttle = LogThrottle()
  private let onOutcome: @Sendable (_ exported: Int, _ dropped: Int) -> Void
  private let state: Mutex<State>
  /// There is something to send, or the end is near.
  private let work: WakeSignal
  /// What was refused is to be tried again at once: the end is near.
  private let hurry: WakeSignal
  private let closing: WakeSignal
  private let ended: WakeSignal

  /// - Parameters:
  ///   - endpoint: the collector's `http://127.0.0.1:4318`, with or without a path; `/v1/traces` is added.
  ///   - headers: of each request beside its own, such as `authorization`.
  ///   - onOutcome: hears of spans that the collector has taken and of those that were dropped; called from any thread.
  public convenience init(
    endpoint: String, headers: [String: String] = [:], resource: TraceResource = .current(),
    transport: any HTTPTransport, logger: Logger, time: WorkerTime = .system,
    onOutcome: @escaping @Sendable (_ exported: Int, _ dropped: Int) -> Void = { _, _ in }
  ) {
    self.init(
      endpoint: endpoint, headers: headers, resource: resource, transport: transport,
      logger: logger, limits: ExportLimits(), time: time, onOutcome: onOutcome)
  }

  init(
    endpoint: String, headers: [String: String], resource: TraceResource,
    transport: any HTTPTransport, logger: Logger, limits: ExportLimits, time: WorkerTime,
    onOutcome: @escaping @Sendable (_ exported: Int, _ dropped: Int) -> Void
  ) {
    let slashes = endpoint.reversed().prefix { $0 == "/" }.count
    url = "\(endpoint.dropLast(slashes))/v1/traces"
    let own = [
      "content-type": "application/json", "user-agent": "Harrier/\(harrierVersion)",
    ]
    let others = headers.map { ($0.key.lowercased(), $0.value) }
    self.headers = own.merging(others) { own, _ in own }.sorted { $0.key < $1.key }
      .map { (name: $0.key, value: $0.value) }
    document = OTLPDocument(resource: resource)
    self.transport = transport
    self.logger = logger
    self.limits = limits
    self.time = time
    self.onOutcome = onOutcome
    state = Mutex(State(queue: SpanQueue(limits: limits)))
    work = WakeSignal(time: time)
    hurry = WakeSignal(time: time)
    closing = WakeSignal(time: time)
    ended = WakeSignal(time: time)
  }

  // MARK: - What spans and owners call

  /// Never waits; a span without room is dropped and counted.
  func add(_ span: SpanRecord) {
    let (isFull, isClosed) = state.withLock { ($0.queue.add(span), $0.queue.isClosed) }
    if isFull { work.wake() }
    // Nobody is left who would tell of it later.
    if isClosed { reportDropped() }
  }

  /// Sends what is there now rather than at its time; does not wait for it.
  func flush() { work.wake() }

  /// Sends until the end. Called a second time while it runs, it returns at once.
  public func run() async {
    await withGracefulShutdownHandler {
      _ = await runOnce()
    } onGracefulShutdown: {
      self.close(within: self.limits.shutdown)
    }
  }

  /// Ends `run()` after what is there was sent; does that itself where nobody runs it. Also when the caller's task is
  /// cancelled. What is left when the limit is over is dropped, and so is every span that comes later. A second call
  /// returns at once.
  public func shutdown(within limit: Duration = .seconds(2)) async {
    close(within: limit)
    let isFirst = state.withLock { state in
      defer { state.isAwaited = true }
      return !state.isAwaited
    }
    guard isFirst else { return }
    // A task of its own: whoever ends a process has often been cancelled himself.
    await Task { [self] in
      while !isClosed {
        // Somebody else may run it, and be cancelled before all is sent.
        if await runOnce() { continue }
        await ended.wait(upTo: limit + limits.grace)
        abandonIfStuck()
      }
    }.value
  }

  /// A transport that heeds no cancellation holds the loop; its owner does not wait for it any longer.
  private func abandonIfStuck() {
    state.withLock { state in
      guard let deadline = state.deadline, time.uptime() >= deadline + limits.grace else { return }
      state.queue.close()
    }
    reportDropped()
  }

  private func close(within limit: Duration) {
    let isFirst = state.withLock { state in
      defer { state.deadline = state.deadline ?? time.uptime() + limit }
      return state.deadline == nil
    }
    guard isFirst else { return }
    for signal in [closing, hurry, work] { signal.wake() }
  }

  // MARK: - The loop

  /// - Returns: false, at once, when it runs already.
  private func runOnce() async -> Bool {
    let mayRun = state.withLock { state in
      defer { state.isRunning = true }
      return !state.isRunning && !state.queue.isClosed
    }
    guard mayRun else { return false }
    let end = await withTaskGroup(of: End.self) { group in
      group.addTask { await self.exportLoop() }
      group.addTask { await self.lateness() }
      let first = await group.next() ?? .cancelled
      group.cancelAll()
      return first
    }
    state.withLock { state in
      state.isRunning = false
      if end != .cancelled { state.queue.close() }
    }
    reportDropped()
    ended.wake()
    return true
  }

  /// Returns when the time for the shutdown is over.
  private func lateness() async -> End {
    // The end may have come near while somebody else ran this.
    while !isClosing, !Task.isCancelled { await closing.wait(upTo: .seconds(3600)) }
    guard let left = state.withLock({ $0.deadline }).map({ $0 - time.uptime() }) else {
      return .cancelled
    }
    do {
      if left > .zero { try await time.sleep(left) }
    } catch {
      return .cancelled
    }
    return .late
  }

  private func exportLoop() async -> End {
    while true {
      if !isClosing { await work.wait(upTo: limits.interval) }
      if Task.isCancelled { return .cancelled }
      // What comes while these are sent has time until the next turn, if it is not a whole batch.
      var due = state.withLock { $0.queue.count }
      while due > 0 || state.withLock({ $0.queue.hasFullBatch }) {
        let batch = state.withLock { $0.queue.takeBatch() }
        due -= batch.count
        if await !export(batch) {
          state.withLock { $0.queue.putBack(batch) }
          return .cancelled
        }
      }
      reportDropped()
      if isClosing, state.withLock({ $0.queue.isEmpty }) { return .drained }
    }
  }

  private var isClosing: Bool { state.withLock { $0.deadline != nil } }
  private var isClosed: Bool { state.withLock { $0.queue.isClosed } }

  // MARK: - One batch

  /// Sends a batch, again where that may help.
  /// - Returns: false when it was cancelled meanwhile, and nobody knows whether the batch has arrived.
  private func export(_ batch: [SpanRecord]) async -> Bool {
    let body = Array(document.json(batch).utf8)
    var backoff = Backoff(first: limits.firstDelay, limit: limits.longestDelay)
    for attempt in 1...limits.attempts {
      // Also while a collector that is away holds the loop.
      reportDropped()
      let answer: CollectorAnswer
      do {
        answer = try await send(body)
      } catch {
        return false
      }
      switch answer {
      case .accepted(let rejected, let words):
        let dropped = min(max(0, rejected), batch.count)
        onOutcome(batch.count - dropped, dropped)
        if dropped > 0 || words != nil { warn(words ?? "no reason", dropped: dropped) }
        return true
      case .refused(let words):
        onOutcome(0, batch.count)
        warn(words, dropped: batch.count)
        return true
      case .unavailable(let words, let retryAfter):
        guard attempt < limits.attempts else {
          onOutcome(0, batch.count)
          warn(words, dropped: batch.count)
          return true
        }
        await hurry.wait(upTo: pause(backoff.next(), retryAfter))
        if Task.isCancelled { return false }
      }
    }
    return true
  }

  /// Half of a wait is left to chance, so that processes which failed together do not come back together.
  private func pause(_ backoff: Duration, _ retryAfter: Duration?) -> Duration {
    let wait = backoff / 2 + backoff / 2 * time.random()
    return min(limits.longestDelay, max(wait, retryAfter ?? .zero))
  }

  private func send(_ body: [UInt8]) async throws -> CollectorAnswer {
    do {
      let reply = try await transport.send(
        HTTPCall(
          method: "POST", url: url, headers: headers, body: body, timeout: limits.timeout,
          maxResponseBytes: limits.answerBytes))
      return CollectorAnswer(reply, at: time.now())
    } catch {
      try Task.checkCancellation()
      return .unavailable("\(error)", retryAfter: nil)
    }
  }

  private func reportDropped() {
    let dropped = state.withLock { $0.queue.takeDropped() }
    guard dropped > 0 else { return }
    onOutcome(0, dropped)
    warn("the queue is full, or the process ends", dropped: dropped)
  }

  private func warn(_ cause: String, dropped: Int) {
    guard let unsaid = throttle.admit("dropped", at: .now) else { return }
    logger.warning(
      dropped > 0 ? "Spans are lost" : "The collector of traces complains",
      metadata: ["spans": "\(dropped)", "cause": "\(cause)", "unsaid": "\(unsaid)"])
  }
}

/// What a collector's answer means for a batch.
private enum CollectorAnswer {
  case accepted(rejected: Int, words: String?)
  case refused(String)
  /// Another attempt may help.
  case unavailable(String, retryAfter: Duration?)

  /// The statuses are those of opentelemetry-proto/docs/specification.md, "Retryable Response Codes".
  init(_ reply: HTTPReply, at now: Date) {
    switch reply.status {
    case 200..<300:
      let partial = PartialSuccess(body: reply.body)
      self = .accepted(rejected: partial.rejected, words: partial.words)
    case 429, 502, 503, 504:
      self = .unavailable(
        "The collector answered with status \(reply.status)",
        retryAfter: reply.headers["retry-after"].flatMap { Self.delay($0, at: now) })
    default: self = .refused("The collector answered with status \(reply.status)")
    }
  }

  /// Seconds, or a time (RFC 9110, 10.2.3).
  private static func delay(_ text: String, at now: Date) -> Duration? {
    // A day is longer than any wait here, and no number of seconds below it overflows.
    if let seconds = UInt64(text) { return .seconds(min(seconds, 86_400)) }
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = .gmt
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return format.date(from: text).map {
      .seconds(min(max(0, $0.timeIntervalSince(now)), 86_400))
    }
  }
}

/// `ExportTraceServiceResponse`, as far as it matters.
private struct PartialSuccess: Decodable {
  private struct Part: Decodable {
    /// proto3 writes 64-bit numbers as texts; some servers write them as numbers.
    struct Count: Decodable {
      let number: Int

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
          number = Int(text) ?? 0
        } else {
          number = try container.decode(Int.self)
        }
      }
    }
    let rejectedSpans: Count?
    let errorMessage: String?
  }

  private let partialSuccess: Part?

  /// Nothing was rejected where the body is anything else: its status says that all is well.
  init(body: [UInt8]) {
    do {
      self = try JSONDecoder().decode(PartialSuccess.self, from: Data(body))
    } catch {
      partialSuccess = nil
    }
  }

  var rejected: Int { partialSuccess?.rejectedSpans?.number ?? 0 }

  var words: String? {
    let text = partialSuccess?.errorMessage ?? ""
    // The log's own limit is larger.
    return text.isEmpty ? nil : String(text.unicodeScalars.prefix(256))
  }
}
