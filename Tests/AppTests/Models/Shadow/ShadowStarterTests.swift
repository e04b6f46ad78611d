import Foundation
import HTTPTypes
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Shadows beside clients' jobs")
struct ShadowStarterTests {
  @Test("the candidate runs over the same files, at low priority, as nobody's job")
  func started() async throws {
    let bench = try await ShadowBench()
    try await bench.setRule()
    let base = try await bench.jobs.insert(#"{"visualization": {"format": "png"}}"#) { job in
      job.owner = "ann"
      job.priority = .high
      job.callbackURL = "https://example.org"
      job.requestID = "req_client"
      job.runningLimit = 1
      job.fileIDs.removeFirst()
    }
    await bench.start(beside: base)
    let shadow = try #require(try await bench.shadows().first)
    #expect(shadow.comparison == JobComparison(base: base.id, isShadow: true))
    #expect(shadow.model == bench.jobs.versions[1].pin)
    #expect(shadow.priority == .low)
    #expect(shadow.owner == nil && shadow.callbackURL == nil && shadow.requestID == nil)
    #expect(shadow.fileIDs == base.fileIDs && shadow.uploadID == base.uploadID)
    let configuration = try DetectionConfiguration(json: shadow.configuration)
    #expect(configuration.model == "aerial@2")
    #expect(configuration.annotation?.format == .png)
    #expect(bench.events == ["queued"])
    #expect(try await bench.store.pendingShadows(of: bench.versions) == 1)
    // The client's job is as it was.
    #expect(try await bench.store.job(base.id)?.withoutVersion == base)
  }

  /// Counted by hashlib's SHA-256 of the same ids.
  @Test(
    "a share of the jobs is taken, always the same ones, and a larger share has those of a smaller",
    arguments: [(0.05, 97), (0.1, 185), (0.5, 984), (1, 2000)])
  func share(share: Double, count: Int) throws {
    var rule = ShadowRule(
      name: "aerial", candidate: .number(2), share: share, setAt: startOfTests, setBy: nil)
    let ids = (0..<2000).compactMap { JobID("job_" + String(format: "%012d", $0)) }
    let taken = ids.filter { rule.takes($0) }
    #expect(taken.count == count)
    rule.share = share / 2
    #expect(Set(taken).isSuperset(of: ids.filter { rule.takes($0) }))
  }

  @Test("without a rule, for the candidate's own jobs and for those made to be compared, none runs")
  func unwanted() async throws {
    let bench = try await ShadowBench()
    let early = try await bench.jobs.insert()
    await bench.start(beside: early)
    try await bench.setRule()
    let candidates = try await bench.jobs.insert { $0.model = bench.jobs.versions[1].pin }
    let compared = try await bench.jobs.insert {
      $0.comparison = JobComparison(base: early.id, isShadow: false)
    }
    let folders = try await bench.jobs.insert { $0.model = nil }
    for job in [candidates, compared, folders] { await bench.start(beside: job) }
    #expect(try await bench.shadows().isEmpty)
    #expect(bench.events.isEmpty)
  }

  @Test("an alias is the version where it is when the job comes")
  func alias() async throws {
    let bench = try await ShadowBench()
    func move(to number: Int) async throws {
      _ = try await bench.store.move(
        "candidate", of: "aerial", to: number, expecting: .anywhere, by: nil, now: startOfTests)
    }
    try await move(to: 2)
    try await bench.setRule(.alias("candidate"))
    await bench.start(beside: try await bench.jobs.insert())
    #expect(try await bench.shadows().first?.model == bench.jobs.versions[1].pin)
    try await move(to: 1)
    await bench.start(beside: try await bench.jobs.insert())
    #expect(try await bench.shadows().count == 1)
    _ = try await bench.store.remove(
      "candidate", of: "aerial", expecting: .anywhere, by: nil, now: startOfTests)
    await bench.start(beside: try await bench.jobs.insert())
    #expect(try await bench.shadows().count == 1)
    #expect(bench.events == ["queued", "no_candidate"])
  }

  @Test("a candidate that lacks a class of the job's filter does not run")
  func unfit() async throws {
    let bench = try await ShadowBench()
    try await bench.setRule(.number(1))
    let newer = bench.jobs.versions[1]
    let base = try await bench.jobs.insert { job in
      var kept = try configuration(#"{"classes": ["boat"]}"#).settled(for: InstalledModel(newer))
      kept.model = "aerial@2"
      job.configuration = kept.json
      job.model = newer.pin
    }
    await bench.start(beside: base)
    #expect(try await bench.shadows().isEmpty)
    #expect(bench.events == ["unfit"])
  }

  @Test("none is queued when more than half of the queue is taken, and no pair waits for it")
  func fullQueue() async throws {
    let bench = try await ShadowBench { $0.maxQueuedJobs = 4 }
    try await bench.setRule()
    _ = try await bench.jobs.insert()
    let second = try await bench.jobs.insert()
    await bench.start(beside: second)
    #expect(try await bench.shadows().count == 1)
    await bench.start(beside: second)
    #expect(try await bench.shadows().count == 1)
    #expect(bench.events == ["queued", "queue_full"])
    #expect(try await bench.store.pendingShadows(of: bench.versions) == 1)
  }

  @Test("a store that fails is counted, and nobody else hears of it")
  func failure() async throws {
    let bench = try await ShadowBench(uploads: BrokenUploads())
    try await bench.setRule()
    await bench.start(beside: try await bench.jobs.insert())
    #expect(try await bench.shadows().isEmpty)
    #expect(bench.events == ["error"])
  }

  @Test("what comes faster than shadows are started is let go")
  func dropped() async throws {
    let bench = try await ShadowBench()
    let job = try await bench.jobs.insert()
    for _ in 0..<ShadowQueue.limit { #expect(bench.service.shadowQueue.offer(job)) }
    #expect(!bench.service.shadowQueue.offer(job))
    let answer = try await bench.ask(
      .post, "inference/predict", body: #"{"upload_id": "\#(bench.jobs.upload.id)"}"#)
    #expect(answer.status == 202)
    #expect(bench.events == ["dropped"])
  }
}

/// A store that does not answer.
private struct BrokenUploads: UploadStore {
  private let error = JobsError(.unavailable, "The metadata store does not answer")

  func insert(_ upload: Upload) async throws { throw error }
  func upload(_ id: UploadID) async throws -> Upload? { throw error }
  func file(_ id: FileID) async throws -> UploadedFile? { throw error }
  func expired(at now: Date, limit: Int) async throws -> [Upload] { throw error }
  func delete(_ id: UploadID) async throws -> DeletedUpload? { throw error }
}
