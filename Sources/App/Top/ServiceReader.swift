import Foundation
public import Jobs
import ObjectDetection

/// Reads what a running service says of itself.
public actor ServiceReader {
  /// Of one answer: the largest are metrics with all their series.
  private static let maxAnswerBytes = 4 << 20
  private static let timeout = Duration.seconds(5)
  /// The service adds a point so often.
  private static let historySpacing = Duration.seconds(10)
  /// Lists count against the service's limit of requests, for all clients of this address.
  private static let listSpacing = Duration.seconds(2)
  /// While less than half of that limit is left, others come first.
  private static let politeListSpacing = Duration.seconds(10)
  /// The header has whole seconds and is some time under way.
  private static let clockTolerance = 2.0
  /// What fits on a large screen, and what can be sorted by when it comes next.
  private static let processingLimit = 50
  private static let queuedLimit = 100

  private let address: ServiceAddress
  private let transport: any HTTPTransport
  private let uptime: @Sendable () -> Duration
  private let now: @Sendable () -> Date

  private var lastLists: (processing: ListResult, queued: ListResult)?
  private var listsDue = Duration.zero
  private var lastHistory: Result<DashboardAnswer, SourceFailure>?
  private var historyDue = Duration.zero
  /// What the service's clock is ahead of this one.
  private var clockOffset = 0.0
  private var quota: (remaining: Int, limit: Int)?

  private typealias ListResult = Result<JobList, SourceFailure>

  public init(_ address: ServiceAddress, transport: any HTTPTransport) {
    let clock = ContinuousClock()
    let start = clock.now
    self.init(address, transport: transport, uptime: { clock.now - start }, now: { Date() })
  }

  init(
    _ address: ServiceAddress, transport: any HTTPTransport,
    uptime: @escaping @Sendable () -> Duration, now: @escaping @Sendable () -> Date
  ) {
    self.address = address
    self.transport = transport
    self.uptime = uptime
    self.now = now
  }

  /// Asks for everything that is due, at once. It never fails: what could not be read says why.
  public func look() async -> ServiceLook {
    async let readiness = readiness()
    let metrics = await metrics()
    let at = uptime()
    var numbers: ScrapedMetrics?
    switch metrics {
    case .success(let scraped): numbers = scraped
    case .failure(let failure) where failure.kind == .noAnswer:
      // One that does not answer is not asked five questions.
      return ServiceLook(
        at: at, time: serviceTime, metrics: metrics, readiness: await readiness,
        processing: .failure(failure), queued: .failure(failure), history: .failure(failure))
    case .failure: break
    }
    async let history = history(at: at)
    let (processing, queued) = await lists(numbers, at: at)
    return ServiceLook(
      at: at, time: serviceTime, metrics: metrics, readiness: await readiness,
      processing: processing, queued: queued, history: await history)
  }

  private func metrics() async -> Result<ScrapedMetrics, SourceFailure> {
    await read("/metrics") { body throws(SourceFailure) in
      let metrics = ScrapedMetrics(text: body, keeping: ServiceFigures.metrics)
      guard !metrics.kinds.isEmpty else {
        throw SourceFailure(.unreadable, "it has no metrics of Harrier")
      }
      return metrics
    }
  }

  private func readiness() async -> Result<ReadinessAnswer, SourceFailure> {
    do throws(SourceFailure) {
      let reply = try await get("/health/ready")
      return .success(try ReadinessAnswer(status: reply.status, body: reply.body))
    } catch {
      return .failure(error)
    }
  }

  private func history(at time: Duration) async -> Result<DashboardAnswer, SourceFailure> {
    if let lastHistory, time < historyDue { return lastHistory }
    let answer = await read("/api/v1/monitoring/dashboard", as: DashboardAnswer.init)
    lastHistory = answer
    historyDue = time + Self.historySpacing
    return answer
  }

  /// What is known to be empty is not asked for.
  private func lists(
    _ metrics: ScrapedMetrics?, at time: Duration
  ) async -> (processing: ListResult, queued: ListResult) {
    if let lastLists, time < listsDue { return lastLists }
    quota = nil
    async let processing = list(
      "processing", limit: Self.processingLimit, count: metrics?.gauge("active_jobs"))
    async let queued = list(
      "queued", limit: Self.queuedLimit, count: metrics?.gauge("queue_length"))
    let answers = await (processing: processing, queued: queued)
    lastLists = answers
    let isScarce = quota.map { $0.remaining * 2 < $0.limit } ?? false
    listsDue = time + (isScarce ? Self.politeListSpacing : Self.listSpacing)
    return answers
  }

  private func list(_ state: String, limit: Int, count: Double?) async -> ListResult {
    if count == 0 { return .success(.empty) }
    return await read("/api/v1/jobs?status=\(state)&limit=\(limit)", as: JobList.init)
  }

  private func read<Answer: Sendable>(
    _ path: String, as decode: ([UInt8]) throws(SourceFailure) -> Answer
  ) async -> Result<Answer, SourceFailure> {
    do throws(SourceFailure) {
      let reply = try await get(path)
      guard reply.status == 200 else { throw SourceFailure(status: reply.status) }
      return .success(try decode(reply.body))
    } catch {
      return .failure(error)
    }
  }

  private func get(_ path: String) async throws(SourceFailure) -> HTTPReply {
    var headers = [(name: "Accept", value: "*/*"), (name: "User-Agent", value: "harrier-top")]
    if let key = address.apiKey {
      headers.append((name: "Authorization", value: "Bearer \(key)"))
    }
    let reply: HTTPReply
    do {
      reply = try await transport.send(
        HTTPCall(
          method: "GET", url: address.url + path, headers: headers, body: [],
          timeout: Self.timeout, maxResponseBytes: Self.maxAnswerBytes))
    } catch {
      let words = (error as? JobsError)?.message ?? "\(error)"
      throw SourceFailure(.noAnswer, String(address.redacted(words).prefix(200)))
    }
    note(reply)
    return reply
  }

  private var serviceTime: Date { now() + clockOffset }

  private func note(_ reply: HTTPReply) {
    if let date = reply.headers["date"].flatMap(httpDate) {
      let offset = date.timeIntervalSince(now())
      clockOffset = abs(offset) > Self.clockTolerance ? offset : 0
    }
    if let remaining = reply.headers["ratelimit-remaining"].flatMap({ Int($0) }),
      let limit = reply.headers["ratelimit-limit"].flatMap({ Int($0) })
    {
      quota = (remaining, limit)
    }
  }
}

/// `Thu, 26 Nov 2026 06:37:54 GMT` (RFC 9110, 5.6.7).
private func httpDate(_ text: String) -> Date? {
  let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  let parts = text.split(separator: " ").map(String.init)
  guard parts.count == 6, let month = months.firstIndex(of: parts[2]) else { return nil }
  let date = "\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])"
  return JSONValue.string("\(date)T\(parts[4])Z").time
}
