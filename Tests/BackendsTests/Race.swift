import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

/// Many workers and clients on the same jobs. Each call takes a second of the race's own time, so that leases run
/// out while their workers are at it.
final class Race: Sendable {
  static let jobs = 40
  static let workersOfStore = 3
  /// Calls; an attempt makes five, while all workers together make thirty.
  static let lease = Duration.seconds(40)
  /// Of one worker; far more than it needs.
  static let maxClaims = 2000
  static let cancellations = 12

  private let jobs: [JobID]
  private let seconds = Atomic<Int>(0)

  init(jobs: [JobID]) { self.jobs = jobs }

  /// The next moment.
  func now() -> Date {
    startOfTests + Double(seconds.wrappingAdd(1, ordering: .relaxed).newValue)
  }

  /// Cancels some jobs, and looks at others in between: what has ended must stay so.
  func cancelSome(in store: any JobStore, seed: UInt64) async throws -> [RaceEvent] {
    var random = SeededGenerator(seed: seed)
    var ended: [JobID: Job] = [:]
    var events: [RaceEvent] = []
    for _ in 0..<Self.cancellations {
      for id in jobs.shuffled(using: &random).prefix(5) {
        guard let job = try await store.job(id), job.state.isEnded else { continue }
        if let before = ended[id], before != job { events.append(RaceEvent(id, .changedItsEnd)) }
        ended[id] = job
      }
      guard let id = jobs.randomElement(using: &random) else { return events }
      switch try await store.cancel(id, now: now()) {
      case .cancelled(let job): events.append(RaceEvent(job.id, .cancelled))
      case .alreadyEnded, .notFound: break
      }
    }
    return events
  }
}

/// What one worker or client was told.
struct RaceEvent: Sendable {
  enum Kind: Sendable, Equatable {
    case claimed(token: Int)
    case recorded(FileID, token: Int)
    case completed, failed, retried, released, cancelled
    case changedItsEnd
  }

  let job: JobID
  let kind: Kind

  init(_ job: JobID, _ kind: Kind) {
    self.job = job
    self.kind = kind
  }
}

/// A worker that sometimes freezes: it comes back to such a job after others.
struct RaceWorker: Sendable {
  private let race: Race
  private let store: any JobStore
  private let name: WorkerID
  private var random: SeededGenerator
  private var frozen: [ClaimedJob] = []
  private var events: [RaceEvent] = []

  init(_ race: Race, _ store: any JobStore, _ name: String, seed: UInt64) {
    self.race = race
    self.store = store
    self.name = WorkerID(name)
    random = SeededGenerator(seed: name.utf8.reduce(seed) { $0 &* 31 &+ UInt64($1) })
  }

  /// Works until all jobs have ended.
  func run() async throws -> [RaceEvent] {
    var worker = self
    for _ in 0..<Race.maxClaims {
      let claimed = try await store.claim(
        for: name, lease: Race.lease, maxDeaths: 3, now: race.now())
      if let claimed {
        worker.events.append(
          RaceEvent(claimed.job.id, .claimed(token: claimed.claim.token)))
        if Int.random(in: 0..<4, using: &worker.random) == 0 {
          worker.frozen.append(claimed)
        } else {
          try await worker.attempt(claimed)
        }
      } else {
        let counts = try await store.counts()
        if counts.queued == 0 && counts.processing == 0 { break }
      }
      if Int.random(in: 0..<4, using: &worker.random) == 0, !worker.frozen.isEmpty {
        try await worker.attempt(worker.frozen.removeFirst())
      }
    }
    for claimed in worker.frozen { try await worker.attempt(claimed) }
    return worker.events
  }

  private mutating func attempt(_ claimed: ClaimedJob) async throws {
    let (id, claim) = (claimed.job.id, claimed.claim)
    do {
      for file in claimed.job.fileIDs where !claimed.records.contains(where: { $0.fileID == file })
      {
        let record = ImageRecord(fileID: file, resultKey: "\(claim.token)")
        try await store.record(record, by: claim, now: race.now())
        events.append(RaceEvent(id, .recorded(file, token: claim.token)))
      }
      let percentage = Int.random(in: 0...100, using: &random)
      try await store.report(
        JobProgress(totalImages: 2, percentage: percentage), by: claim, now: race.now())
      let (outcome, kind) = ending()
      try await store.finish(claim, outcome, now: race.now())
      events.append(RaceEvent(id, kind))
    } catch let error as JobsError where error.code == .leaseLost {
      // The attempt is over, which is what the race is about.
    }
  }

