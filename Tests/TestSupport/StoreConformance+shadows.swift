public import Foundation
public import Jobs
import Testing

/// A shadow of a job, over the same files.
public func sampleShadow(
  of base: Job, over upload: Upload, at time: Date = startOfTests
) -> Job {
  var job = sampleJob(over: upload, priority: .low, at: time)
  job.comparison = JobComparison(base: base.id, isShadow: true)
  return job
}

/// Of the model `aerial`: version 1, and 2 beside it.
public let sampleVersions = ShadowVersions(name: "aerial", base: 1, candidate: 2)

/// A client's job, its shadow, and the pair that they are.
struct SampleShadow {
  var upload: Upload
  var base: Job
  var shadow: Job
  var pair: ShadowPair
}

extension JobStore where Self: UploadStore & ModelStore {
  /// Both jobs are queued, and the pair is due at once.
  func addShadow(
    at time: Date = startOfTests, of versions: ShadowVersions = sampleVersions
  ) async throws -> SampleShadow {
    let (upload, base) = try await addJob(at: time)
    let shadow = sampleShadow(of: base, over: upload, at: time)
    let pair = ShadowPair(versions: versions, baseJob: base.id, shadowJob: shadow.id)
    try await keep(pair, due: time)
    #expect(try await insert(shadow, idempotency: nil) == .inserted)
    return SampleShadow(upload: upload, base: base, shadow: shadow, pair: pair)
  }

  /// Runs the job that is due first.
  @discardableResult
  func runNext(
    _ outcome: AttemptOutcome = .completed(summary: "{}"), at time: Date = startOfTests
  ) async throws -> JobID {
    let claim = try #require(try await claim(at: time)).claim
    try await finish(claim, outcome, now: time)
    return claim.jobID
  }

  func claimPairs(_ limit: Int = 10, at time: Date = startOfTests) async throws -> [ShadowPair] {
    try await claimShadowPairs(upTo: limit, lease: .seconds(60), now: time)
  }
}

