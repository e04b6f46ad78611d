import Foundation
import Jobs
import Testing

extension JobStore where Self: UploadStore {
  /// An owner's job over an upload of its own, both kept.
  func addJob(
    of owner: String?, upTo runningLimit: Int? = nil, priority: JobPriority = .normal,
    at time: Date = startOfTests
  ) async throws -> Job {
    var upload = sampleUpload(files: 1, at: time)
    upload.owner = owner
    try await insert(upload)
    var job = sampleJob(over: upload, priority: priority, at: time)
    job.owner = owner
    job.runningLimit = runningLimit
    #expect(try await insert(job, idempotency: nil) == .inserted)
    return job
  }

  /// All that can be claimed at a time, in its order.
  fileprivate func claimAll(at now: Date) async throws -> [ClaimedJob] {
    var claimed: [ClaimedJob] = []
    while let job = try await claim(at: now) { claimed.append(job) }
    return claimed
  }

  fileprivate func add(
    _ owner: String?, _ limits: QueueLimits, _ key: IdempotencyKey? = nil, over upload: Upload
  ) async throws -> JobInsertion {
    var job = sampleJob(over: upload)
    job.owner = owner
    return try await insert(job, idempotency: key, limits: limits, continuing: nil)
  }
}

/// Names as people give them, and as they should not.
private let (ann, bob) = ("Ännchen's", "b%' OR owner > '")

private let failure = JobFailure(code: "STORAGE_ERROR", message: "m")

