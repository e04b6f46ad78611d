import Foundation
public import Jobs
import Testing

extension StoreRule {
  static let watching = [
    StoreRule("what clients see of a job raises its version; the newest change comes last") {
      store in
      #expect(try await store.latestVersion() == 0)
      #expect(try await store.changes(after: 0, limit: 9).jobs.isEmpty)
      let first = try await store.addJob().job
      let second = try await store.addJob(at: startOfTests + 1).job
      let inserted = try await store.changes(after: 0, limit: 9)
      #expect(inserted.jobs.map(\.id) == [first.id, second.id])
      #expect(inserted.version == (try await store.latestVersion()))
      let claimed = try #require(try await store.claim(at: startOfTests + 2))
      let after = try await store.changes(after: inserted.version, limit: 9)
      #expect(after.jobs == [claimed.job])
      #expect(after.version > inserted.version)
      #expect(try await store.job(first.id) == claimed.job)
      let all = try await store.changes(after: 0, limit: 9)
      #expect(all.jobs.map(\.id) == [second.id, first.id])
    },
    StoreRule("changes are read piece by piece, and end where nothing is new") { store in
      for index in 0..<5 { _ = try await store.addJob(at: startOfTests + Double(index)) }
      var version = 0
      var pieces: [Int] = []
      while true {
        let changes = try await store.changes(after: version, limit: 2)
        guard !changes.jobs.isEmpty else { break }
        pieces.append(changes.jobs.count)
        #expect(changes.version == changes.jobs.last?.version)
        version = changes.version
      }
      #expect(pieces == [2, 2, 1])
      #expect(try await store.changes(after: version, limit: 2).version == version)
    },
    StoreRule("leases, records, repeated reports and refused writes are no change") { store in
      let (upload, job) = try await store.addJob()
      let claim = try #require(try await store.claim(at: startOfTests)).claim
      let progress = JobProgress(totalImages: 2, processedImages: 1, percentage: 50, stage: "x")
      try await store.report(progress, by: claim, now: startOfTests + 1)
      let seen = try #require(try await store.job(job.id))
      try await store.renew(claim, lease: lease, now: startOfTests + 2)
      try await store.report(progress, by: claim, now: startOfTests + 3)
      var lower = progress
      lower.percentage = 20
      try await store.report(lower, by: claim, now: startOfTests + 3)
      try await store.record(
        sampleRecord(of: upload.files[0], token: claim.token), by: claim, now: startOfTests + 4)
      try await store.beat(WorkerID("worker-1"), now: startOfTests + 4)
      var late = claim
      late.token -= 1
      await expectLeaseLost { try await store.report(progress, by: late, now: startOfTests + 5) }
      #expect(try await store.claim(at: startOfTests + 6, by: "other") == nil)
      #expect(try await store.job(job.id) == seen)
      #expect(try await store.latestVersion() == seen.version)
    },
    StoreRule("every way on and every end is a change") { store in
      let job = try await store.addJob().job
      var version = try #require(try await store.job(job.id)).version
      func expectChange(_ state: JobState) async throws {
        let shown = try await store.job(job.id)
        #expect(shown?.state == state)
        #expect((shown?.version ?? 0) > version)
        version = shown?.version ?? version
      }
      let failure = JobFailure(code: "STORAGE_ERROR", message: "m")
      let outcomes: [(AttemptOutcome, JobState)] = [
        (.released, .queued), (.retry(at: startOfTests, failure), .queued),
        (.completed(summary: "{}"), .completed),
      ]
      for (outcome, state) in outcomes {
        let claim = try #require(try await store.claim(at: startOfTests)).claim
        try await expectChange(.processing)
        try await store.finish(claim, outcome, now: startOfTests)
        try await expectChange(state)
      }
    },
    StoreRule("who follows the versions misses no change of many writers") { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      try await followVersions(of: [store], over: upload)
    },
    StoreRule("a claim holds its job until the job ends or another worker has it") { store in
      let (_, job) = try await store.addJob()
      let first = try #require(try await store.claim(at: startOfTests)).claim
      #expect(try await store.holds(first))
      let second = try #require(try await store.claim(at: startOfTests + 10)).claim
      #expect(try await !store.holds(first))
      #expect(try await store.holds(second))
      _ = try await store.cancel(job.id, now: startOfTests + 11)
      #expect(try await !store.holds(second))
      let unknown = Claim(jobID: JobID(at: startOfTests), worker: WorkerID("w"), token: 1)
      #expect(try await !store.holds(unknown))
    },
    StoreRule("a cancellation and an end at the same time: one of them wins") { store in
      for index in 0..<10 {
        let job = try await store.addJob(at: startOfTests + Double(index)).job
        let claim = try #require(try await store.claim(at: startOfTests + 60)).claim
        async let cancel = store.cancel(job.id, now: startOfTests + 61)
        async let finish: Bool = {
          do {
            try await store.finish(claim, .completed(summary: "{}"), now: startOfTests + 61)
            return true
          } catch let error as JobsError where error.code == .leaseLost {
            return false
          }
        }()
        let (outcome, completed) = try await (cancel, finish)
        let shown = try #require(try await store.job(job.id))
        #expect(shown.state == (completed ? .completed : .cancelled))
        #expect(outcome == (completed ? .alreadyEnded(shown) : .cancelled(shown)))
      }
    },
    StoreRule("the queue's numbers are those of the jobs that wait and run") { store in
      func expectCounts(
        _ queued: Int, _ processing: Int, _ oldestDueAt: Date?,
        sourceLocation: SourceLocation = #_sourceLocation
      ) async throws {
        #expect(
          try await store.counts()
            == QueueCounts(queued: queued, processing: processing, oldestDueAt: oldestDueAt),
          sourceLocation: sourceLocation)
      }
      try await expectCounts(0, 0, nil)
      let jobs = [
        try await store.addJob(at: startOfTests + 2).job,
        try await store.addJob(at: startOfTests + 3).job,
        try await store.addJob(priority: .high, at: startOfTests + 4).job,
      ]
      try await expectCounts(3, 0, startOfTests + 2)
      let claim = try #require(try await store.claim(at: startOfTests + 5)).claim
      try await expectCounts(2, 1, startOfTests + 2)
      let failure = JobFailure(code: "STORAGE_ERROR", message: "m")
      try await store.finish(
        claim, .retry(at: startOfTests + 60, failure), now: startOfTests + 6)
      try await expectCounts(3, 0, startOfTests + 2)
      _ = try await store.cancel(jobs[0].id, now: startOfTests + 6)
      try await expectCounts(2, 0, startOfTests + 3)
      let second = try #require(try await store.claim(at: startOfTests + 6)).claim
      // What waits for its next try is due then.
      try await expectCounts(1, 1, startOfTests + 60)
      try await store.finish(second, .completed(summary: "{}"), now: startOfTests + 7)
      let third = try #require(try await store.claim(at: startOfTests + 60)).claim
      try await expectCounts(0, 1, nil)
      try await store.finish(third, .failed(failure), now: startOfTests + 61)
      try await expectCounts(0, 0, nil)
    },
    StoreRule("of the workers that live, the one that stands still longest is found") { store in
      #expect(try await store.oldestProgress(ofWorkersSince: .distantPast) == nil)
      let now = startOfTests + 100
      try await store.beat(WorkerID("dead"), progressedAt: startOfTests, now: startOfTests)
      try await store.beat(WorkerID("stuck"), progressedAt: startOfTests + 40, now: now)
      try await store.beat(WorkerID("busy"), progressedAt: now, now: now)
      #expect(try await store.oldestProgress(ofWorkersSince: now - 10) == startOfTests + 40)
      #expect(try await store.oldestProgress(ofWorkersSince: now + 1) == nil)
    },
    StoreRule("workers are counted by the time of their last sign, until they leave") { store in
      let workers = (0..<3).map { WorkerID("host:\($0)") }
      for (index, worker) in workers.enumerated() {
        try await store.beat(worker, now: startOfTests + Double(index))
      }
      #expect(try await store.workerCount(since: startOfTests) == 3)
      #expect(try await store.workerCount(since: startOfTests + 1) == 2)
      try await store.beat(workers[0], now: startOfTests + 5)
      #expect(try await store.workerCount(since: startOfTests + 5) == 1)
      try await store.leave(workers[0])
      try await store.leave(workers[0])
      #expect(try await store.workerCount(since: startOfTests) == 2)
      try await store.beat(workers[0], now: startOfTests + 86_500)
      #expect(try await store.workerCount(since: .distantPast) == 1)
    },
  ]

  static let loads = [
    StoreRule("the load ahead is what is processed and what is queued at least as urgently") {
      store in
      func add(_ megapixels: Double, _ priority: JobPriority, at seconds: Double) async throws {
        let upload = sampleUpload()
        try await store.insert(upload)
        var job = sampleJob(over: upload, priority: priority, at: startOfTests + seconds)
        job.megapixels = megapixels
        _ = try await store.insert(job, idempotency: nil)
      }
      #expect(
        try await store.load(ahead: .low) == QueueLoad(megapixelsAhead: 0, secondsPerMegapixel: nil)
      )
      try await add(100, .high, at: 0)
      let claim = try #require(try await store.claim(at: startOfTests + 1)).claim
      try await store.report(
        JobProgress(totalImages: 2, percentage: 75), by: claim, now: startOfTests + 2)
      try await add(1, .low, at: 3)
      try await add(2, .normal, at: 4)
      try await add(4, .high, at: 5)
      let expected: [(JobPriority, Double)] = [(.low, 32), (.normal, 31), (.high, 29)]
      for (priority, megapixels) in expected {
        #expect(try await store.load(ahead: priority).megapixelsAhead == megapixels)
      }
    },
    StoreRule("the speed is measured on the last jobs that completed at their first attempt") {
      store in
      func run(_ megapixels: Double, seconds: Double, at start: Double, _ outcome: AttemptOutcome)
        async throws
      {
        let upload = sampleUpload()
        try await store.insert(upload)
        var job = sampleJob(over: upload, at: startOfTests + start)
        job.megapixels = megapixels
        _ = try await store.insert(job, idempotency: nil)
        let claim = try #require(try await store.claim(at: startOfTests + start)).claim
        try await store.finish(claim, outcome, now: startOfTests + start + seconds)
      }
      let done = AttemptOutcome.completed(summary: "{}")
      try await run(1000, seconds: 1, at: 0, done)
      for index in 0..<19 { try await run(2, seconds: 5, at: 100 + Double(index) * 10, done) }
      // 19 jobs of 2 Mpx in 5 s, and one of 1000 in 1 s.
      #expect(try await store.load(ahead: .low).secondsPerMegapixel == 96.0 / 1038)
      try await run(12, seconds: 10, at: 500, done)
      // The first one is no longer among the last 20.
      #expect(try await store.load(ahead: .low).secondsPerMegapixel == 105.0 / 50)
      try await run(1, seconds: 90, at: 600, .failed(JobFailure(code: "X", message: "m")))
      try await run(0, seconds: 90, at: 700, done)
      #expect(try await store.load(ahead: .low).secondsPerMegapixel == 105.0 / 50)
      try await run(
        1, seconds: 50, at: 800, .retry(at: startOfTests, JobFailure(code: "X", message: "m")))
      let again = try #require(try await store.claim(at: startOfTests + 900)).claim
      try await store.finish(again, done, now: startOfTests + 950)
      #expect(try await store.load(ahead: .low).secondsPerMegapixel == 105.0 / 50)
    },
  ]
}

