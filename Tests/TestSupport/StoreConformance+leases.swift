import Foundation
import Jobs
import Testing

extension StoreRule {
  static let leases = [
    StoreRule("a claim starts the first attempt and hides the job from others") { store in
      let (_, job) = try await store.addJob()
      let claimed = try #require(try await store.claim(at: startOfTests + 1))
      #expect(claimed.job.id == job.id)
      #expect(claimed.job.state == .processing)
      #expect(claimed.job.attempt == 1)
      #expect(claimed.job.startedAt == startOfTests + 1)
      #expect(claimed.records.isEmpty)
      #expect(try await store.claim(at: startOfTests + 2, by: "worker-2") == nil)
    },
    StoreRule("a job whose lease ran out is claimed again, and the late worker is refused") {
      store in
      let (upload, _) = try await store.addJob()
      let frozen = try #require(try await store.claim(at: startOfTests))
      #expect(try await store.claim(at: startOfTests + 9.999, by: "other") == nil)
      let rescued = try #require(try await store.claim(at: startOfTests + 10, by: "other"))
      #expect(rescued.job.attempt == 2)
      #expect(rescued.claim.token > frozen.claim.token)
      let record = sampleRecord(of: upload.files[0], token: frozen.claim.token)
      let now = startOfTests + 11
      await expectLeaseLost { try await store.renew(frozen.claim, lease: lease, now: now) }
      await expectLeaseLost { try await store.record(record, by: frozen.claim, now: now) }
      await expectLeaseLost {
        try await store.report(JobProgress(totalImages: 2), by: frozen.claim, now: now)
      }
      await expectLeaseLost {
        try await store.finish(frozen.claim, .completed(summary: "{}"), now: now)
      }
      #expect(try await store.records(of: rescued.job.id).isEmpty)
      try await store.finish(rescued.claim, .completed(summary: "{}"), now: now)
    },
    StoreRule("who claims a job learns whether it was taken from a worker that gave no sign") {
      store in
      _ = try await store.addJob()
      let first = try #require(try await store.claim(at: startOfTests))
      #expect(!first.isTakenOver)
      let rescued = try #require(try await store.claim(at: startOfTests + 10, by: "other"))
      #expect(rescued.isTakenOver)
      try await store.finish(rescued.claim, .released, now: startOfTests + 11)
      let given = try #require(try await store.claim(at: startOfTests + 11))
      #expect(!given.isTakenOver)
      let failure = JobFailure(code: "STORAGE_ERROR", message: "m")
      try await store.finish(
        given.claim, .retry(at: startOfTests + 60, failure), now: startOfTests + 12)
      #expect(try await store.claim(at: startOfTests + 60)?.isTakenOver == false)
      #expect(try await store.claim(at: startOfTests + 70)?.isTakenOver == true)
    },
    StoreRule("a renewed lease keeps the job") { store in
      _ = try await store.addJob()
      let claimed = try #require(try await store.claim(at: startOfTests))
      try await store.renew(claimed.claim, lease: lease, now: startOfTests + 8)
      #expect(try await store.claim(at: startOfTests + 17, by: "other") == nil)
      #expect(try await store.claim(at: startOfTests + 18, by: "other") != nil)
    },
    StoreRule("what an attempt recorded is kept for the next one, and only once") { store in
      let (upload, _) = try await store.addJob()
      let first = try #require(try await store.claim(at: startOfTests))
      let record = sampleRecord(of: upload.files[0], token: first.claim.token)
      try await store.record(record, by: first.claim, now: startOfTests)
      let second = try #require(try await store.claim(at: startOfTests + 20))
      #expect(second.records == [record])
      let again = sampleRecord(of: upload.files[0], token: second.claim.token)
      try await store.record(again, by: second.claim, now: startOfTests + 21)
      #expect(try await store.records(of: second.job.id) == [record])
    },
    StoreRule("a job that three workers died on fails with WORKER_CRASHED") { store in
      let (_, job) = try await store.addJob()
      for death in 0..<3 {
        #expect(try await store.claim(at: startOfTests + Double(death) * 20) != nil)
      }
      #expect(try await store.claim(at: startOfTests + 60) == nil)
      let failed = try #require(try await store.job(job.id))
      #expect(failed.state == .failed)
      #expect(failed.failure?.code == "WORKER_CRASHED")
      #expect(failed.endedAt == startOfTests + 60)
    },
  ]