extension StoreRule {
  static let owners = [
    StoreRule("an upload and a job have the owner that they began with, wherever they are read") {
      store in
      var upload = sampleUpload()
      upload.owner = ann
      try await store.insert(upload)
      #expect(try await store.upload(upload.id) == upload)
      var job = sampleJob(over: upload)
      job.owner = ann
      job.runningLimit = 3
      _ = try await store.insert(job, idempotency: nil)
      #expect(try await store.job(job.id)?.withoutVersion == job)
      #expect(try await store.jobs(JobQuery()).map(\.withoutVersion) == [job])
      #expect(try await store.changes(after: 0, limit: 9).jobs.map(\.withoutVersion) == [job])
      let claimed = try #require(try await store.claim(at: startOfTests))
      try await store.finish(claimed.claim, .completed(summary: "{}"), now: startOfTests)
      for job in [claimed.job, try await store.job(job.id)] {
        #expect(job?.owner == ann)
        #expect(job?.runningLimit == 3)
      }
      #expect(try await store.expired(at: upload.expiresAt, limit: 9) == [upload])
      #expect(try await store.delete(upload.id)?.upload == upload)
    },
    StoreRule("a list of an owner shows its jobs only, newest first, by state, behind a job") {
      store in
      var jobs: [Job] = []
      for (index, owner) in [ann, bob, nil, ann, ann, bob].enumerated() {
        jobs.append(try await store.addJob(of: owner, at: startOfTests + Double(index)))
      }
      _ = try await store.cancel(jobs[3].id, now: startOfTests)
      func list(_ query: JobQuery) async throws -> [Int] {
        try await store.jobs(query).map { found in
          jobs.firstIndex { $0.id == found.id } ?? -1
        }
      }
      #expect(try await list(JobQuery(owner: ann)) == [4, 3, 0])
      #expect(try await list(JobQuery(limit: 2, owner: ann)) == [4, 3])
      #expect(try await list(JobQuery(after: jobs[3].id, owner: ann)) == [0])
      #expect(try await list(JobQuery(state: .queued, owner: ann)) == [4, 0])
      #expect(try await list(JobQuery(state: .queued, after: jobs[4].id, owner: ann)) == [0])
      #expect(try await list(JobQuery(state: .cancelled, owner: bob)) == [])
      // A place in the list of somebody else says nothing of theirs.
      #expect(try await list(JobQuery(after: jobs[4].id, owner: bob)) == [1])
      #expect(try await list(JobQuery(owner: "nobody")) == [])
      #expect(try await list(JobQuery()) == [5, 4, 3, 2, 1, 0])
    },
    StoreRule("an owner's counts are of its own jobs that have not ended") { store in
      for owner in [ann, ann, ann, ann, bob, nil] { _ = try await store.addJob(of: owner) }
      let claimed = try await store.claimAll(at: startOfTests).filter { $0.job.owner == ann }
      try await store.finish(claimed[0].claim, .released, now: startOfTests)
      try await store.finish(claimed[1].claim, .failed(failure), now: startOfTests)
      #expect(try await store.counts(of: ann) == OwnerCounts(queued: 1, processing: 2))
      #expect(try await store.counts(of: bob) == OwnerCounts(queued: 0, processing: 1))
      #expect(try await store.counts(of: "nobody") == OwnerCounts(queued: 0, processing: 0))
    },
    StoreRule("an owner's full queue refuses its new jobs, answers known keys, and nobody else's") {
      store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let two = QueueLimits(ofOwner: 2)
      let key = IdempotencyKey(caller: "a", key: "k", bodyHash: "1")
      let refused = IdempotencyKey(caller: "a", key: "refused", bodyHash: "1")
      #expect(try await store.add(ann, two, key, over: upload) == .inserted)
      #expect(try await store.add(ann, two, over: upload) == .inserted)
      await #expect(throws: JobsError.ownerQueueFull) {
        try await store.add(ann, two, refused, over: upload)
      }
      guard case .repeated = try await store.add(ann, two, key, over: upload) else {
        Issue.record("a known key was not answered")
        return
      }
      #expect(try await store.add(bob, two, over: upload) == .inserted)
      #expect(try await store.add(ann, QueueLimits(ofOwner: 3), over: upload) == .inserted)
      // Nobody has no limit of their own.
      #expect(try await store.add(nil, QueueLimits(ofOwner: 0), over: upload) == .inserted)
      #expect(try await store.counts(of: ann).queued == 3)
      for job in try await store.jobs(JobQuery(limit: 2, owner: ann)) {
        _ = try await store.cancel(job.id, now: startOfTests)
      }
      // The refused key was not remembered.
      #expect(try await store.add(ann, two, refused, over: upload) == .inserted)
    },
    StoreRule("the limit of everybody's queue comes before the owner's") { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let limits = QueueLimits(total: 2, ofOwner: 1)
      #expect(try await store.add(ann, limits, over: upload) == .inserted)
      await #expect(throws: JobsError.ownerQueueFull) {
        try await store.add(ann, limits, over: upload)
      }
      #expect(try await store.add(bob, limits, over: upload) == .inserted)
      await #expect(throws: JobsError.queueFull) {
        try await store.add(ann, limits, over: upload)
      }
    },
  ]

  static let runningLimits = [
    StoreRule("an owner's jobs wait while as many are in hand as may, and others' go on") {
      store in
      var jobs: [Job] = []
      for (index, owner) in [ann, ann, ann, ann, bob, nil].enumerated() {
        let time = startOfTests + Double(index)
        jobs.append(
          try await store.addJob(of: owner, upTo: owner == nil ? nil : 2, at: time))
      }
      let now = startOfTests + 9
      let first = try await store.claimAll(at: now)
      #expect(first.map(\.job.id) == [0, 1, 4, 5].map { jobs[$0].id })
      #expect(try await store.counts().queued == 2)
      // However a job leaves the worker's hand, the next one may be claimed at once.
      try await store.finish(first[0].claim, .completed(summary: "{}"), now: now)
      let second = try await store.claimAll(at: now)
      #expect(second.map(\.job.id) == [jobs[2].id])
      _ = try await store.cancel(jobs[1].id, now: now)
      let third = try await store.claimAll(at: now)
      #expect(third.map(\.job.id) == [jobs[3].id])
      try await store.finish(third[0].claim, .retry(at: now + 60, failure), now: now)
      try await store.finish(second[0].claim, .released, now: now)
      #expect(try await store.claimAll(at: now).map(\.job.id) == [jobs[2].id])
      #expect(try await store.claimAll(at: now + 5).map(\.job.id) == [])
    },
    StoreRule("of what is not held back, the highest priority is claimed first, then the oldest") {
      store in
      let held = try await store.addJob(of: ann, upTo: 1, priority: .high)
      for index in 0..<40 {
        _ = try await store.addJob(
          of: ann, upTo: 1, priority: .high, at: startOfTests + 1 + Double(index) / 100)
      }
      let low = try await store.addJob(of: bob, upTo: 2, priority: .low, at: startOfTests + 2)
      let free = try await store.addJob(of: nil, at: startOfTests + 3)
      let normal = try await store.addJob(of: bob, upTo: 2, at: startOfTests + 4)
      let unlimited = try await store.addJob(of: ann, at: startOfTests + 5)
      let urgent = try await store.addJob(of: "c", upTo: 9, priority: .high, at: startOfTests + 6)
      let claimed = try await store.claimAll(at: startOfTests + 9)
      #expect(
        claimed.map(\.job.id) == [held, urgent, free, normal, unlimited, low].map(\.id))
    },
    StoreRule("each job of an owner waits by its own limit, and all in hand count") { store in
      var jobs: [Job] = []
      for (index, limit) in [1, nil, 2, 3, 3, 0].enumerated() {
        jobs.append(
          try await store.addJob(of: ann, upTo: limit, at: startOfTests + Double(index)))
      }
      let now = startOfTests + 9
      let claimed = try await store.claimAll(at: now)
      // With two in hand, the one that may be the third is the only one left that may begin.
      #expect(claimed.map(\.job.id) == [0, 1, 3].map { jobs[$0].id })
      try await store.finish(claimed[1].claim, .failed(failure), now: now)
      #expect(try await store.claimAll(at: now).map(\.job.id) == [jobs[4].id])
      for job in [claimed[0], claimed[2]] {
        try await store.finish(job.claim, .failed(failure), now: now)
      }
      #expect(try await store.claimAll(at: now).map(\.job.id) == [jobs[2].id])
      // None may be in hand with the last one, itself neither.
      _ = try await store.cancel(jobs[2].id, now: now)
      _ = try await store.cancel(jobs[4].id, now: now)
      #expect(try await store.claimAll(at: now).isEmpty)
    },
    StoreRule("a limit without an owner is none") { store in
      for _ in 0..<3 { _ = try await store.addJob(of: nil, upTo: 1) }
      #expect(try await store.claimAll(at: startOfTests).count == 3)
    },
    StoreRule("behind a job that waits for its next try, its owner's others are claimed") {
      store in
      let first = try await store.addJob(of: ann, upTo: 1, priority: .high)
      let second = try await store.addJob(of: ann, upTo: 1, at: startOfTests + 0.25)
      _ = try await store.addJob(of: bob, upTo: 1, at: startOfTests + 0.5)
      let now = startOfTests + 1
      let claimed = try await store.claimAll(at: now)
      #expect(claimed.count == 2)
      try await store.finish(claimed[0].claim, .retry(at: now + 60, failure), now: now)
      let next = try await store.claimAll(at: now)
      #expect(claimed[0].job.id == first.id)
      #expect(next.map(\.job.id) == [second.id])
    },
    StoreRule("a lease that ran out is taken over whatever its owner has in hand") { store in
      let first = try await store.addJob(of: ann, upTo: 1)
      let second = try await store.addJob(of: ann, upTo: 1, priority: .high, at: startOfTests + 1)
      let third = try await store.addJob(of: ann, at: startOfTests + 2)
      #expect(try await store.claimAll(at: startOfTests).map(\.job.id) == [first.id])
      #expect(try await store.claimAll(at: startOfTests + 2).map(\.job.id) == [third.id])
      // More are in hand than the limit of the first one.
      let later = try await store.claimAll(at: startOfTests + 11)
      #expect(later.map(\.job.id) == [first.id])
      #expect(later.map(\.isTakenOver) == [true])
      // The job that its last worker died on makes room for the next one.
      try await store.finish(
        try #require(later.first).claim, .failed(failure), now: startOfTests + 11)
      let next = try #require(
        try await store.claim(
          for: WorkerID("w"), lease: lease, maxDeaths: 1, now: startOfTests + 12))
      #expect(next.job.id == second.id)
      #expect(try await store.job(third.id)?.failure?.code == "WORKER_CRASHED")
    },
    StoreRule("workers that ask at once never have more of an owner's jobs than may") { store in
      for owner in [ann, bob] {
        for _ in 0..<6 { _ = try await store.addJob(of: owner, upTo: owner == ann ? 1 : 3) }
      }
      let claimed = try await withThrowingTaskGroup(of: [Job].self) { group in
        for worker in 0..<8 {
          group.addTask {
            var mine: [Job] = []
            for _ in 0..<4 {
              let claimed = try await store.claim(at: startOfTests, by: "w\(worker)")
              if let claimed { mine.append(claimed.job) }
            }
            return mine
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(claimed.count { $0.owner == ann } == 1)
      #expect(claimed.count { $0.owner == bob } == 3)
    },
  ]
}
