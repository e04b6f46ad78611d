import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@Suite("JobWorker")
struct JobWorkerTests {
  private let bench = WorkerBench()

  @Test("a queued job is claimed and completed with the executor's summary")
  func completes() async throws {
    let (_, job) = try await bench.addJob()
    try await bench.withWorker({ _, _ in #"{"total_detections":3}"# }) {
      try await eventually { try await bench.job(job.id).state == .completed }
    }
    #expect(try await bench.job(job.id).summary == #"{"total_detections":3}"#)
    #expect(bench.story == ["claimed", "completed"])
  }

  @Test("an idle worker is woken by the signal, without waiting for its poll")
  func wakes() async throws {
    try await bench.withWorker({ _, _ in "{}" }) {
      // The sign of life and the idle wait.
      try await eventually { bench.time.sleeps.count == 2 }
      let (_, job) = try await bench.addJob()
      bench.signal.wake()
      try await eventually { try await bench.job(job.id).state == .completed }
      #expect(bench.time.now == startOfTests)
    }
  }

  @Test("an idle worker looks at the queue every half a second, and says that it lives")
  func polls() async throws {
    try await bench.withWorker({ _, _ in "{}" }) {
      try await eventually { bench.time.sleeps.count == 2 }
      #expect(try await bench.store.workerCount(since: startOfTests) == 1)
      _ = try await bench.addJob()
      let seconds = try await bench.time.run(sleepers: 2) { bench.story.contains("claimed") }
      #expect(try #require(seconds) < 0.55)
      _ = try await bench.time.run(sleepers: 2) {
        try await bench.store.workerCount(since: startOfTests + 1.9) == 1
      }
    }
    #expect(try await bench.store.workerCount(since: .distantPast) == 0)
  }

  @Test("the heartbeat holds a job for longer than its lease")
  func heartbeat() async throws {
    let (_, job) = try await bench.addJob()
    try await bench.withWorker(ScriptedExecutor.endless) {
      let end = startOfTests + 60
      _ = try await bench.time.run(
        upTo: .seconds(70), sleepers: WorkerBench.sleepersWhileRunning
      ) { bench.time.now >= end }
      let other = try await bench.store.claim(
        for: WorkerID("other"), lease: .seconds(10), maxDeaths: 3, now: bench.time.now)
      #expect(other == nil)
      #expect(try await bench.job(job.id).attempt == 1)
    }
    #expect(bench.story == ["claimed", "released"])
  }

  @Test("every renewal of a lease is told, and a failed one is not")
  func renewals() async throws {
    let (_, job) = try await bench.addJob()
    try await bench.withWorker(ScriptedExecutor.endless) {
      _ = try await bench.time.run(sleepers: WorkerBench.sleepersWhileRunning) {
        bench.renewals.count == 3
      }
      #expect(bench.renewals == [job.id, job.id, job.id])
      bench.store.fail([.renew])
      _ = try await bench.time.run(sleepers: WorkerBench.sleepersWhileRunning) {
        bench.story.contains("renew failed")
      }
      #expect(bench.renewals.count == 3)
    }
  }

  @Test("a worker tells of a claim as the store has answered it")
  func claimed() async throws {
    _ = try await bench.addJob()
    let lost = try await bench.store.claim(
      for: WorkerID("lost"), lease: .seconds(0), maxDeaths: 3, now: startOfTests)
    #expect(lost?.isTakenOver == false)
    try await bench.withWorker({ _, _ in "{}" }) {
      try await eventually { bench.story.contains("completed") }
    }
    guard case .claimed(let claimed) = bench.events.first else {
      Issue.record("\(bench.story)")
      return
    }
    #expect(claimed.isTakenOver)
    #expect(claimed.deaths == 1)
    #expect(claimed.claim.worker == WorkerID("worker-1"))
  }

  @Test("a job that somebody cancels stops within a second, and stays cancelled")
  func cancel() async throws {
    let (_, job) = try await bench.addJob()
    try await bench.withWorker(ScriptedExecutor.endless) {
      try await eventually { bench.time.sleeps.count == 4 }
      _ = try await bench.store.cancel(job.id, now: bench.time.now)
      let seconds = try await bench.time.run(sleepers: 4) { bench.story.contains("lease lost") }
      #expect(try #require(seconds) < 1)
    }
    #expect(try await bench.job(job.id).state == .cancelled)
    #expect(bench.story == ["claimed", "lease lost"])
  }

  @Test("an attempt whose job another worker has claimed ends and writes nothing")
  func leaseLost() async throws {
    let (_, job) = try await bench.addJob()
    try await bench.withWorker(ScriptedExecutor.endless) {
      try await eventually { bench.time.sleeps.count == 4 }
      let other = try await bench.store.claim(
        for: WorkerID("other"), lease: .seconds(600), maxDeaths: 3, now: startOfTests + 10)
      let seconds = try await bench.time.run(sleepers: 4) { bench.story.contains("lease lost") }
      #expect(try #require(seconds) < 1)
      let theirs = try #require(other)
      #expect(try await bench.store.holds(theirs.claim))
      #expect(try await bench.job(job.id).attempt == 2)
    }
    #expect(bench.story == ["claimed", "lease lost"])
  }

  @Test("a lease that cannot be renewed ends the attempt before it runs out; the job is given back")
  func leaseNotRenewed() async throws {
    let (_, job) = try await bench.addJob()
    bench.store.fail([.renew, .check])
    try await bench.withWorker(ScriptedExecutor.endless) {
      let seconds = try await bench.time.run(sleepers: 4) {
        bench.story.contains("lease not renewed")
      }
      // The lease of 10 s ends at 10 s.
      #expect(try #require(seconds) >= 8)
      #expect(try #require(seconds) < 10)
      try await eventually { bench.story.contains("released") }
    }
    let renewals = bench.story.count { $0 == "renew failed" }
    #expect(renewals == 4)
    #expect(try await bench.job(job.id).attempt <= 1)
  }

  @Test("a worker that is told to stop gives its job back, its attempt not counted, and leaves")
  func stops() async throws {
    let (_, job) = try await bench.addJob()
    try await bench.withWorker(ScriptedExecutor.endless) {
      try await eventually { bench.time.sleeps.count == 4 }
      #expect(try await bench.job(job.id).attempt == 1)
    }
    let released = try await bench.job(job.id)
    #expect(released.state == .queued)
    #expect(released.attempt == 0)
    #expect(try await bench.store.workerCount(since: .distantPast) == 0)
  }

  @Test("a job whose executor is slow to stop is given back after a second all the same")
  func stopsSlowly() async throws {
    let (_, job) = try await bench.addJob()
    let compiled = WakeSignal()
    let worker = bench.makeWorker { _, _ in
      // Nothing interrupts it.
      try await uncancelled { await compiled.wait(upTo: .seconds(60)) }
      return "{}"
    }
    let running = Task { await worker.run() }
    try await eventually { bench.time.sleeps.count == WorkerBench.sleepersWhileRunning }
    running.cancel()
    let seconds = try await bench.time.run(sleepers: 1) { bench.story.contains("released") }
    #expect(try #require(seconds) >= 1)
    let other = try await bench.store.claim(
      for: WorkerID("other"), lease: .seconds(10), maxDeaths: 3, now: bench.time.now)
    compiled.wake()
    await running.value
    #expect(bench.story == ["claimed", "released"])
    #expect(try await bench.store.holds(try #require(other).claim))
    #expect(try await bench.job(job.id).attempt == 1)
  }

  @Test("an executor that does not keep its promise of progress is given up, though it never ends")
  func stalls() async throws {
    let (_, job) = try await bench.addJob()
    let end = WakeSignal()
    let worker = bench.makeWorker { claimed, reporter in
      reporter.promiseProgress(every: .seconds(30))
      reporter.progress(JobProgress(totalImages: 2, percentage: 1))
      // Nothing interrupts it.
      try await uncancelled { await end.wait(upTo: .seconds(60)) }
      return "{}"
    }
    let running = Task { await worker.run() }
    try await eventually { bench.time.sleeps.count >= WorkerBench.sleepersWhileRunning }
    let seconds = try await bench.time.run(sleepers: WorkerBench.sleepersWhileRunning) {
      bench.story.contains("stalled")
    }
    #expect(try #require(seconds) > 30)
    #expect(try #require(seconds) < 31)
    let waiting = try await bench.job(job.id)
    #expect(waiting.state == .queued)
    #expect(waiting.failure?.code == "TIMED_OUT")
    #expect(waiting.dueAt >= bench.time.now + 59)
    end.wake()
    running.cancel()
    await running.value
    #expect(bench.story == ["claimed", "retry", "stalled"])
  }

  @Test("a worker says when it last got on; a job without progress is no progress")
  func pulse() async throws {
    _ = try await bench.addJob()
    try await bench.withWorker(ScriptedExecutor.endless) {
      _ = try await bench.time.run(sleepers: WorkerBench.sleepersWhileRunning) {
        bench.time.now >= startOfTests + 20
      }
      let last = try await bench.store.oldestProgress(ofWorkersSince: .distantPast)
      #expect(last == startOfTests)
    }
  }

  @Test("while the store is down a worker asks less and less often, then resumes by itself")
  func storeDown() async throws {
    _ = try await bench.addJob()
    bench.store.fail([.claim])
    try await bench.withWorker({ _, _ in "{}" }) {
      var waits: [Double] = []
      for failures in 1...7 {
        // Beside the backoff only the sign of life sleeps, which wakes every two seconds.
        try await eventually {
          bench.story.count { $0 == "claim failed" } == failures && bench.time.sleeps.count == 2
        }
        let before = bench.time.now
        _ = try await bench.time.run(step: .milliseconds(200), sleepers: 2) {
          bench.story.count { $0 == "claim failed" } > failures
        }
        waits.append((bench.time.now.timeIntervalSince(before) * 10).rounded() / 10)
      }
      #expect(waits == [0.2, 0.4, 0.8, 1.6, 3.2, 5, 5])
      bench.store.fail([])
      let seconds = try await bench.time.run(sleepers: 2) { bench.story.contains("claimed") }
      #expect(try #require(seconds) < 5.15)
    }
  }

  @Test("an outcome that cannot be written is written when the store comes back")
  func finishLater() async throws {
    let (_, job) = try await bench.addJob()
    bench.store.fail([.finish])
    try await bench.withWorker({ _, _ in "{}" }) {
      _ = try await bench.time.run(sleepers: 2) {
        bench.story.count { $0 == "finish failed" } == 4
      }
      bench.store.fail([])
      _ = try await bench.time.run(sleepers: 2) {
        try await bench.job(job.id).state == .completed
      }
    }
    #expect(try await bench.job(job.id).state == .completed)
  }
}