  static let endings = [
    StoreRule("progress is shown and its percentage never goes back") { store in
      let (_, job) = try await store.addJob()
      let claim = try #require(try await store.claim(at: startOfTests)).claim
      let progress = JobProgress(
        totalImages: 2, processedImages: 1, failedImages: 0, percentage: 60, stage: "Merging")
      try await store.report(progress, by: claim, now: startOfTests + 1)
      var lower = progress
      lower.percentage = 40
      lower.stage = "Slicing"
      try await store.report(lower, by: claim, now: startOfTests + 2)
      let shown = try #require(try await store.job(job.id))
      #expect(shown.progress.percentage == 60)
      #expect(shown.progress.stage == "Slicing")
      #expect(shown.updatedAt == startOfTests + 2)
    },
    StoreRule("a completed job has its summary and never changes again") { store in
      let (_, job) = try await store.addJob()
      let claim = try #require(try await store.claim(at: startOfTests)).claim
      try await store.finish(claim, .completed(summary: #"{"n":1}"#), now: startOfTests + 5)
      let completed = try #require(try await store.job(job.id))
      #expect(completed.state == .completed)
      #expect(completed.summary == #"{"n":1}"#)
      #expect(completed.progress.percentage == 100)
      #expect(completed.endedAt == startOfTests + 5)
      await expectLeaseLost {
        try await store.finish(
          claim, .failed(JobFailure(code: "X", message: "")), now: startOfTests + 6)
      }
      #expect(
        try await store.cancel(job.id, now: startOfTests + 6) == .alreadyEnded(completed))
      #expect(try await store.claim(at: startOfTests + 3600) == nil)
    },
    StoreRule("a failed attempt is tried again at its time, not before") { store in
      let (_, job) = try await store.addJob()
      let claim = try #require(try await store.claim(at: startOfTests)).claim
      let failure = JobFailure(code: "STORAGE_ERROR", message: "m", details: "d")
      try await store.finish(
        claim, .retry(at: startOfTests + 60, failure), now: startOfTests + 1)
      let waiting = try #require(try await store.job(job.id))
      #expect(waiting.state == .queued)
      #expect(waiting.failure == failure)
      #expect(try await store.claim(at: startOfTests + 59.999) == nil)
      #expect(try await store.claim(at: startOfTests + 60)?.job.attempt == 2)
    },
    StoreRule("a released job is due at once, and its attempt does not count") { store in
      _ = try await store.addJob()
      let claim = try #require(try await store.claim(at: startOfTests)).claim
      try await store.finish(claim, .released, now: startOfTests + 1)
      let again = try #require(try await store.claim(at: startOfTests + 1))
      #expect(again.job.attempt == 1)
      #expect(again.claim.token > claim.token)
    },
    StoreRule("a cancelled job refuses its worker's next write") { store in
      let (upload, job) = try await store.addJob()
      let claim = try #require(try await store.claim(at: startOfTests)).claim
      let outcome = try await store.cancel(job.id, now: startOfTests + 1)
      guard case .cancelled(let cancelled) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(cancelled.state == .cancelled)
      #expect(cancelled.endedAt == startOfTests + 1)
      await expectLeaseLost {
        try await store.record(
          sampleRecord(of: upload.files[0], token: claim.token), by: claim,
          now: startOfTests + 2)
      }
      #expect(
        try await store.cancel(job.id, now: startOfTests + 3) == .alreadyEnded(cancelled))
      #expect(try await store.cancel(JobID(at: startOfTests), now: startOfTests) == .notFound)
    },
  ]
}
