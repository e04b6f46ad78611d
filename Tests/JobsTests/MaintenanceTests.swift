import Foundation
import Jobs
import TestSupport
import Testing

@Suite("Retention and leftovers")
struct MaintenanceTests {
  private let store = MemoryStore()
  private let blobs: MemoryBlobStore

  init() throws { blobs = try MemoryBlobStore() }

  private var retention: Retention { Retention(uploads: store, blobs: blobs) }
  private var sweeper: LeftoverSweeper {
    LeftoverSweeper(jobs: store, uploads: store, models: store, blobs: blobs)
  }

  /// An upload with its blobs, and the results of two attempts at a job over it.
  private func addUpload(at time: Date = startOfTests) async throws -> (upload: Upload, job: Job) {
    let upload = sampleUpload(at: time)
    for file in upload.files { try await blobs.put([1], as: file.blobKey) }
    try await store.insert(upload)
    let job = sampleJob(over: upload, at: time)
    _ = try await store.insert(job, idempotency: nil)
    for token in 1...2 {
      try await blobs.put([2], as: "jobs/\(job.id)/\(token)/\(upload.files[0].id).detections")
    }
    return (upload, job)
  }

  private func names(_ prefix: String) async throws -> [String] {
    try await blobs.names(under: prefix, after: nil, limit: 1000).map(\.name)
  }

  @Test("an upload whose time is over goes with its jobs, their results and all blobs")
  func expired() async throws {
    let (upload, job) = try await addUpload()
    let (young, youngJob) = try await addUpload(at: startOfTests + 10)
    _ = try await store.cancel(job.id, now: startOfTests)
    _ = try await store.cancel(youngJob.id, now: startOfTests)
    #expect(try await retention.run(now: upload.expiresAt - 1) == Retention.Counts())
    let counts = try await retention.run(now: upload.expiresAt)
    #expect(counts.uploads == 1)
    #expect(counts.jobs == 1)
    #expect(try await store.upload(upload.id) == nil)
    #expect(try await store.job(job.id) == nil)
    #expect(try await names("uploads") == ["\(young.id)"])
    #expect(try await names("jobs") == ["\(youngJob.id)"])
  }

  @Test("nothing is deleted under a job that waits or runs")
  func inUse() async throws {
    let (upload, job) = try await addUpload()
    let later = upload.expiresAt + 1
    #expect(try await retention.run(now: later) == Retention.Counts())
    let claim = try #require(
      try await store.claim(for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: later)
    ).claim
    #expect(try await retention.run(now: later) == Retention.Counts())
    #expect(try await names("uploads/\(upload.id)").count == upload.files.count)
    try await store.finish(claim, .completed(summary: "{}"), now: later)
    #expect(try await retention.run(now: later).uploads == 1)
    #expect(try await store.job(job.id) == nil)
  }

  @Test("more uploads than fit into one batch are deleted by one run")
  func batches() async throws {
    for _ in 0..<120 { try await store.insert(sampleUpload()) }
    #expect(try await retention.run(now: startOfTests + 86_400).uploads == 120)
    #expect(try await store.expired(at: .distantFuture, limit: 1).isEmpty)
  }

  @Test("blobs of an upload without a row are removed once they are an hour old")
  func leftUploads() async throws {
    let (upload, job) = try await addUpload()
    let killed = sampleUpload()
    for file in killed.files { try await blobs.put([1], as: file.blobKey) }
    try await blobs.put([1], as: "uploads/somebody-else/img")
    #expect(try await sweeper.run(now: Date()) == LeftoverSweeper.Counts())
    let counts = try await sweeper.run(now: Date() + LeftoverSweeper.age + 60)
    #expect(counts.uploads == 1)
    #expect(counts.jobs == 0)
    #expect(try await Set(names("uploads")) == ["\(upload.id)", "somebody-else"])
    #expect(try await names("jobs") == ["\(job.id)"])
  }

  @Test("results of a job without a row, and old temporary files, are removed too")
  func leftJobs() async throws {
    let gone = JobID(at: startOfTests)
    try await blobs.put([1], as: "jobs/\(gone)/3/img_1.detections")
    let path = try await blobs.temporaryPath()
    try Data("half".utf8).write(to: URL(fileURLWithPath: path))
    // A file of an upload that takes hours is not left over.
    let early = try await sweeper.run(now: Date() + LeftoverSweeper.age + 60)
    #expect(early.jobs == 1)
    #expect(early.temporaryFiles == 0)
    let late = try await sweeper.run(now: Date() + LeftoverSweeper.temporaryAge + 60)
    #expect(late.temporaryFiles == 1)
    #expect(try await names("jobs").isEmpty)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("files of a model without a row are removed once they are an hour old, others stay")
  func leftModels() async throws {
    let kept = sampleSubmission()
    try await store.register(kept)
    let left = sampleSubmission("aerial", "2")
    for key in kept.content.blobKeys + left.content.blobKeys { try await blobs.put([1], as: key) }
    try await blobs.put([1], as: "models/somebody-else/model.onnx")
    #expect(try await sweeper.run(now: Date()) == LeftoverSweeper.Counts())
    let counts = try await sweeper.run(now: Date() + LeftoverSweeper.age + 60)
    #expect(counts == LeftoverSweeper.Counts(models: 1))
    #expect(try await Set(names("models")) == ["\(kept.content.filesID)", "somebody-else"])
  }

  @Test("golden pictures without a row are removed once they are an hour old, others stay")
  func leftGoldenPictures() async throws {
    try await store.register(sampleSubmission())
    let (kept, left) = (sampleGoldenSet(), sampleGoldenSet())
    _ = try await store.put(kept)
    for set in [kept, left] {
      for key in set.pictureKeys + [set.expectationKey] { try await blobs.put([1], as: key) }
    }
    #expect(try await sweeper.run(now: Date()) == LeftoverSweeper.Counts())
    let counts = try await sweeper.run(now: Date() + LeftoverSweeper.age + 60)
    #expect(counts == LeftoverSweeper.Counts(models: 1))
    #expect(try await names("models") == ["\(kept.id)"])
  }

  @Test("leftovers behind thousands of names in use are found")
  func pages() async throws {
    for index in 0..<1200 {
      let upload = sampleUpload(files: 1, at: startOfTests + Double(index))
      try await blobs.put([1], as: upload.files[0].blobKey)
      if index % 600 != 599 { try await store.insert(upload) }
    }
    let counts = try await sweeper.run(now: Date() + LeftoverSweeper.age + 60)
    #expect(counts.uploads == 2)
  }
}
