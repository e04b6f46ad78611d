import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

/// A mistake that a store could make, and the invariant by which an exploration finds it.
struct StoreFault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let broken: String
  private let change: @Sendable (inout ExploredStore) -> Void

  init(
    _ testDescription: String, breaks broken: String,
    _ change: @escaping @Sendable (inout ExploredStore) -> Void
  ) {
    self.testDescription = testDescription
    self.broken = broken
    self.change = change
  }

  func put(into store: ExploredStore) -> ExploredStore {
    var store = store
    change(&store)
    return store
  }

  static let all = refusals + claims + attempts + writes + endings + views
}

/// What a faulty store remembers.
private final class Memory<Value: Sendable>: Sendable {
  private let content: Mutex<Value>

  init(_ value: Value) { content = Mutex(value) }

  var value: Value {
    get { content.withLock { $0 } }
    set { content.withLock { $0 = newValue } }
  }
}

extension ExploredStore {
  /// For a store that does not look at tokens.
  fileprivate mutating func rememberNewestClaim() -> Memory<Claim?> {
    let newest = Memory<Claim?>(nil)
    claim = { [claim] worker, now in
      let claimed = try await claim(worker, now)
      if let claimed { newest.value = claimed.claim }
      return claimed
    }
    return newest
  }

  fileprivate mutating func show(_ change: @escaping @Sendable (inout JobView) -> Void) {
    look = { [look] claims in
      var view = try await look(claims)
      change(&view)
      return view
    }
  }
}

extension StoreFault {
  private static let refusals = [
    StoreFault(
      "an end by any claim is taken",
      breaks: "a write is refused if and only if its claim does not hold the job"
    ) { store in
      let newest = store.rememberNewestClaim()
      store.finish = { [finish = store.finish] claim, outcome, now in
        try await finish(newest.value ?? claim, outcome, now)
      }
    },
    StoreFault(
      "a record by any claim is taken",
      breaks: "a write is refused if and only if its claim does not hold the job"
    ) { store in
      let newest = store.rememberNewestClaim()
      store.record = { [record = store.record] image, claim, now in
        try await record(image, newest.value ?? claim, now)
      }
    },
    StoreFault(
      "a late report is taken, but answered as refused", breaks: "a refused write changes nothing"
    ) { store in
      let newest = store.rememberNewestClaim()
      store.report = { [report = store.report] progress, claim, now in
        try await report(progress, newest.value ?? claim, now)
        if newest.value != claim { throw JobsError.leaseLost }
      }
    },
    StoreFault(
      "a late renewal is refused, but keeps the next worker off",
      breaks: "a job is claimed if and only if it is due"
    ) { store in
      let newest = store.rememberNewestClaim()
      store.renew = { [renew = store.renew] claim, now in
        try await renew(newest.value ?? claim, now)
        if newest.value != claim { throw JobsError.leaseLost }
      }
    },
  ]

  private static let claims = [
    StoreFault("all claims have one token", breaks: "tokens grow") { store in
      store.claim = { [claim = store.claim] worker, now in
        var claimed = try await claim(worker, now)
        claimed?.claim.token = 1
        return claimed
      }
    },
    StoreFault("a renewal is forgotten", breaks: "a job is claimed if and only if it is due") {
      store in
      store.renew = { [look = store.look] claim, _ in
        if try await look([claim]).holding.isEmpty { throw JobsError.leaseLost }
      }
    },
    StoreFault(
      "a retried job is claimed before its time",
      breaks: "a job is claimed if and only if it is due"
    ) { store in
      store.claim = { [claim = store.claim, look = store.look] worker, now in
        let isQueued = try await look([]).job.state == .queued
        return try await claim(worker, isQueued ? now + JobScene.step : now)
      }
    },
    StoreFault(
      "a worker is not told what earlier ones have recorded",
      breaks: "who claims a job gets it as it is then, with its records and deaths"
    ) { store in
      store.claim = { [claim = store.claim] worker, now in
        var claimed = try await claim(worker, now)
        claimed?.records = []
        return claimed
      }
    },
    StoreFault("every claim holds the job", breaks: "at most one claim holds the job") { store in
      store.look = { [look = store.look] claims in
        var view = try await look(claims)
        view.holding = claims.map(\.token)
        return view
      }
    },
    StoreFault(
      "no claim holds the job",
      breaks: "the newest claim holds the job while it is processed, and no other"
    ) { store in store.show { $0.holding = [] } },
  ]

  private static let attempts = [
    StoreFault(
      "an attempt that was released is forgotten",
      breaks: "every claim has its attempt, in their order"
    ) { store in store.show { $0.attempts.removeAll { $0.outcome == .released } } },
    StoreFault(
      "the attempt of a dead worker goes on",
      breaks: "the newest attempt runs while the job is processed, and no other"
    ) { store in
      store.show { view in
        for index in view.attempts.indices where view.attempts[index].outcome == .lost {
          view.attempts[index].outcome = .running
        }
      }
    },
    StoreFault(
      "a cancellation ends the attempts before, too",
      breaks: "an attempt that has ended never changes"
    ) { store in
      store.show { view in
        guard view.job.state == .cancelled else { return }
        for index in view.attempts.indices { view.attempts[index].outcome = .cancelled }
      }
    },
    StoreFault(
      "an attempt ends when the job is next claimed",
      breaks: "an attempt ends as its worker, a client or its lease says, at that time"
    ) { store in
      store.show { view in
        guard view.job.state == .queued, let last = view.attempts.indices.last else { return }
        view.attempts[last].endedAt = nil
      }
    },
  ]

