import Foundation
import HTTPTypes
import Jobs
import NIOPosix
import ObjectDetection
import Synchronization

/// Whether this process can take work: its stores answer, its models can be read, and it is not shutting down.
final class Readiness: Sendable {
  /// A store that takes longer does not answer.
  static let limit = Duration.seconds(2)

  private let checks: [HealthCheck]
  private let draining = Atomic(false)

  init(checks: [HealthCheck]) { self.checks = checks }

  convenience init(service: Service, clock: any Clock<Duration>) {
    let folder = service.settings.modelsDirectory
    self.init(checks: [
      HealthCheck("database", now: service.now, clock: clock) {
        _ = try await service.jobs.latestVersion()
      },
      HealthCheck("files", now: service.now, clock: clock) {
        try await service.blobs.checkWritable()
      },
      HealthCheck("models", now: service.now, clock: clock) {
        // A folder on a lost network disk blocks its reader.
        try await NIOThreadPool.singleton.runIfActive {
          _ = try FileManager.default.contentsOfDirectory(atPath: folder)
        }
      },
    ])
  }

  /// From now on the service is not ready: load balancers send no more requests while it finishes its own.
  func drain() { draining.store(true, ordering: .relaxed) }

  /// The answer of `GET /health/ready`.
  /// - Throws: `APIError(.serviceUnavailable)` with an entry for each store that does not answer.
  func document() async throws -> String {
    if draining.load(ordering: .relaxed) {
      throw unavailable("The service is shutting down", entries: [], cause: nil)
    }
    let named = await outcomes(within: Self.limit)
    let down = named.filter { $0.1 != .answers }
    guard down.isEmpty else {
      throw unavailable(
        "Not ready: \(down.map(\.0).joined(separator: ", "))",
        details: named.map { "\($0): \($1.words)" }.joined(separator: ", "),
        entries: down.map { .field($0, "UNAVAILABLE", $1.words) },
        cause: down.map { "\($0): \($1)" }.joined(separator: ", "))
    }
    return Envelope.success { json in
      json.string("status", "ready")
      for (name, _) in named { json.object(name) { $0.string("status", "ok") } }
    }
  }

  /// What each thing answers, by its name and in their order.
  func outcomes(within limit: Duration) async -> [(name: String, outcome: HealthCheck.Outcome)] {
    let outcomes = await withTaskGroup(of: (Int, HealthCheck.Outcome).self) { group in
      for (index, check) in checks.enumerated() {
        group.addTask { (index, await check.outcome(within: limit)) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    return checks.enumerated().map { ($1.name, outcomes[$0] ?? .late) }
  }

  private func unavailable(
    _ message: String, details: String? = nil, entries: [APIErrorEntry], cause: String?
  ) -> APIError {
    APIError(
      .serviceUnavailable, message, details: details, entries: entries,
      headers: [.retryAfter: "5"], cause: cause)
  }
}

/// One thing that the service needs. It is asked at most once a second, and never again while it still owes
/// an answer: a store that hangs is not buried under questions.
actor HealthCheck {
  enum Outcome: Sendable, Equatable {
    case answers
    /// What went wrong is for the log.
    case fails(String)
    case late

    var words: String {
      switch self {
      case .answers: "ok"
      case .fails: "fails"
      case .late: "does not answer"
      }
    }
  }

  nonisolated let name: String
  private let now: @Sendable () -> Date
  private let clock: any Clock<Duration>
  private let ask: @Sendable () async throws -> Void
  private var running: Task<Outcome, Never>?
  private var last: (time: Date, outcome: Outcome)?

  init(
    _ name: String, now: @escaping @Sendable () -> Date, clock: any Clock<Duration>,
    ask: @escaping @Sendable () async throws -> Void
  ) {
    self.name = name
    self.now = now
    self.clock = clock
    self.ask = ask
  }

  func outcome(within limit: Duration) async -> Outcome {
    if let last, abs(now().timeIntervalSince(last.time)) < 1 { return last.outcome }
    let task = running ?? start()
    return await value(of: task, within: limit, clock: clock) ?? .late
  }

  private func start() -> Task<Outcome, Never> {
    let task = Task { [ask] in
      let outcome: Outcome
      do {
        try await ask()
        outcome = .answers
      } catch {
        outcome = .fails("\(error)")
      }
      running = nil
      last = (now(), outcome)
      return outcome
    }
    running = task
    return task
  }
}
