import Foundation
import Jobs

/// One sentence that is true of every step of a job, whatever happened before it.
public struct JobInvariant: Sendable {
  public let name: String
  let isKept: @Sendable (JobStep) -> Bool

  init(_ name: String, _ isKept: @escaping @Sendable (JobStep) -> Bool) {
    self.name = name
    self.isKept = isKept
  }

  public static let all = states + claims + attempts + writes + times + seen
}

extension JobStep {
  /// The claim by which the action writes.
  var claim: Claim? { action.writer.flatMap { past.lastClaims[$0] } }

  /// Whether the claim by which the action writes holds the job.
  var isHolders: Bool { claim.map { before.holding.contains($0.token) } ?? false }

  var isClaim: Bool { if case .claim = action { true } else { false } }

  /// The ending, when the holder finishes.
  var ending: ExploredEnding? {
    if case .finish(_, let ending) = action, isHolders { ending } else { nil }
  }

  /// What becomes of the attempt that runs.
  var attemptOutcome: Attempt.Outcome {
    switch ending {
    case .completed: .completed
    case .retry: .retried
    case .failed: .failed
    case .released: .released
    case nil: action == .cancel ? .cancelled : isClaim && past.isLeaseOver ? .lost : .running
    }
  }

  var claimed: ClaimedJob? { if case .claimed(let job) = answer { job } else { nil } }

  /// Whether the job comes into the state by this step.
  func enters(_ state: JobState) -> Bool {
    before.job.state != state && after.job.state == state
  }

  /// Whether a claim finds the job: it waits and is due, or its lease is over.
  var isDue: Bool {
    before.job.state == .queued ? before.job.dueAt <= past.now : past.isLeaseOver
  }
}

extension JobInvariant {
  static let states = [
    JobInvariant("a state becomes only what may follow it") { step in
      let (old, new) = (step.before.job.state, step.after.job.state)
      return old == new || old.canBecome(new)
    },
    JobInvariant("an ended job never changes") { step in
      !step.before.job.state.isEnded || step.after == step.before
    },
    JobInvariant("a job has an end date if and only if it has ended") { step in
      step.after.job.state.isEnded == (step.after.job.endedAt != nil)
    },
    JobInvariant("a job completes if and only if its holder says so") { step in
      step.enters(.completed) == (step.ending == .completed)
    },
    JobInvariant("a job fails if and only if its holder says so or its last worker has died") {
      step in
      step.enters(.failed) == (step.ending == .failed || step.isClaim && step.past.isLastDeath)
    },
    JobInvariant("a job that too many workers died on fails with WORKER_CRASHED") { step in
      guard step.isClaim && step.past.isLastDeath else { return true }
      return step.answer == .nothingDue && step.after.job.state == .failed
        && step.after.job.failure?.code == "WORKER_CRASHED"
        && step.after.job.endedAt == step.past.now
    },
    JobInvariant("a job is cancelled if and only if a client does it, who is told so") { step in
      guard step.action == .cancel else { return !step.enters(.cancelled) }
      let job = step.after.job
      return step.before.job.state.isEnded
        ? step.answer == .cancel(.alreadyEnded(job))
        : step.answer == .cancel(.cancelled(job)) && job.state == .cancelled
    },
  ]

  static let claims = [
    JobInvariant("at most one claim holds the job") { $0.after.holding.count <= 1 },
    JobInvariant("the newest claim holds the job while it is processed, and no other") { step in
      let holder = step.after.job.state == .processing ? step.present.claims.last : nil
      return Set(step.after.holding) == Set([holder].compactMap { $0?.token })
    },
    JobInvariant("tokens grow") { step in
      guard let claimed = step.claimed else { return true }
      return step.past.claims.allSatisfy { $0.token < claimed.claim.token }
    },
    JobInvariant("the attempt counts the claims that were not released") { step in
      step.after.job.attempt == step.present.attempts
    },
    JobInvariant("who claims a job gets it as it is then, with its records and deaths") { step in
      guard let claimed = step.claimed else { return true }
      return claimed.job == step.after.job && claimed.records == step.after.records
        && claimed.deaths == step.present.deaths && claimed.job.state == .processing
    },
  ]

  static let attempts = [
    JobInvariant("every claim has its attempt, in their order") { step in
      step.after.attempts.map(\.token) == step.present.claims.map(\.token)
    },
    JobInvariant("the newest attempt runs while the job is processed, and no other") { step in
      let running = step.after.attempts.indices.filter {
        step.after.attempts[$0].outcome == .running
      }
      let isProcessed = step.after.job.state == .processing
      return running == (isProcessed ? [step.after.attempts.count - 1] : [])
    },
    JobInvariant("an attempt that has ended never changes") { step in
      zip(step.before.attempts, step.after.attempts).allSatisfy {
        $0.outcome == .running || $0 == $1
      }
    },
    JobInvariant("an attempt ends as its worker, a client or its lease says, at that time") {
      step in
      guard let old = step.before.attempts.last, old.outcome == .running else { return true }
      let new = step.after.attempts.first { $0.token == old.token }
      let outcome = step.attemptOutcome
      return new?.outcome == outcome && new?.worker == old.worker
        && new?.endedAt == (outcome == .running ? nil : step.past.now)
    },
  ]

  static let writes = [
    JobInvariant("a write is refused if and only if its claim does not hold the job") { step in
      step.claim == nil || step.answer == (step.isHolders ? .done : .refused)
    },
    JobInvariant("a refused write changes nothing") { step in
      step.answer != .refused || step.after == step.before
    },
    JobInvariant("a percentage never goes back") { step in
      step.after.job.progress.percentage >= step.before.job.progress.percentage
    },
    JobInvariant("a record never changes and never vanishes") { step in
      step.before.records.allSatisfy(step.after.records.contains)
    },
    JobInvariant("an image has a record if and only if a holder made one") { step in
      let files = step.after.job.fileIDs
      var expected = Set(step.before.records.map(\.fileID))
      if case .record(_, let image) = step.action, step.isHolders { expected.insert(files[image]) }
      return step.after.records.map(\.fileID) == files.filter(expected.contains)
    },
    JobInvariant("no call fails in another way") { step in
      if case .error = step.answer { false } else { true }
    },
  ]

  static let times = [
    JobInvariant("a job is claimed if and only if it is due") { step in
      guard step.isClaim, !step.past.isLastDeath else { return true }
      return (step.claimed != nil) == step.isDue
    },
    JobInvariant("a released job is due at once") { step in
      step.ending != .released
        || step.after.job.state == .queued && step.after.job.dueAt <= step.past.now
    },
    JobInvariant("a retried job is due at its time") { step in
      step.ending != .retry
        || step.after.job.state == .queued
          && step.after.job.dueAt == step.past.now + JobScene.step
          && step.after.job.failure == JobScene.retryFailure
    },
  ]

  static let seen = [
    JobInvariant("the version grows if and only if the job changes") { step in
      let (old, new) = (step.before.job, step.after.job)
      return new.withoutVersion == old.withoutVersion
        ? new.version == old.version : new.version > old.version
    },
    JobInvariant("the newest version is that of the newest change") { step in
      step.after.latestVersion == step.after.job.version
    },
  ]
}
