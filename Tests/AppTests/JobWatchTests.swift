import Foundation
import Jobs
import Logging
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("JobWatch")
struct JobWatchTests {
  private let store = MemoryStore()
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func makeWatch(hint: ChangeHint = .polled) -> JobWatch {
    JobWatch(
      store: store,
      estimates: CompletionEstimates(store: store, now: { startOfTests }, logger: logger),
      hint: hint, logger: logger)
  }

  /// An uploaded picture and a queued job over it.
  private func addJob() async throws -> Job {
    let upload = sampleUpload()
    try await store.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await store.insert(job, idempotency: nil, queuedLimit: nil)
    return job
  }

  @Test("an unknown job has no document")
  func unknown() async throws {
    #expect(try await makeWatch().document(JobID(at: startOfTests)) == nil)
  }

  @Test("a change that another process wrote is seen, and wakes those who wait for it")
  func changes() async throws {
    let watch = makeWatch()
    let job = try await addJob()
    let running = Task { try await watch.run() }
    let first = try #require(try await watch.document(job.id))
    #expect(first.state == .queued)
    async let next = watch.document(job.id, after: first.version, upTo: .seconds(60))
    let claimed = try #require(
      try await store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests))
    let seen = try #require(try await next)
    #expect(seen.state == .processing)
    #expect(seen.version > first.version)
    async let end = watch.document(job.id, after: seen.version, upTo: .seconds(60))
    try await store.finish(claimed.claim, .completed(summary: "{}"), now: startOfTests)
    #expect(try await end?.state == .completed)
    running.cancel()
    _ = await running.result
  }

  @Test("a store that tells of its changes is not asked before")
  func hints() async throws {
    let changed = WakeSignal()
    let watch = makeWatch(hint: ChangeHint(signal: changed, interval: .seconds(86_400)))
    let job = try await addJob()
    let running = Task { try await watch.run() }
    let first = try #require(try await watch.document(job.id))
    for state in [JobState.processing, .cancelled] {
      let known = try #require(try await watch.document(job.id))
      async let next = watch.document(job.id, after: known.version, upTo: .seconds(60))
      if state == .processing {
        _ = try await store.claim(
          for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
      } else {
        _ = try await store.cancel(job.id, now: startOfTests)
      }
      changed.wake()
      #expect(try await next?.state == state)
    }
    #expect(first.state == .queued)
    running.cancel()
    _ = await running.result
  }

  @Test("where other API processes answer too, a poll is as new as what they could have told")
  func sharedPolls() async throws {
    let quiet = ChangeHint(signal: WakeSignal(), interval: .seconds(86_400))
    let (here, there) = (makeWatch(hint: quiet), makeWatch(hint: quiet))
    let job = try await addJob()
    for watch in [here, there] {
      #expect(try await watch.document(job.id)?.state == .queued)
    }
    _ = try await store.claim(
      for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    let seen = try #require(try await here.document(job.id))
    #expect(seen.state == .processing)
    #expect(try await there.document(job.id)?.version == seen.version)
    // Also for who waits for something newer, and has seen what this one has not.
    _ = try await store.cancel(job.id, now: startOfTests)
    let end = try #require(try await here.document(job.id))
    let waited = try await there.document(job.id, after: end.version, upTo: .milliseconds(1))
    #expect(waited?.version == end.version)
  }

  @Test("who sends webhooks is woken when a job with a callback ends, whichever process ended it")
  func endings() async throws {
    let signal = WakeSignal()
    let watch = JobWatch(
      store: store,
      estimates: CompletionEstimates(store: store, now: { startOfTests }, logger: logger),
      endings: signal, logger: logger)
    let upload = sampleUpload()
    try await store.insert(upload)
    var job = sampleJob(over: upload)
    job.callbackURL = "https://example.org/"
    _ = try await store.insert(job, idempotency: nil)
    let running = Task { try await watch.run() }
    // Changes are followed from here on.
    _ = try await watch.document(job.id)
    async let next = watch.document(job.id, after: 1, upTo: .seconds(60))
    _ = try await store.claim(
      for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    #expect(try await next?.state == .processing)
    let isWoken = Atomic(false)
    let waiting = Task {
      await signal.wait(upTo: .seconds(600))
      isWoken.store(true, ordering: .relaxed)
    }
    _ = try await store.cancel(job.id, now: startOfTests)
    try await eventually { isWoken.load(ordering: .relaxed) }
    running.cancel()
    _ = await running.result
    await waiting.value
  }

  @Test("who waits in vain gets the present document when the time is over")
  func timeout() async throws {
    let watch = makeWatch()
    let job = try await addJob()
    let first = try #require(try await watch.document(job.id))
    let same = try await watch.document(job.id, after: first.version, upTo: .milliseconds(10))
    #expect(same?.version == first.version)
  }

  @Test("who waits and is cancelled does not wait on")
  func cancellation() async throws {
    let watch = makeWatch()
    let job = try await addJob()
    let first = try #require(try await watch.document(job.id))
    let waiting = Task {
      try await watch.document(job.id, after: first.version, upTo: .seconds(3600))
    }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
  }

  @Test("an older document never replaces a newer one")
  func order() throws {
    var state = JobWatchState()
    let now = ContinuousClock().now
    var job = sampleJob(over: sampleUpload())
    job.version = 5
    let newer = StatusDocument(job, estimatedCompletion: nil)
    job.version = 4
    let older = StatusDocument(job, estimatedCompletion: nil)
    _ = state.keep(newer, at: now, limit: 10)
    let (kept, _) = state.keep(older, at: now, limit: 10)
    #expect(kept.version == 5)
    #expect(state.documents[job.id]?.document.version == 5)
  }

  @Test("documents are bounded: those that were read longest ago go")
  func bounded() {
    var state = JobWatchState()
    let start = ContinuousClock().now
    let upload = sampleUpload()
    let jobs = (0..<25).map { sampleJob(over: upload, at: startOfTests + Double($0)) }
    for (index, job) in jobs.enumerated() {
      _ = state.keep(
        StatusDocument(job, estimatedCompletion: nil), at: start + .seconds(index), limit: 10)
    }
    #expect(state.documents.count <= 10)
    #expect(state.documents[jobs[24].id] != nil)
    #expect(state.documents[jobs[0].id] == nil)
  }
}
