import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@Suite("How attempts end")
struct AttemptOutcomeTests {
  private static let storage = JobsError(.storageError, "The disk is full", cause: "ENOSPC")

  @Test(
    "a storage error queues the job again, each time for longer",
    arguments: [(attempt: 1, seconds: 60.0), (2, 300), (3, 900)])
  func retries(attempt: Int, seconds: Double) async throws {
    let bench = WorkerBench()
    let (_, job) = try await bench.addJob()
    try await bench.useUp(attempts: attempt - 1)
    let now = bench.time.now
    try await bench.withWorker({ _, _ in throw Self.storage }) {
      try await eventually { bench.story.contains("retry") }
    }
    let waiting = try await bench.job(job.id)
    #expect(waiting.state == .queued)
    #expect(waiting.dueAt == now + seconds)
    #expect(waiting.failure == JobFailure(code: "STORAGE_ERROR", message: "The disk is full"))
  }

  @Test("chance adds up to a tenth to the wait")
  func jitter() async throws {
    let bench = WorkerBench(random: 1)
    let (_, job) = try await bench.addJob()
    try await bench.withWorker({ _, _ in throw Self.storage }) {
      try await eventually { bench.story.contains("retry") }
    }
    let wait = try await bench.job(job.id).dueAt.timeIntervalSince(startOfTests)
    #expect(abs(wait - 66) < 1e-4)
  }

  @Test("a shadow is tried once, whatever it fails of")
  func shadow() async throws {
    let bench = WorkerBench()
    let (upload, base) = try await bench.addJob()
    _ = try await bench.store.cancel(base.id, now: startOfTests)
    let shadow = sampleShadow(of: base, over: upload)
    _ = try await bench.store.memory.insert(shadow, idempotency: nil)
    try await bench.withWorker({ _, _ in
      throw AttemptError(JobFailure(code: "INFERENCE_ERROR", message: "m"), isFinal: false)
    }) {
      try await eventually { bench.story.contains("failed") }
    }
    #expect(try await bench.job(shadow.id).failure?.code == "INFERENCE_ERROR")
    #expect(bench.story == ["claimed", "failed"])
  }

  @Test("after the last retry the job fails with MAX_RETRIES, which tells the last error")
  func maxRetries() async throws {
    let bench = WorkerBench()
    let (_, job) = try await bench.addJob()
    try await bench.useUp(attempts: 3)
    try await bench.withWorker({ _, _ in throw Self.storage }) {
      try await eventually { bench.story.contains("failed") }
    }
    let failed = try await bench.job(job.id)
    #expect(failed.state == .failed)
    #expect(failed.attempt == 4)
    #expect(
      failed.failure
        == JobFailure(
          code: "MAX_RETRIES", message: "The job failed 4 times",
          details: "STORAGE_ERROR: The disk is full"))
  }

  @Test("a failure that no attempt can mend fails the job at once")
  func final() async throws {
    let bench = WorkerBench()
    let (_, job) = try await bench.addJob()
    let failure = JobFailure(code: "MODEL_LOAD_ERROR", message: "The model is not installed")
    try await bench.withWorker({ _, _ in throw AttemptError(failure, isFinal: true) }) {
      try await eventually { bench.story.contains("failed") }
    }
    #expect(try await bench.job(job.id).state == .failed)
    #expect(try await bench.job(job.id).failure == failure)
  }

  @Test("an error that nobody foresaw is tried again and tells clients nothing of itself")
  func unforeseen() async throws {
    struct Surprise: Error {}
    let bench = WorkerBench()
    let (_, job) = try await bench.addJob()
    try await bench.withWorker({ _, _ in throw Surprise() }) {
      try await eventually { bench.story.contains("retry") }
    }
    let failure = try await bench.job(job.id).failure
    #expect(failure == JobFailure(code: "INFERENCE_ERROR", message: "The attempt failed"))
    guard case .ended(_, _, let error) = bench.events.last else {
      Issue.record("\(bench.story)")
      return
    }
    #expect(error is Surprise)
  }

  @Test("waits double up to their limit and begin anew after a success")
  func backoff() {
    var backoff = Backoff(first: .milliseconds(200), limit: .seconds(1))
    #expect(
      (0..<4).map { _ in backoff.next() } == [
        .milliseconds(200), .milliseconds(400), .milliseconds(800), .seconds(1),
      ])
    backoff.reset()
    #expect(backoff.next() == .milliseconds(200))
  }
}

extension WorkerBench {
  /// Attempts that failed before; the job is due at once.
  fileprivate func useUp(attempts: Int) async throws {
    for _ in 0..<attempts {
      let claimed = try #require(
        try await store.claim(
          for: WorkerID("earlier"), lease: .seconds(10), maxDeaths: 3, now: startOfTests))
      let failure = JobFailure(code: "STORAGE_ERROR", message: "earlier")
      try await store.finish(
        claimed.claim, .retry(at: startOfTests, failure), now: startOfTests)
    }
  }
}
