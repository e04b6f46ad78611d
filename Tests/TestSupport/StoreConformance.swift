import Foundation
public import Jobs
public import Testing

/// One sentence that is true of every store, whatever it is made of.
public struct StoreRule: Sendable, CustomTestStringConvertible {
  public typealias Store = JobStore & UploadStore & DeliveryStore & JobLogStore & APIKeyStore
    & UsageStore & ModelStore

  public let testDescription: String
  public let check: @Sendable (any Store) async throws -> Void

  init(
    _ sentence: String,
    _ check: @escaping @Sendable (any Store) async throws -> Void
  ) {
    testDescription = sentence
    self.check = check
  }

  /// The whole suite.
  public static let all =
    uploads + queue + limits + leases + endings + attempts + checkpoints + watching + loads
    + records + outbox + deliveries + logs + owners + runningLimits + keys + usage
    + models + aliases + modelDeletions + shadows + unseenShadows + golden
}

let lease = Duration.seconds(10)

extension JobStore where Self: UploadStore {
  /// Claims with the usual settings.
  func claim(at now: Date, by worker: String = "worker-1") async throws -> ClaimedJob? {
    try await claim(for: WorkerID(worker), lease: lease, maxDeaths: 3, now: now)
  }

  /// An upload and a job over it, both kept.
  func addJob(
    priority: JobPriority = .normal, at time: Date = startOfTests
  ) async throws -> (upload: Upload, job: Job) {
    let upload = sampleUpload(at: time)
    try await insert(upload)
    let job = sampleJob(over: upload, priority: priority, at: time)
    #expect(try await insert(job, idempotency: nil) == .inserted)
    return (upload, job)
  }
}

/// Checks that `body` is refused because the lease is gone.
func expectLeaseLost(_ body: () async throws -> Void) async {
  await #expect {
    try await body()
  } throws: { error in
    (error as? JobsError)?.code == .leaseLost
  }
}

extension StoreRule {
  static let uploads = [
    StoreRule("an upload is read as it was kept, its files in their order") { store in
      let upload = sampleUpload(files: 5)
      try await store.insert(upload)
      #expect(try await store.upload(upload.id) == upload)
      #expect(try await store.file(upload.files[3].id) == upload.files[3])
      #expect(try await store.upload(UploadID(at: startOfTests)) == nil)
      #expect(try await store.file(FileID(at: startOfTests)) == nil)
    },
    StoreRule("an upload expires at its time, but not under a job that has not ended") { store in
      let (upload, job) = try await store.addJob()
      #expect(try await store.expired(at: upload.expiresAt - 1, limit: 10).isEmpty)
      #expect(try await store.expired(at: upload.expiresAt, limit: 10).isEmpty)
      _ = try await store.cancel(job.id, now: startOfTests)
      #expect(try await store.expired(at: upload.expiresAt, limit: 10) == [upload])
    },
    StoreRule("deleting an upload deletes its jobs and says which blobs are left") { store in
      let (upload, job) = try await store.addJob()
      let other = sampleJob(over: upload)
      _ = try await store.insert(other, idempotency: nil)
      let claimed = try #require(try await store.claim(at: startOfTests))
      _ = try await store.cancel(
        claimed.job.id == job.id ? other.id : job.id, now: startOfTests)
      let record = sampleRecord(of: upload.files[0], token: claimed.claim.token)
      try await store.record(record, by: claimed.claim, now: startOfTests)
      await #expect {
        try await store.delete(upload.id)
      } throws: { ($0 as? JobsError)?.code == .uploadInUse }
      try await store.finish(claimed.claim, .completed(summary: "{}"), now: startOfTests)
      let deleted = try #require(try await store.delete(upload.id))
      #expect(deleted.upload == upload)
      #expect(deleted.jobIDs == [job.id, other.id].sorted())
      #expect(
        Set(deleted.blobPrefixes)
          == ["uploads/\(upload.id)", "jobs/\(job.id)", "jobs/\(other.id)"])
      #expect(try await store.job(job.id) == nil)
      #expect(try await store.records(of: job.id).isEmpty)
      #expect(try await store.file(upload.files[0].id) == nil)
      #expect(try await store.delete(upload.id) == nil)
    },
  ]

  static let queue = [
    StoreRule("a new job is queued and read as it was kept") { store in
      let (_, job) = try await store.addJob()
      #expect(try await store.job(job.id)?.withoutVersion == job)
      #expect(
        try await store.counts()
          == QueueCounts(queued: 1, processing: 0, oldestDueAt: startOfTests))
    },
    StoreRule("a job knows which request started it, wherever it is read") { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      var job = sampleJob(over: upload)
      job.requestID = "req_01h455vb4pex5vsknk084sn02q"
      job.traceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
      _ = try await store.insert(job, idempotency: nil)
      #expect(try await store.job(job.id)?.withoutVersion == job)
      #expect(try await store.jobs(JobQuery()).map(\.withoutVersion) == [job])
      #expect(try await store.changes(after: 0, limit: 9).jobs.map(\.withoutVersion) == [job])
      let claimed = try #require(try await store.claim(at: startOfTests))
      try await store.finish(claimed.claim, .completed(summary: "{}"), now: startOfTests)
      for job in [claimed.job, try await store.job(job.id)] {
        #expect(job?.requestID == "req_01h455vb4pex5vsknk084sn02q")
        #expect(job?.traceParent == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
      }
    },
    StoreRule("a job over an unknown upload is refused") { store in
      await #expect {
        try await store.insert(sampleJob(over: sampleUpload()), idempotency: nil)
      } throws: { ($0 as? JobsError)?.code == .uploadNotFound }
    },
    StoreRule("the highest priority is claimed first, then the oldest") { store in
      let low = try await store.addJob(priority: .low, at: startOfTests).job
      let normal = try await store.addJob(at: startOfTests + 1).job
      let second = try await store.addJob(at: startOfTests + 2).job
      let high = try await store.addJob(priority: .high, at: startOfTests + 3).job
      var order: [JobID] = []
      while let claimed = try await store.claim(at: startOfTests + 4) {
        order.append(claimed.job.id)
      }
      #expect(order == [high.id, normal.id, second.id, low.id])
    },
    StoreRule("two workers never get the same job") { store in
      for index in 0..<20 { _ = try await store.addJob(at: startOfTests + Double(index)) }
      let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
        for worker in 0..<4 {
          group.addTask {
            var mine: [JobID] = []
            while let job = try await store.claim(at: startOfTests + 60, by: "w\(worker)") {
              mine.append(job.job.id)
            }
            return mine
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(claimed.count == 20)
      #expect(Set(claimed).count == 20)
    },
    StoreRule("a list is newest first, by state, and goes on behind a job") { store in
      var jobs: [Job] = []
      for index in 0..<5 {
        jobs.append(try await store.addJob(at: startOfTests + Double(index)).job)
      }
      _ = try await store.cancel(jobs[1].id, now: startOfTests)
      let page = try await store.jobs(JobQuery(limit: 2))
      #expect(page.map(\.id) == [jobs[4].id, jobs[3].id])
      let next = try await store.jobs(JobQuery(state: .queued, limit: 9, after: jobs[3].id))
      #expect(next.map(\.id) == [jobs[2].id, jobs[0].id])
    },
  ]
}
