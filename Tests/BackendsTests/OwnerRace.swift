import Foundation
import Jobs
import TestSupport
import Testing

/// Workers of all these stores on one database at the same time, on jobs whose owners may have only so many in hand.
struct OwnerRace: Sendable {
  /// nil: as many as there are workers.
  static let limits: [String: Int?] = ["ann": 1, "bob": 2, "cyd": nil]
  static let jobsOfOwner = 12
  static let workersOfStore = 3
  /// Of one worker; far more than it needs.
  static let maxClaims = 4000

  typealias Store = JobStore & UploadStore

  let stores: [any Store]

  init(_ stores: [any Store]) { self.stores = stores }

  /// - Returns: what was seen that must not be.
  func run() async throws -> [String] {
    let upload = sampleUpload(files: 0)
    try await stores[0].insert(upload)
    for index in 0..<Self.jobsOfOwner {
      for (owner, limit) in Self.limits {
        var job = sampleJob(over: upload, at: startOfTests + Double(index))
        job.owner = owner
        job.runningLimit = limit
        _ = try await stores[0].insert(job, idempotency: nil)
      }
    }
    let faults = try await withThrowingTaskGroup(of: [String].self) { group in
      for (index, store) in stores.enumerated() {
        for number in 0..<Self.workersOfStore {
          group.addTask { try await work("\(index).\(number)", in: store) }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let left = try await stores[0].counts()
    let ended = try await stores[0].jobs(JobQuery(state: .completed, limit: 100)).count
    let all = Self.jobsOfOwner * Self.limits.count
    return faults
      + (ended == all && left.queued + left.processing == 0
        ? [] : ["\(ended) ended, left: \(left)"])
  }

  /// Works until all jobs have ended.
  private func work(_ name: String, in store: any Store) async throws -> [String] {
    var faults: [String] = []
    for round in 0..<Self.maxClaims {
      let claimed = try await store.claim(
        for: WorkerID(name), lease: .seconds(1000), maxDeaths: 3, now: startOfTests + 60)
      // One moment of the database, so no more than it was told.
      for (owner, limit) in Self.limits {
        let inHand = try await store.counts(of: owner).processing
        if let limit, inHand > limit { faults.append("\(owner) has \(inHand) in hand") }
      }
      guard let claimed else {
        let left = try await store.counts()
        if left.queued == 0 { break }
        continue
      }
      // Some come back to the queue first.
      let outcome: AttemptOutcome =
        round % 5 == 4 && claimed.job.attempt < 3
        ? .retry(at: startOfTests, JobFailure(code: "X", message: "m")) : .completed(summary: "{}")
      try await store.finish(claimed.claim, outcome, now: startOfTests + 60)
    }
    return faults
  }
}

/// Clients of all these stores at the same time: each owner gets as many jobs as may wait.
func expectOwnerQueueLimit(of stores: [any OwnerRace.Store]) async throws {
  let upload = sampleUpload(files: 0)
  try await stores[0].insert(upload)
  let accepted = try await withThrowingTaskGroup(of: String?.self) { group in
    for index in 0..<40 {
      let store = stores[index % stores.count]
      var job = sampleJob(over: upload)
      let owner = index % 4 < 2 ? "ann" : "bob"
      job.owner = owner
      group.addTask { [job] in
        do {
          _ = try await store.insert(
            job, idempotency: nil, limits: QueueLimits(total: 100, ofOwner: 7), continuing: nil)
          return owner
        } catch let error as JobsError where error == .ownerQueueFull {
          return nil
        }
      }
    }
    return try await group.reduce(into: [String]()) { accepted, owner in
      if let owner { accepted.append(owner) }
    }
  }
  #expect(accepted.count { $0 == "ann" } == 7)
  #expect(accepted.count { $0 == "bob" } == 7)
  #expect(try await stores[0].counts(of: "ann").queued == 7)
  #expect(try await stores[0].counts(of: "bob").queued == 7)
}