  private mutating func ending() -> (AttemptOutcome, RaceEvent.Kind) {
    let failure = JobFailure(code: "STORAGE_ERROR", message: "m")
    return switch Int.random(in: 0..<10, using: &random) {
    case 0: (.failed(failure), .failed)
    case 1: (.released, .released)
    case 2...3: (.retry(at: race.now() + 5, failure), .retried)
    default: (.completed(summary: "{}"), .completed)
    }
  }
}

/// Whether what everybody was told fits what the job has become.
struct RaceVerdict {
  private(set) var faults: [String] = []

  init(_ job: Job, _ records: [ImageRecord], _ events: [RaceEvent.Kind]) {
    func count(_ kind: RaceEvent.Kind) -> Int { events.count { $0 == kind } }
    let crashed = job.failure?.code == "WORKER_CRASHED"
    expect(job.state.isEnded && job.endedAt != nil, "it has not ended")
    expect(count(.completed) == (job.state == .completed ? 1 : 0), "completions")
    expect(count(.failed) == (job.state == .failed && !crashed ? 1 : 0), "failures")
    expect(count(.cancelled) == (job.state == .cancelled ? 1 : 0), "cancellations")
    expect(count(.changedItsEnd) == 0, "it changed after its end")

    let tokens = events.compactMap { if case .claimed(let token) = $0 { token } else { nil } }
    expect(Set(tokens).count == tokens.count, "two claims with one token")
    expect(job.attempt == tokens.count - count(.released), "attempts")

    var recorders: [FileID: [Int]] = [:]
    for case .recorded(let file, let token) in events { recorders[file, default: []].append(token) }
    expect(Set(records.map(\.fileID)) == Set(recorders.keys), "records that nobody made, or lost")
    for record in records {
      let first = recorders[record.fileID]?.min().map(String.init)
      expect(record.resultKey == first, "a record is not the first one")
    }
    expect(job.state != .completed || records.count == job.fileIDs.count, "records are missing")
  }

  private mutating func expect(_ isTrue: Bool, _ fault: String) {
    if !isTrue { faults.append(fault) }
  }
}

/// Workers and clients of all these stores on one database at the same time: exactly one ends each job.
/// - Parameter runningLimit: of the owner of every other job; nil where nobody owns them.
/// - Returns: the states in which jobs ended.
func race(
  of stores: [any JobStore & UploadStore], seed: UInt64, runningLimit: Int? = nil
) async throws -> Set<JobState> {
  let upload = sampleUpload()
  try await stores[0].insert(upload)
  let jobs = (0..<Race.jobs).map { index in
    var job = sampleJob(over: upload)
    if runningLimit != nil, index % 2 == 0 { job.owner = "ann" }
    job.runningLimit = job.owner == nil ? nil : runningLimit
    return job
  }
  for job in jobs { _ = try await stores[0].insert(job, idempotency: nil) }
  let race = Race(jobs: jobs.map(\.id))
  let events = try await withThrowingTaskGroup(of: [RaceEvent].self) { group in
    for (index, store) in stores.enumerated() {
      for number in 0..<Race.workersOfStore {
        let worker = RaceWorker(race, store, "\(index).\(number)", seed: seed)
        group.addTask { try await worker.run() }
      }
      group.addTask { try await race.cancelSome(in: store, seed: seed &+ UInt64(index)) }
    }
    return try await group.reduce(into: []) { $0 += $1 }
  }
  let byJob = Dictionary(grouping: events, by: \.job)
  var ends: Set<JobState> = []
  for (store, job) in stores.flatMap({ store in jobs.map { (store, $0) } }) {
    let shown = try #require(try await store.job(job.id))
    let records = try await store.records(of: job.id)
    let verdict = RaceVerdict(shown, records, (byJob[job.id] ?? []).map(\.kind))
    #expect(verdict.faults.isEmpty, "seed \(seed), \(shown.state): \(verdict.faults)")
    ends.insert(shown.state)
  }
  return ends
}
