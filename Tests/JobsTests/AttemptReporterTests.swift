import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@Suite("AttemptReporter")
struct AttemptReporterTests {
  private let bench = WorkerBench()

  private static func progress(_ percentage: Int) -> JobProgress {
    JobProgress(totalImages: 2, percentage: percentage, stage: "slice \(percentage)")
  }

  @Test("progress is written at most four times a second, the latest each time")
  func coalescing() async throws {
    let (_, job) = try await bench.addJob()
    let reporter = Mutex<AttemptReporter?>(nil)
    try await bench.withWorker({ claimed, given in
      reporter.withLock { $0 = given }
      return try await ScriptedExecutor.endless(claimed, given)
    }) {
      try await eventually { reporter.withLock { $0 != nil } }
      let given = try #require(reporter.withLock { $0 })
      // A call every 50 ms for two seconds; five sleep, one of them the reporter, once it has written.
      for call in 1...40 {
        given.progress(Self.progress(call))
        try await eventually { bench.time.sleeps.count == 5 }
        bench.time.advance(by: .milliseconds(50))
      }
      try await eventually { try await bench.job(job.id).progress.percentage >= 36 }
    }
    // The first at once, then one in 250 ms.
    #expect((8...9).contains(bench.store.reports.count), "\(bench.store.reports.count)")
    #expect(bench.store.reports.first == Self.progress(1))
    #expect(bench.store.reports.map(\.percentage) == bench.store.reports.map(\.percentage).sorted())
  }

  @Test("the last progress is written before the job ends")
  func lastProgress() async throws {
    let (_, job) = try await bench.addJob()
    try await bench.withWorker({ _, reporter in
      for percentage in 1...97 {
        var progress = Self.progress(percentage)
        progress.processedImages = percentage > 90 ? 2 : 1
        reporter.progress(progress)
      }
      return "{}"
    }) {
      try await eventually { try await bench.job(job.id).state == .completed }
    }
    #expect(bench.store.reports.last?.percentage == 97)
    #expect(bench.store.reports.count <= 2)
    #expect(try await bench.job(job.id).progress.processedImages == 2)
  }

  @Test("a record waits for a store that is down, and is written once it is back")
  func recordLater() async throws {
    let (upload, job) = try await bench.addJob(files: 1)
    bench.store.fail([.record])
    try await bench.withWorker({ claimed, reporter in
      try await reporter.record(sampleRecord(of: upload.files[0], token: claimed.claim.token))
      return "{}"
    }) {
      _ = try await bench.time.run(sleepers: 5) {
        bench.story.count { $0 == "record failed" } == 3
      }
      bench.store.fail([])
      let seconds = try await bench.time.run(sleepers: 5) {
        try await bench.job(job.id).state == .completed
      }
      #expect(try #require(seconds) <= 2.1)
    }
    #expect(try await bench.store.records(of: job.id).count == 1)
  }

  @Test("progress that cannot be written stops nothing")
  func reportFails() async throws {
    let (_, job) = try await bench.addJob()
    bench.store.fail([.report])
    try await bench.withWorker({ _, reporter in
      reporter.progress(Self.progress(1))
      return "{}"
    }) {
      try await eventually { try await bench.job(job.id).state == .completed }
    }
    #expect(bench.story.contains("report failed"))
  }
}