extension StoreRule {
  static let shadows = [
    StoreRule("a model's rule is kept, replaced and removed") { store in
      try await store.addVersions(2)
      #expect(try await store.shadow(of: "aerial") == nil)
      #expect(try await store.removeShadow(of: "aerial") == nil)
      let first = ShadowRule(
        name: "aerial", candidate: .number(2), share: 0.1, setAt: startOfTests + 0.125,
        setBy: "ann")
      #expect(try await store.setShadow(first) == nil)
      #expect(try await store.shadow(of: "aerial") == first)
      let second = ShadowRule(
        name: "aerial", candidate: .alias("candidate"), share: 1, setAt: startOfTests + 1,
        setBy: nil)
      #expect(try await store.setShadow(second) == first)
      #expect(try await store.shadow(of: "aerial") == second)
      #expect(try await store.removeShadow(of: "aerial") == second)
      #expect(try await store.shadow(of: "aerial") == nil)
    },
    StoreRule("only a registered model has a rule, which goes with it") { store in
      try await store.addVersions(1)
      try await store.addVersions(1, of: "other")
      var rule = ShadowRule(
        name: "none", candidate: .number(1), share: 0.5, setAt: startOfTests, setBy: nil)
      await expectRefused(.modelNotFound) { _ = try await store.setShadow(rule) }
      for name in ["aerial", "other"] {
        rule.name = name
        _ = try await store.setShadow(rule)
      }
      _ = try await store.deleteModel(named: "aerial")
      #expect(try await store.shadow(of: "aerial") == nil)
      #expect(try await store.shadow(of: "other") == rule)
    },
    StoreRule("a pair waits for both jobs, then for who has claimed it, and ends once") { store in
      let sample = try await store.addShadow()
      #expect(try await store.claimPairs().isEmpty)
      #expect(try await store.runNext() == sample.base.id)
      #expect(try await store.claimPairs().isEmpty)
      #expect(try await store.runNext() == sample.shadow.id)
      #expect(try await store.claimPairs(at: startOfTests - 1).isEmpty)
      #expect(try await store.pendingShadows(of: sampleVersions) == 1)
      #expect(try await store.claimPairs() == [sample.pair])
      #expect(try await store.claimPairs(at: startOfTests + 59).isEmpty)
      #expect(try await store.claimPairs(at: startOfTests + 60) == [sample.pair])
      let outcome = ShadowOutcome.compared(figures: #"{"images": 2, "ü": "'"}"#)
      #expect(try await store.end(sample.pair, outcome, now: startOfTests + 61.5))
      let late = ShadowOutcome.failed(.base, JobFailure(code: "X", message: "m"))
      #expect(try await !store.end(sample.pair, late, now: startOfTests + 70))
      #expect(
        try await store.shadowResults(of: sampleVersions, before: nil, limit: 10) == [
          ShadowResult(pair: sample.pair, outcome: outcome, endedAt: startOfTests + 61.5)
        ])
      #expect(try await store.pendingShadows(of: sampleVersions) == 0)
      #expect(try await store.claimPairs(at: startOfTests + 1000).isEmpty)
    },
    StoreRule("a base without results ends the wait for its shadow") { store in
      let cancelled = try await store.addShadow()
      _ = try await store.cancel(cancelled.base.id, now: startOfTests)
      #expect(try await store.claimPairs() == [cancelled.pair])
      _ = try await store.cancel(cancelled.shadow.id, now: startOfTests)
      let failed = try await store.addShadow(at: startOfTests + 1)
      try await store.runNext(
        .failed(JobFailure(code: "X", message: "m")), at: startOfTests + 1)
      #expect(try await store.claimPairs(at: startOfTests + 1) == [failed.pair])
    },
    StoreRule("those due longest come first, and no more than are asked for") { store in
      var pairs: [ShadowPair] = []
      for index in 0..<4 {
        let sample = try await store.addShadow(at: startOfTests + Double(index))
        _ = try await store.cancel(sample.base.id, now: startOfTests)
        _ = try await store.cancel(sample.shadow.id, now: startOfTests)
        pairs.append(sample.pair)
      }
      let later = startOfTests + 10
      #expect(Set(try await store.claimPairs(3, at: later)) == Set(pairs.prefix(3)))
      #expect(try await store.claimPairs(3, at: later) == [pairs[3]])
    },
    StoreRule("a pair whose jobs are gone is found, and can be forgotten") { store in
      let sample = try await store.addShadow()
      _ = try await store.cancel(sample.base.id, now: startOfTests)
      _ = try await store.delete(sample.upload.id)
      let lost = ShadowPair(
        versions: sampleVersions, baseJob: JobID(at: startOfTests),
        shadowJob: JobID(at: startOfTests))
      try await store.keep(lost, due: startOfTests)
      let later = startOfTests + ShadowPair.patience
      #expect(try await store.claimPairs(at: later - 1).isEmpty)
      #expect(Set(try await store.claimPairs(at: later)) == [sample.pair, lost])
      try await store.forget(sample.pair)
      #expect(try await store.claimPairs(at: later + 60 + ShadowPair.patience) == [lost])
      let failure = JobFailure(code: "INFERENCE_ERROR", message: "it's ü")
      let outcome = ShadowOutcome.failed(.candidate, failure)
      #expect(try await !store.end(sample.pair, outcome, now: startOfTests))
      #expect(try await store.end(lost, outcome, now: startOfTests))
      // What has ended stays.
      try await store.forget(lost)
      #expect(
        try await store.shadowResults(of: sampleVersions, before: nil, limit: 10)
          == [ShadowResult(pair: lost, outcome: outcome, endedAt: startOfTests)])
    },
    StoreRule("a pair whose shadow is queued late is not given up before it is there") { store in
      let (upload, base) = try await store.addJob()
      _ = try await store.cancel(base.id, now: startOfTests)
      let shadow = sampleShadow(of: base, over: upload)
      let pair = ShadowPair(versions: sampleVersions, baseJob: base.id, shadowJob: shadow.id)
      try await store.keep(pair, due: startOfTests)
      #expect(try await store.claimPairs(at: startOfTests + 60).isEmpty)
      _ = try await store.insert(shadow, idempotency: nil)
      #expect(try await store.claimPairs(at: startOfTests + 60) == [pair])
    },
    StoreRule("pairs and results go with their model, and no other's") { store in
      try await store.addVersions(2)
      try await store.addVersions(2, of: "other")
      let other = ShadowVersions(name: "other", base: 1, candidate: 2)
      var pending: [ShadowPair] = []
      for versions in [sampleVersions, other] {
        for isEnded in [true, false] {
          let pair = ShadowPair(
            versions: versions, baseJob: JobID(at: startOfTests),
            shadowJob: JobID(at: startOfTests))
          try await store.keep(pair, due: startOfTests)
          if isEnded {
            #expect(try await store.end(pair, .compared(figures: "{}"), now: startOfTests))
          } else {
            pending.append(pair)
          }
        }
      }
      _ = try await store.deleteModel(named: "aerial")
      // Who was just comparing it keeps nothing.
      #expect(try await !store.end(pending[0], .compared(figures: "{}"), now: startOfTests))
      #expect(try await store.pendingShadows(of: sampleVersions) == 0)
      #expect(
        try await store.shadowResults(of: sampleVersions, before: nil, limit: 10).isEmpty)
      #expect(try await store.pendingShadows(of: other) == 1)
      #expect(try await store.shadowResults(of: other, before: nil, limit: 10).count == 1)
    },
    StoreRule("results are those of two versions, the newest shadow first, in pages") { store in
      let other = ShadowVersions(name: "aerial", base: 1, candidate: 3)
      var kept: [ShadowPair] = []
      for (index, versions) in [sampleVersions, other, sampleVersions, sampleVersions].enumerated()
      {
        let time = startOfTests + Double(index)
        let pair = ShadowPair(
          versions: versions, baseJob: JobID(at: time), shadowJob: JobID(at: time))
        try await store.keep(pair, due: time)
        kept.append(pair)
      }
      for index in [2, 0, 1] {
        #expect(
          try await store.end(kept[index], .compared(figures: "{}"), now: startOfTests + 10))
      }
      func page(_ before: JobID?, _ limit: Int) async throws -> [ShadowPair] {
        try await store.shadowResults(of: sampleVersions, before: before, limit: limit).map(\.pair)
      }
      #expect(try await page(nil, 10) == [kept[2], kept[0]])
      #expect(try await page(nil, 1) == [kept[2]])
      #expect(try await page(kept[2].shadowJob, 1) == [kept[0]])
      #expect(try await page(kept[0].shadowJob, 1).isEmpty)
      #expect(try await store.pendingShadows(of: sampleVersions) == 1)
      #expect(try await store.pendingShadows(of: other) == 0)
    },
  ]

  /// What clients must not notice of them.
  static let unseenShadows = [
    StoreRule("a shadow takes no client's place in the queue, and clients take its own") { store in
      let (upload, base) = try await store.addJob()
      func insert(_ job: Job, _ total: Int) async throws {
        _ = try await store.insert(job, idempotency: nil, queuedLimit: total)
      }
      for _ in 0..<2 { try await insert(sampleShadow(of: base, over: upload), 3) }
      await expectRefused(.queueFull) {
        try await insert(sampleShadow(of: base, over: upload), 3)
      }
      try await insert(sampleJob(over: upload), 2)
      await expectRefused(.queueFull) { try await insert(sampleJob(over: upload), 2) }
    },
    StoreRule("the queue's numbers and its speed leave shadows out") { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      var base = sampleJob(over: upload, priority: .high)
      base.megapixels = 2
      var shadow = sampleShadow(of: base, over: upload)
      shadow.megapixels = 2
      for job in [base, shadow] { _ = try await store.insert(job, idempotency: nil) }
      #expect(
        try await store.counts()
          == QueueCounts(queued: 1, processing: 0, oldestDueAt: startOfTests))
      // Behind a client's job of no hurry, and before none of normal priority.
      #expect(try await store.load(ahead: .normal).megapixelsAhead == 2)
      for seconds in [10.0, 90] {
        let claim = try #require(try await store.claim(at: startOfTests)).claim
        #expect(
          try await store.counts() == QueueCounts(queued: 0, processing: 1, oldestDueAt: nil))
        try await store.finish(claim, .completed(summary: "{}"), now: startOfTests + seconds)
      }
      #expect(try await store.load(ahead: .normal).secondsPerMegapixel == 5)
    },
    StoreRule("an upload is deleted and expires under a shadow, whose worker is stopped") { store in
      let sample = try await store.addShadow()
      let other = sampleShadow(of: sample.base, over: sample.upload)
      _ = try await store.insert(other, idempotency: nil)
      await expectRefused(.uploadInUse) { _ = try await store.delete(sample.upload.id) }
      _ = try await store.cancel(sample.base.id, now: startOfTests)
      let claim = try #require(try await store.claim(at: startOfTests)).claim
      #expect(
        try await store.expired(at: sample.upload.expiresAt, limit: 10) == [sample.upload])
      let gone = try #require(try await store.delete(sample.upload.id))
      #expect(Set(gone.jobIDs) == [sample.base.id, sample.shadow.id, other.id])
      #expect(gone.shadowCount == 2)
      #expect(try await !store.holds(claim))
      await expectLeaseLost {
        try await store.finish(claim, .completed(summary: "{}"), now: startOfTests)
      }
      #expect(try await store.job(sample.shadow.id) == nil)
    },
    StoreRule("a shadow on which a worker has died is not tried again") { store in
      let sample = try await store.addShadow()
      try await store.runNext()
      _ = try #require(try await store.claim(at: startOfTests))
      #expect(try await store.claim(at: startOfTests + 11) == nil)
      let job = try #require(try await store.job(sample.shadow.id))
      #expect(job.state == .failed)
      #expect(job.failure?.code == "WORKER_CRASHED")
    },
  ]
}
