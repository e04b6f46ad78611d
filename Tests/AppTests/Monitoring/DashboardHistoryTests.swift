import Foundation
import Jobs
import TestSupport
import Testing

@testable import App

/// All expected numbers are computed by hand.
@Suite("DashboardHistory")
struct DashboardHistoryTests {
  private func sample(
    _ seconds: TimeInterval, queued: Int = 0, completed: Int = 0, failed: Int = 0,
    durations: Int = 0, sum: Double = 0
  ) -> DashboardSample {
    DashboardSample(
      time: startOfTests + seconds, queued: queued, processing: 1, workers: 2,
      completed: completed, failed: failed, durations: durations, durationSeconds: sum)
  }

  @Test("the first sample has nothing to compare with")
  func first() throws {
    var history = DashboardHistory()
    // Jobs that ended before are no event of this moment.
    history.add(sample(0, queued: 3, completed: 9, failed: 1, durations: 10, sum: 50))
    let point = try #require(history.points.first)
    #expect(
      point
        == DashboardPoint(
          time: startOfTests, queueLength: 3, activeWorkers: 2, averageInferenceSeconds: nil,
          completionRate: 0, completed: 0, failed: 0, processing: 1))
  }

  @Test("rates are over five minutes, at least one; counts since the point before")
  func rates() {
    var history = DashboardHistory()
    history.add(sample(0))
    history.add(sample(10, completed: 2, durations: 2, sum: 6))
    // 10 s have passed: 2 jobs in one minute, 3 s each.
    #expect(history.points[1].completionRate == 2)
    #expect(history.points[1].averageInferenceSeconds == 3)
    for step in 2...12 {
      history.add(sample(Double(step) * 10, completed: 2, durations: 2, sum: 6))
    }
    // 120 s have passed: 2 jobs in two minutes.
    #expect(history.points[12].completionRate == 1)
    #expect(history.points[12].completed == 0)
    history.add(sample(130, completed: 3, failed: 1, durations: 4, sum: 20))
    #expect(history.points[13].completed == 1)
    #expect(history.points[13].failed == 1)
    // 20 s in 4 jobs.
    #expect(history.points[13].averageInferenceSeconds == 5)
    // 3 jobs in 130 s.
    #expect(abs(history.points[13].completionRate - 3 / (130.0 / 60)) < 1e-12)
  }

  @Test("what is older than five minutes no longer counts")
  func window() {
    var history = DashboardHistory()
    history.add(sample(0))
    history.add(sample(10, completed: 5, durations: 5, sum: 5))
    for step in 2...31 {
      history.add(sample(Double(step) * 10, completed: 5, durations: 5, sum: 5))
    }
    // At 310 s the window begins with the sample at 10 s, which has all five.
    #expect(history.points[30].completionRate == 1)
    #expect(history.points[31].completionRate == 0)
    #expect(history.points[31].averageInferenceSeconds == nil)
  }

  @Test("there are sixty points, and the head counts jobs over all of them")
  func bounded() {
    var history = DashboardHistory()
    for step in 0..<200 { history.add(sample(Double(step) * 10, completed: step, failed: step)) }
    #expect(history.points.count == 60)
    #expect(history.points.first?.time == startOfTests + 1400)
    // The present, 3 s after step 199; 61 samples go back to step 139.
    let present = history.present(sample(1993, completed: 200, failed: 199))
    #expect(present.completed == 61)
    #expect(present.failed == 60)
  }

  @Test("a clock that is set back does no harm")
  func backwards() {
    var history = DashboardHistory()
    history.add(sample(1000, completed: 1))
    history.add(sample(0, completed: 2, durations: 1, sum: 4))
    #expect(history.points[1].completionRate == 1)
    #expect(history.points[1].averageInferenceSeconds == 4)
  }

  @Test("the document has the contract's names")
  func document() {
    var history = DashboardHistory()
    history.add(sample(0, queued: 4))
    let text = history.dashboard(
      at: sample(5, queued: 3, completed: 1, durations: 1, sum: 2.3456)
    ).document
    #expect(
      text == #"{"status":"success","data":{"queue_length":3,"active_workers":2,"#
        + #""average_inference_time_seconds":2.346,"job_completion_rate":1,"#
        + #""recent_jobs":{"completed":1,"failed":0,"processing":1},"source":"service","#
        + #""version":"\#(harrierVersion)","history":{"interval_seconds":10,"points":[{"time":"2026-02-02T02:40:00.000Z","#
        + #""queue_length":4,"active_workers":2,"average_inference_time_seconds":null,"#
        + #""job_completion_rate":0,"completed":0,"failed":0,"processing":1}]}}}"#)
  }
}

@Suite("DashboardSampler")
struct DashboardSamplerTests {
  @Test("it samples store and registry until it is cancelled, and keeps sixty points")
  func run() async throws {
    let store = MemoryStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    for _ in 0..<3 { _ = try await store.insert(sampleJob(over: upload), idempotency: nil) }
    let worker = WorkerID("w")
    try await store.beat(worker, now: startOfTests)
    try await store.beat(WorkerID("dead"), now: startOfTests - 11)
    _ = try await store.claim(
      for: worker, lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    let monitored = MonitoredService(jobs: store)
    let sampler = monitored.monitoring(clock: ImpatientClock()).dashboard

    let loop = Task { await sampler.run() }
    while sampler.points.count < 60 { await Task.yield() }
    loop.cancel()
    await loop.value
    #expect(sampler.points.count == 60)
    let point = try #require(sampler.points.last)
    #expect(point.queueLength == 2)
    #expect(point.processing == 1)
    #expect(point.activeWorkers == 1)

    monitored.service.metrics.jobEnded(.completed, duration: .seconds(4))
    monitored.service.metrics.jobEnded(.cancelled, duration: .seconds(2))
    let text = try await sampler.document()
    #expect(text.contains(#""recent_jobs":{"completed":1,"failed":0,"processing":1}"#))
    #expect(text.contains(#""average_inference_time_seconds":3,"#))
  }

  @Test("a store that is down leaves no points, and the answer is its error")
  func down() async throws {
    let sampler = MonitoredService(jobs: BrokenStore()).monitoring(clock: ImpatientClock())
      .dashboard
    let loop = Task { await sampler.run() }
    await #expect(throws: JobsError.self) { try await sampler.document() }
    loop.cancel()
    await loop.value
    #expect(sampler.points.isEmpty)
  }
}
