import Foundation
import Jobs
import Testing

extension StoreRule {
  private static let failure = JobFailure(code: "STORAGE_ERROR", message: "The disk is full")

  static let attempts = [
    StoreRule("every attempt is listed with its worker, its times, its end and its error") {
      store in
      let (upload, job) = try await store.addJob()
      let first = try #require(try await store.claim(at: startOfTests, by: "a"))
      try await store.finish(
        first.claim, .retry(at: startOfTests + 60, failure), now: startOfTests + 1)
      let second = try #require(try await store.claim(at: startOfTests + 60, by: "b"))
      try await store.finish(second.claim, .released, now: startOfTests + 61)
      _ = try #require(try await store.claim(at: startOfTests + 61, by: "c"))
      let third = try #require(try await store.claim(at: startOfTests + 80, by: "d"))
      try await store.begin(upload.files[1].id, by: third.claim, now: startOfTests + 81)
      let running = try await store.attempts(of: job.id)
      #expect(running.map(\.worker.description) == ["a", "b", "c", "d"])
      #expect(running.map(\.number) == [1, 2, 2, 3])
      #expect(running.map(\.outcome) == [.retried, .released, .lost, .running])
      #expect(running[0].failure == failure)
      #expect(running[0].startedAt == startOfTests)
      #expect(running[0].endedAt == startOfTests + 1)
      #expect(running[2].failure?.code == "WORKER_CRASHED")
      #expect(running[2].endedAt == startOfTests + 80)
      #expect(running[3].endedAt == nil)
      #expect(running[3].fileInHand == upload.files[1].id)
      try await store.finish(third.claim, .failed(failure), now: startOfTests + 90)
      let last = try #require(try await store.attempts(of: job.id).last)
      #expect(last.outcome == .failed)
      #expect(last.failure == failure)
    },
    StoreRule("a cancelled job's attempt is cancelled too; a queued one had none") { store in
      let (_, waiting) = try await store.addJob()
      _ = try await store.cancel(waiting.id, now: startOfTests)
      #expect(try await store.attempts(of: waiting.id).isEmpty)
      let (_, running) = try await store.addJob()
      _ = try #require(try await store.claim(at: startOfTests))
      _ = try await store.cancel(running.id, now: startOfTests + 1)
      #expect(try await store.attempts(of: running.id).map(\.outcome) == [.cancelled])
    },
    StoreRule("the newest hundred attempts are kept") { store in
      let (_, job) = try await store.addJob()
      for second in 0..<105 {
        let now = startOfTests + Double(second)
        let claimed = try #require(try await store.claim(at: now))
        try await store.finish(claimed.claim, .released, now: now)
      }
      let attempts = try await store.attempts(of: job.id)
      #expect(attempts.map(\.startedAt) == (5..<105).map { startOfTests + Double($0) })
    },
    StoreRule("who claims a job learns how many workers have died on it") { store in
      _ = try await store.addJob()
      #expect(try await store.claim(at: startOfTests)?.deaths == 0)
      let second = try #require(try await store.claim(at: startOfTests + 10))
      #expect(second.deaths == 1)
      try await store.finish(second.claim, .released, now: startOfTests + 11)
      #expect(try await store.claim(at: startOfTests + 11)?.deaths == 1)
    },
    StoreRule("a job that fails because workers died on it names the image in hand") { store in
      let (upload, job) = try await store.addJob()
      for death in 0..<3 {
        let now = startOfTests + Double(death) * 20
        let claimed = try #require(try await store.claim(at: now))
        try await store.begin(upload.files[0].id, by: claimed.claim, now: now)
        try await store.begin(upload.files[1].id, by: claimed.claim, now: now)
      }
      #expect(try await store.claim(at: startOfTests + 60) == nil)
      let details = try #require(try await store.job(job.id)?.failure?.details)
      #expect(details.contains(upload.files[1].id.description))
      #expect(details.contains(upload.files[1].filename))
    },
    StoreRule("only the holder of a job names images and adds checkpoints") { store in
      let (upload, job) = try await store.addJob()
      let late = try #require(try await store.claim(at: startOfTests))
      _ = try #require(try await store.claim(at: startOfTests + 10))
      let checkpoint = Checkpoint(fileID: upload.files[0].id, key: "jobs/\(job.id)/1/a")
      await expectLeaseLost {
        try await store.begin(upload.files[0].id, by: late.claim, now: startOfTests + 11)
      }
      await expectLeaseLost {
        try await store.keep(checkpoint, by: late.claim, now: startOfTests + 11)
      }
    },
  ]

  static let checkpoints = [
    StoreRule("checkpoints are the next attempt's until their image has its record") { store in
      let (upload, job) = try await store.addJob()
      let first = try #require(try await store.claim(at: startOfTests))
      #expect(first.checkpoints.isEmpty)
      let kept = upload.files.flatMap { file in
        (0..<2).map { Checkpoint(fileID: file.id, key: "jobs/\(job.id)/1/\(file.id).\($0)") }
      }
      for checkpoint in kept {
        try await store.keep(checkpoint, by: first.claim, now: startOfTests + 1)
      }
      let second = try #require(try await store.claim(at: startOfTests + 10))
      #expect(Set(second.checkpoints) == Set(kept))
      let now = startOfTests + 11
      try await store.record(
        sampleRecord(of: upload.files[0], token: 2), by: second.claim, now: now)
      // What comes too late is of no use.
      try await store.keep(kept[0], by: second.claim, now: now)
      let third = try #require(try await store.claim(at: startOfTests + 20))
      #expect(Set(third.checkpoints) == Set(kept.filter { $0.fileID == upload.files[1].id }))
    },
    StoreRule("a job that continues another has its results and checkpoints, not its failures") {
      store in
      let upload = sampleUpload(files: 4)
      try await store.insert(upload)
      let old = sampleJob(over: upload)
      _ = try await store.insert(old, idempotency: nil)
      let claimed = try #require(try await store.claim(at: startOfTests))
      let records = upload.files.prefix(2).map { sampleRecord(of: $0, token: 1) }
      let failed = ImageRecord(fileID: upload.files[2].id, failure: failure)
      let checkpoint = Checkpoint(fileID: upload.files[3].id, key: "jobs/\(old.id)/1/c")
      for record in records + [failed] {
        try await store.record(record, by: claimed.claim, now: startOfTests)
      }
      try await store.keep(checkpoint, by: claimed.claim, now: startOfTests)
      try await store.finish(claimed.claim, .failed(failure), now: startOfTests + 1)
      var new = sampleJob(over: upload, at: startOfTests + 2)
      new.fileIDs.removeFirst()
      let insertion = try await store.insert(
        new, idempotency: nil, limits: QueueLimits(), continuing: old.id)
      #expect(insertion == .inserted)
      #expect(try await store.job(new.id)?.progress.processedImages == 1)
      let again = try #require(try await store.claim(at: startOfTests + 3))
      #expect(again.job.id == new.id)
      #expect(again.records == [records[1]])
      #expect(again.checkpoints == [checkpoint])
      #expect(again.job.attempt == 1)
      #expect(try await store.records(of: old.id).count == 3)
      #expect(try await store.job(old.id)?.state == .failed)
    },
  ]
}