  private static let writes = [
    StoreFault(
      "the last percentage is kept, not the highest", breaks: "a percentage never goes back"
    ) { store in
      let last = Memory<Int?>(nil)
      store.report = { [report = store.report] progress, claim, now in
        try await report(progress, claim, now)
        last.value = progress.percentage
      }
      store.show { view in
        guard view.job.state == .processing, let percentage = last.value else { return }
        view.job.progress.percentage = percentage
      }
    },
    StoreFault(
      "the last record of an image is kept, not the first",
      breaks: "a record never changes and never vanishes"
    ) { store in
      let last = Memory<[FileID: ImageRecord]>([:])
      store.record = { [record = store.record] image, claim, now in
        try await record(image, claim, now)
        last.value[image.fileID] = image
      }
      store.show { view in view.records = view.records.map { last.value[$0.fileID] ?? $0 } }
    },
    StoreFault(
      "a record is forgotten", breaks: "an image has a record if and only if a holder made one"
    ) { store in
      store.record = { [look = store.look] _, claim, _ in
        if try await look([claim]).holding.isEmpty { throw JobsError.leaseLost }
      }
    },
    StoreFault("a cancellation finds the store busy", breaks: "no call fails in another way") {
      store in
      store.cancel = { _ in throw JobsError(.unavailable, "The metadata store is busy") }
    },
  ]

  /// A store that takes one outcome for another; nil for one that it forgets.
  private static func mistaking(
    _ store: inout ExploredStore,
    _ mistake: @escaping @Sendable (AttemptOutcome, _ now: Date) -> AttemptOutcome?
  ) {
    store.finish = { [finish = store.finish, look = store.look] claim, outcome, now in
      if let outcome = mistake(outcome, now) { return try await finish(claim, outcome, now) }
      if try await look([claim]).holding.isEmpty { throw JobsError.leaseLost }
    }
  }

  private static let endings = [
    StoreFault(
      "a released job is completed by its late worker",
      breaks: "a state becomes only what may follow it"
    ) { store in
      let isCompleted = Memory(false)
      store.finish = { [finish = store.finish, look = store.look] claim, outcome, now in
        let isQueued = try await look([]).job.state == .queued
        guard isQueued, case .completed = outcome else {
          return try await finish(claim, outcome, now)
        }
        isCompleted.value = true
      }
      store.show { if isCompleted.value { $0.job.state = .completed } }
    },
    StoreFault(
      "a completion is forgotten", breaks: "a job completes if and only if its holder says so"
    ) { store in
      mistaking(&store) { outcome, _ in if case .completed = outcome { nil } else { outcome } }
    },
    StoreFault(
      "a failure is forgotten",
      breaks: "a job fails if and only if its holder says so or its last worker has died"
    ) { store in
      mistaking(&store) { outcome, _ in if case .failed = outcome { nil } else { outcome } }
    },
    StoreFault(
      "a released attempt counts", breaks: "the attempt counts the claims that were not released"
    ) { store in
      mistaking(&store) { outcome, now in
        outcome == .released ? .retry(at: now, JobFailure(code: "X", message: "")) : outcome
      }
    },
    StoreFault("a released job waits", breaks: "a released job is due at once") { store in
      mistaking(&store) { outcome, now in
        outcome == .released ? .retry(at: now + 1, JobFailure(code: "X", message: "")) : outcome
      }
    },
    StoreFault("a retried job does not wait", breaks: "a retried job is due at its time") { store in
      mistaking(&store) { outcome, now in
        if case .retry(_, let failure) = outcome { .retry(at: now, failure) } else { outcome }
      }
    },
    StoreFault(
      "who cancels a job is told that it had ended",
      breaks: "a job is cancelled if and only if a client does it, who is told so"
    ) { store in
      store.cancel = { [cancel = store.cancel] now in
        let outcome = try await cancel(now)
        if case .cancelled(let job) = outcome { return .alreadyEnded(job) }
        return outcome
      }
    },
    StoreFault("a cancellation touches an ended job", breaks: "an ended job never changes") {
      store in
      let touched = Memory(0)
      store.cancel = { [cancel = store.cancel] now in
        let outcome = try await cancel(now)
        if case .alreadyEnded = outcome { touched.value += 1 }
        return outcome
      }
      store.show { $0.job.updatedAt += Double(touched.value) }
    },
  ]

  private static let views = [
    StoreFault(
      "an end has no date", breaks: "a job has an end date if and only if it has ended"
    ) { store in store.show { $0.job.endedAt = nil } },
    StoreFault(
      "a crash has another code",
      breaks: "a job that too many workers died on fails with WORKER_CRASHED"
    ) { store in
      store.show { if $0.job.failure?.code == "WORKER_CRASHED" { $0.job.failure?.code = "X" } }
    },
    StoreFault(
      "a version never grows", breaks: "the version grows if and only if the job changes"
    ) { store in
      store.show { view in
        view.job.version = 1
        view.latestVersion = 1
      }
    },
    StoreFault(
      "the newest version is one ahead", breaks: "the newest version is that of the newest change"
    ) { store in store.show { $0.latestVersion += 1 } },
  ]
}