/// Writes through all `stores` at once, follows the versions through the first meanwhile, and expects each change
/// once and in order. The stores are connections to the same jobs.
public func followVersions(of stores: [any JobStore & UploadStore], over upload: Upload)
  async throws
{
  let writers = 4
  let jobsPerWriter = 15
  let reader = try #require(stores.first)
  try await withThrowingTaskGroup(of: Void.self) { group in
    for writer in 0..<writers {
      let store = stores[writer % stores.count]
      group.addTask {
        for _ in 0..<jobsPerWriter {
          let job = sampleJob(over: upload)
          _ = try await store.insert(job, idempotency: nil)
          _ = try await store.cancel(job.id, now: startOfTests)
        }
      }
    }
    group.addTask {
      var version = 0
      var states: [JobID: JobState] = [:]
      while states.values.count(where: { $0 == .cancelled }) < writers * jobsPerWriter {
        let changes = try await reader.changes(after: version, limit: 7)
        for job in changes.jobs {
          #expect(job.version > version)
          version = job.version
          #expect(states[job.id] != .cancelled, "seen twice")
          states[job.id] = job.state
        }
        if changes.jobs.isEmpty { await Task.yield() }
      }
      #expect(version == (try await reader.latestVersion()))
    }
    try await group.waitForAll()
  }
}
