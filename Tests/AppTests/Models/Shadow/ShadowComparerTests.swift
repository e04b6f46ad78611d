import Foundation
import HTTPTypes
import Jobs
import Logging
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Shadows that have ended")
struct ShadowComparerTests {
  private typealias Boxes = ComparisonBench

  @Test("a pair is compared once both jobs have completed, and the figures stay without them")
  func compared() async throws {
    let bench = try await ShadowBench()
    let (base, shadow) = try await bench.pair()
    #expect(await !bench.compare())
    try await bench.jobs.complete(
      base, as: 1,
      [[Boxes.box(0, at: 0, 0.5), Boxes.box(1, at: 50), Boxes.box(1, at: 100)], [], nil])
    #expect(await !bench.compare())
    try await bench.jobs.complete(
      shadow, as: 2,
      [[Boxes.box(2, at: 0, 0.75), Boxes.box(0, at: 50), Boxes.box(1, at: 100)], nil, []])
    #expect(await bench.compare())
    #expect(await !bench.compare())
    _ = try await bench.store.delete(base.uploadID)
    let report = try await ShadowReport.read(bench.versions, from: bench.store)
    #expect(report.jobs == 1 && report.failed == 0 && report.pending == 0)
    // The picture that both have done. By hand: 2 of 3 and 3 boxes; the ships 1 of 2 and 1.
    #expect(report.comparison.images == 1)
    #expect(report.comparison.figures.matched == 2)
    #expect(report.comparison.figures.onlyBase == 1)
    #expect(report.comparison.figures.onlyCandidate == 1)
    #expect(abs((report.comparison.figures.meanConfidenceChange ?? 0) - 0.125) < 1e-6)
    #expect(report.comparison.classes["ship"]?.baseBoxes == 2)
    #expect(report.comparison.classes["ship"]?.matched == 1)
    #expect(
      report.comparison.relabelled
        == [ModelComparison.Relabelling(base: "ship", candidate: "boat"): 1])
    let worst = try #require(report.worst.first)
    #expect(worst.baseJob == base.id && worst.shadowJob == shadow.id)
    #expect(abs(worst.agreement - 2.0 / 3) < 1e-6)
    #expect(worst.comparedAt == startOfTests)
    #expect(bench.events == ["queued", "compared"])
  }

  @Test("a base that was cancelled cancels its shadow, and counts for no candidate")
  func cancelledBase() async throws {
    let bench = try await ShadowBench()
    let (base, shadow) = try await bench.pair()
    #expect(try await bench.ask(.post, "jobs/\(base.id)/cancel").status == 200)
    #expect(await bench.compare())
    #expect(try await bench.store.job(shadow.id)?.state == .cancelled)
    let failure = JobFailure(code: "CANCELLED", message: "The job was cancelled")
    #expect(try await bench.results().map(\.outcome) == [.failed(.base, failure)])
    #expect(bench.events == ["queued", "base_failed"])
    // One job was cancelled that somebody waited for.
    #expect(bench.registry.counter("inference_jobs_total", ["cancelled"]) == 1)
  }

  @Test("a candidate without results is a failure of its own, with its code")
  func failedCandidate() async throws {
    let bench = try await ShadowBench()
    let (base, _) = try await bench.pair()
    try await bench.jobs.complete(base, as: 1, [[], [], []])
    let claim = try #require(
      try await bench.store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    ).claim
    let failure = JobFailure(code: "MODEL_LOAD_ERROR", message: "it does not load")
    try await bench.store.finish(claim, .failed(failure), now: startOfTests)
    #expect(await bench.compare())
    #expect(try await bench.results().map(\.outcome) == [.failed(.candidate, failure)])
    let report = try await ShadowReport.read(bench.versions, from: bench.store)
    #expect(report.jobs == 0 && report.failed == 1)
    #expect(
      report.failures == [ShadowReport.Failure(side: .candidate, code: "MODEL_LOAD_ERROR"): 1])
    #expect(bench.events == ["queued", "candidate_failed"])
  }

  @Test("a candidate all of whose pictures failed has failed")
  func failedPictures() async throws {
    let bench = try await ShadowBench()
    let (base, shadow) = try await bench.pair()
    try await bench.jobs.complete(base, as: 1, [[], [], []])
    try await bench.jobs.complete(shadow, as: 2, [nil, nil, nil])
    #expect(await bench.compare())
    let failure = JobFailure(code: "CORRUPTED_FILE", message: "it is cut off")
    #expect(try await bench.results().map(\.outcome) == [.failed(.candidate, failure)])
  }

  @Test("a pair whose jobs were deleted before they were compared is forgotten")
  func deleted() async throws {
    let bench = try await ShadowBench()
    let (base, _) = try await bench.pair()
    _ = try await bench.store.cancel(base.id, now: startOfTests)
    _ = try await bench.store.delete(base.uploadID)
    #expect(await !bench.compare())
    bench.time.advance(ShadowPair.patience)
    #expect(await bench.compare())
    #expect(try await bench.results().isEmpty)
    #expect(try await bench.store.pendingShadows(of: bench.versions) == 0)
  }

  @Test("what cannot be read now is compared later")
  func unreadable() async throws {
    let bench = try await ShadowBench()
    let (base, shadow) = try await bench.pair()
    try await bench.jobs.complete(base, as: 1, [[], [], []])
    try await bench.jobs.complete(shadow, as: 2, [[], [], []])
    let key = "jobs/\(shadow.id)/1/\(shadow.fileIDs[1])"
    let reader = try #require(try await bench.jobs.bench.blobs.open(key))
    let bytes = try await reader.read(at: 0, count: reader.sizeBytes)
    try await bench.jobs.bench.blobs.delete([key])
    #expect(await bench.compare())
    #expect(try await bench.results().isEmpty)
    try await bench.jobs.bench.blobs.put(bytes, as: key)
    #expect(await !bench.compare())
    bench.time.advance(300)
    #expect(await bench.compare())
    let report = try await ShadowReport.read(bench.versions, from: bench.store)
    #expect(report.jobs == 1 && report.comparison.images == 3)
  }

  @Test(
    "results that cannot be read for a day are a failure of their side",
    arguments: ShadowOutcome.Side.allCases)
  func lost(side: ShadowOutcome.Side) async throws {
    let bench = try await ShadowBench()
    let (base, shadow) = try await bench.pair()
    try await bench.jobs.complete(base, as: 1, [[], [], []])
    try await bench.jobs.complete(shadow, as: 2, [[], [], []])
    let job = side == .base ? base : shadow
    try await bench.jobs.bench.blobs.delete(["jobs/\(job.id)/1/\(job.fileIDs[1])"])
    bench.time.advance(24 * 3600)
    #expect(await bench.compare())
    #expect(try await bench.results().isEmpty)
    bench.time.advance(300)
    #expect(await bench.compare())
    let failure = JobFailure(
      code: "STORAGE_ERROR", message: "The stored results cannot be read")
    #expect(try await bench.results().map(\.outcome) == [.failed(side, failure)])
  }

  @Test("a pair is compared while clients' comparisons have all slots")
  func slots() async throws {
    let bench = try await ShadowBench { $0.idleTimeout = .milliseconds(20) }
    let (base, shadow) = try await bench.pair()
    try await bench.jobs.complete(base, as: 1, [[], [], []])
    try await bench.jobs.complete(shadow, as: 2, [[], [], []])
    let slots = bench.service.comparisonSlots
    try await slots.withSlot { try await slots.withSlot { _ = await bench.compare() } }
    #expect(bench.events == ["queued", "compared"])
  }

  @Test("pairs are taken one at a time, so that each has its lease to itself")
  func oneByOne() async throws {
    let bench = try await ShadowBench()
    for _ in 0..<2 {
      let base = try await bench.pair().base
      _ = try await bench.store.cancel(base.id, now: startOfTests)
    }
    for left in [1, 0] {
      #expect(await bench.compare())
      #expect(try await bench.store.pendingShadows(of: bench.versions) == left)
    }
    #expect(await !bench.compare())
  }

  @Test("what a worker does with a shadow is in no number of clients' jobs")
  func uncounted() {
    let registry = MetricRegistry.ofWorker()
    let log = WorkerLog(logger: ModelBench.logger, metrics: ServiceMetrics(factory: registry))
    let upload = sampleUpload()
    var shadow = sampleShadow(of: sampleJob(over: upload), over: upload)
    shadow.startedAt = startOfTests
    let failure = JobFailure(code: "INFERENCE_ERROR", message: "m")
    func write(_ job: Job) {
      for outcome in [
        AttemptOutcome.completed(summary: "{}"), .failed(failure),
        .retry(at: startOfTests, failure),
      ] {
        log.write(.ended(job, outcome, error: nil))
      }
      log.write(.leaseNotRenewed(job))
    }
    func counts() -> [Double] {
      [
        registry.counter("inference_jobs_total", ["completed"]),
        registry.counter("inference_jobs_total", ["failed"]),
        registry.counter("job_retries_total", ["INFERENCE_ERROR"]),
        registry.counter("job_retries_total", ["LEASE_NOT_RENEWED"]),
        Double(registry.observations("inference_duration_seconds").count),
      ]
    }
    write(shadow)
    #expect(counts() == [0, 0, 0, 0, 0])
    shadow.comparison = nil
    write(shadow)
    #expect(counts() == [1, 1, 1, 1, 2])
  }
}
