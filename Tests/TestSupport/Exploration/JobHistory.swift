public import Foundation
public import Jobs

/// What the actions so far and their answers say about the job, without looking into the store.
public struct JobHistory: Sendable {
  static let lease = Duration.seconds(2 * JobScene.step)

  let maxDeaths: Int
  public private(set) var now = startOfTests
  /// All that were given, in their order.
  public private(set) var claims: [Claim] = []
  /// By which each worker writes.
  public private(set) var lastClaims: [ExploredWorker: Claim] = [:]
  public private(set) var releases = 0
  /// Claims whose lease was over when somebody asked for the job.
  public private(set) var deaths = 0
  private var claimedAt = startOfTests
  /// Of the claim that should hold the job.
  private var leaseEnd: Date?

  init(maxDeaths: Int) { self.maxDeaths = maxDeaths }

  var attempts: Int { claims.count - releases }
  var isLeaseOver: Bool { leaseLeft == 0 }
  var isLastDeath: Bool { isLeaseOver && deaths + 1 == maxDeaths }

  /// In steps; nil when nobody should hold the job.
  var leaseLeft: Int? {
    leaseEnd.map { max(0, Int($0.timeIntervalSince(now) / JobScene.step)) }
  }

  /// Whether the lease ends later than when it was given.
  var isRenewed: Bool {
    leaseEnd.map { $0 > claimedAt + Self.lease.timeInterval } ?? false
  }

  func holds(_ worker: ExploredWorker, _ view: JobView) -> Bool {
    lastClaims[worker].map { view.holding.contains($0.token) } ?? false
  }

  mutating func add(_ action: JobAction, _ answer: JobAnswer) {
    switch (action, answer) {
    case (.timePasses, _):
      now += JobScene.step
    case (.claim(let worker), _):
      if isLeaseOver {
        deaths += 1
        leaseEnd = nil
      }
      guard case .claimed(let claimed) = answer else { return }
      claims.append(claimed.claim)
      lastClaims[worker] = claimed.claim
      claimedAt = now
      leaseEnd = now + Self.lease.timeInterval
    case (.renew, .done):
      leaseEnd = now + Self.lease.timeInterval
    case (.finish(_, let ending), .done):
      leaseEnd = nil
      if ending == .released { releases += 1 }
    case (.cancel, .cancel(.cancelled)):
      leaseEnd = nil
    default: break
    }
  }
}

/// All that decides what may happen next. Two ways to one situation are explored once.
public struct JobSituation: Sendable, Hashable {
  enum Grip: Sendable { case none, holds, stale }

  public let state: JobState
  let attempt: Int
  let deaths: Int
  let percentage: Int
  let hasStarted: Bool
  let failureCode: String?
  let recorded: [Bool]
  let grips: [Grip]
  let leaseLeft: Int?
  let isRenewed: Bool
  let isDue: Bool

  init(_ history: JobHistory, _ view: JobView) {
    let job = view.job
    state = job.state
    attempt = job.attempt
    deaths = history.deaths
    percentage = job.progress.percentage
    hasStarted = job.startedAt != nil
    failureCode = job.failure?.code
    recorded = job.fileIDs.map { file in view.records.contains { $0.fileID == file } }
    grips = ExploredWorker.allCases.map { worker in
      history.lastClaims[worker] == nil ? .none : history.holds(worker, view) ? .holds : .stale
    }
    leaseLeft = history.leaseLeft
    isRenewed = history.isRenewed
    isDue = job.dueAt <= history.now
  }
}
