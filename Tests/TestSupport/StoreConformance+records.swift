import Foundation
import Jobs
import Testing

extension StoreRule {
  static let records = [
    StoreRule("the newest picture of a file is that of the newest completed job that drew one") {
      store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let file = upload.files[0]
      #expect(try await store.newestPicture(of: file.id) == nil)

      let first = try await store.finishJob(over: upload, at: startOfTests, draws: true)
      #expect(try await store.newestPicture(of: file.id) == first)
      let second = try await store.finishJob(over: upload, at: startOfTests + 10, draws: true)
      #expect(second != first)
      #expect(try await store.newestPicture(of: file.id) == second)

      // Neither a job that draws nothing nor one that has not completed takes its place.
      _ = try await store.finishJob(over: upload, at: startOfTests + 20, draws: false)
      _ = try await store.finishJob(
        over: upload, at: startOfTests + 30, draws: true,
        JobFailure(code: "TIMED_OUT", message: "It took too long"))
      #expect(try await store.newestPicture(of: file.id) == second)
      #expect(try await store.newestPicture(of: upload.files[1].id) == nil)
    },
    StoreRule(
      "a job that was made to be compared says with which, and its picture is not the newest"
    ) {
      store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let base = try await store.finishJob(over: upload, at: startOfTests, draws: true)
      let baseID = JobID(at: startOfTests)
      for (index, isShadow) in [false, true].enumerated() {
        let comparison = JobComparison(base: baseID, isShadow: isShadow)
        let time = startOfTests + Double(10 * (index + 1))
        _ = try await store.finishJob(over: upload, at: time, draws: true, comparing: comparison)
        #expect(try await store.jobs(JobQuery(limit: 1)).first?.comparison == comparison)
      }
      #expect(try await store.newestPicture(of: upload.files[0].id) == base)
      #expect(try await store.jobs(JobQuery()).last?.comparison == nil)
      let next = try await store.finishJob(over: upload, at: startOfTests + 40, draws: true)
      #expect(try await store.newestPicture(of: upload.files[0].id) == next)
    },
    StoreRule("a picture goes with its upload") { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      _ = try await store.finishJob(over: upload, at: startOfTests, draws: true)
      _ = try await store.delete(upload.id)
      #expect(try await store.newestPicture(of: upload.files[0].id) == nil)
    },
  ]
}

extension JobStore where Self: UploadStore {
  /// A job whose first file has a record, and which has ended. Returns the record.
  fileprivate func finishJob(
    over upload: Upload, at time: Date, draws: Bool, _ failure: JobFailure? = nil,
    comparing comparison: JobComparison? = nil
  ) async throws -> ImageRecord {
    var job = sampleJob(over: upload, at: time)
    job.comparison = comparison
    #expect(try await insert(job, idempotency: nil) == .inserted)
    let claimed = try #require(try await claim(at: time))
    #expect(claimed.job.comparison == comparison)
    let picture = "jobs/\(job.id)/1/picture"
    let record = ImageRecord(
      fileID: upload.files[0].id, resultKey: "jobs/\(job.id)/1/detections",
      annotatedKey: draws ? picture : nil, thumbnailKey: draws ? picture : nil)
    try await self.record(record, by: claimed.claim, now: time)
    let outcome = failure.map { AttemptOutcome.failed($0) } ?? .completed(summary: "{}")
    try await finish(claimed.claim, outcome, now: time)
    return record
  }
}
