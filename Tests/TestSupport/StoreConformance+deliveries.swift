import Foundation
import Jobs
import Testing

private let hook = "https://example.org/hooks?token=s3cret"
private let maxAttempts = 12

extension JobStore where Self: UploadStore & DeliveryStore {
  /// A queued job whose end somebody is told of.
  fileprivate func addJobWithCallback(at time: Date = startOfTests) async throws -> JobID {
    let upload = sampleUpload(at: time)
    try await insert(upload)
    var job = sampleJob(over: upload, at: time)
    job.callbackURL = hook
    #expect(try await insert(job, idempotency: nil) == .inserted)
    return job.id
  }

  /// A delivery that is due from `time` on.
  @discardableResult
  fileprivate func addDelivery(at time: Date = startOfTests) async throws -> Delivery {
    let id = try await addJobWithCallback(at: time)
    _ = try await cancel(id, now: time)
    return try #require(try await deliveries(of: id).first)
  }

  fileprivate func claimDeliveries(at now: Date, upTo limit: Int = 8) async throws -> [Delivery] {
    try await claimDeliveries(upTo: limit, lease: lease, maxAttempts: maxAttempts, now: now)
  }

  fileprivate func claimDelivery(at now: Date) async throws -> Delivery {
    try #require(try await claimDeliveries(at: now).first)
  }
}

extension StoreRule {
  /// How a job's end gets into the outbox.
  static let outbox = [
    StoreRule("a completed job tells its callback, in the same breath") { store in
      let id = try await store.addJobWithCallback()
      #expect(try await store.job(id)?.callbackURL == hook)
      let claim = try #require(try await store.claim(at: startOfTests)).claim
      try await store.finish(claim, .completed(summary: "{}"), now: startOfTests + 5)
      let delivery = try #require(try await store.deliveries(of: id).first)
      var expected = Delivery(
        id: delivery.id, jobID: id, event: .completed, url: hook, createdAt: startOfTests + 5)
      expected.dueAt = startOfTests + 5
      #expect(delivery == expected)
      #expect(delivery.state == .pending && delivery.attempts == 0)
    },
    StoreRule("so does one that fails, is cancelled, or killed too many workers") { store in
      let failed = try await store.addJobWithCallback()
      let claim = try #require(try await store.claim(at: startOfTests)).claim
      let failure = JobFailure(code: "MODEL_LOAD_ERROR", message: "m")
      try await store.finish(claim, .failed(failure), now: startOfTests)
      #expect(try await store.deliveries(of: failed).map(\.event) == [.failed])
      let queued = try await store.addJobWithCallback()
      _ = try await store.cancel(queued, now: startOfTests)
      _ = try await store.cancel(queued, now: startOfTests + 1)
      #expect(try await store.deliveries(of: queued).map(\.event) == [.cancelled])
      let running = try await store.addJobWithCallback()
      _ = try await store.claim(at: startOfTests)
      _ = try await store.cancel(running, now: startOfTests)
      #expect(try await store.deliveries(of: running).map(\.event) == [.cancelled])
      let deadly = try await store.addJobWithCallback()
      for death in 0...3 { _ = try await store.claim(at: startOfTests + Double(death) * 20) }
      #expect(try await store.deliveries(of: deadly).map(\.event) == [.failed])
      #expect(try await store.claimDeliveries(at: startOfTests + 60).count == 4)
    },
    StoreRule("a job that has not ended, or whose end nobody wants to know, tells nothing") {
      store in
      let id = try await store.addJobWithCallback()
      let first = try #require(try await store.claim(at: startOfTests))
      try await store.finish(first.claim, .released, now: startOfTests)
      let second = try #require(try await store.claim(at: startOfTests))
      try await store.report(
        JobProgress(totalImages: 2, processedImages: 1), by: second.claim, now: startOfTests)
      let failure = JobFailure(code: "STORAGE_ERROR", message: "m")
      try await store.finish(second.claim, .retry(at: startOfTests, failure), now: startOfTests)
      #expect(try await store.deliveries(of: id).isEmpty)
      let (_, silent) = try await store.addJob()
      _ = try await store.cancel(silent.id, now: startOfTests)
      #expect(try await store.deliveries(of: silent.id).isEmpty)
      #expect(try await store.claimDeliveries(at: startOfTests + 60).isEmpty)
    },
    StoreRule("a late worker's refused end tells nothing") { store in
      let id = try await store.addJobWithCallback()
      let frozen = try #require(try await store.claim(at: startOfTests))
      _ = try #require(try await store.claim(at: startOfTests + 10, by: "other"))
      await expectLeaseLost {
        try await store.finish(frozen.claim, .completed(summary: "{}"), now: startOfTests + 11)
      }
      #expect(try await store.deliveries(of: id).isEmpty)
    },
    StoreRule("deliveries go with their job") { store in
      let id = try await store.addJobWithCallback()
      _ = try await store.cancel(id, now: startOfTests)
      let claimed = try await store.claimDelivery(at: startOfTests)
      let job = try #require(try await store.job(id))
      _ = try await store.delete(job.uploadID)
      #expect(try await store.deliveries(of: id).isEmpty)
      await expectLeaseLost { try await store.record(.delivered(status: 200), of: claimed) }
      #expect(try await store.claimDeliveries(at: startOfTests + 60).isEmpty)
    },
  ]

  /// What senders do with it.
  static let deliveries = [
    StoreRule("a delivery is claimed by one, and again by the next when its lease is over") {
      store in
      try await store.addDelivery()
      let first = try await store.claimDelivery(at: startOfTests)
      #expect(first.attempts == 1)
      #expect(first.lastAttemptAt == startOfTests)
      #expect(try await store.claimDeliveries(at: startOfTests + 9.999).isEmpty)
      let second = try await store.claimDelivery(at: startOfTests + 10)
      #expect(second.id == first.id && second.attempts == 2)
      await expectLeaseLost { try await store.record(.delivered(status: 200), of: first) }
      try await store.record(.delivered(status: 200), of: second)
    },
    StoreRule("what waits longest is claimed first, as many as are asked for") { store in
      let late = try await store.addDelivery(at: startOfTests + 2)
      let early = try await store.addDelivery(at: startOfTests)
      let middle = try await store.addDelivery(at: startOfTests + 1)
      #expect(try await store.claimDeliveries(at: startOfTests - 1).isEmpty)
      let claimed = try await store.claimDeliveries(at: startOfTests + 5, upTo: 2)
      #expect(claimed.map(\.id) == [early.id, middle.id])
      let rest = try await store.claimDeliveries(at: startOfTests + 5, upTo: 2)
      #expect(rest.map(\.id) == [late.id])
    },
    StoreRule("two senders never get the same delivery") { store in
      for _ in 0..<20 { try await store.addDelivery() }
      let claimed = try await withThrowingTaskGroup(of: [EventID].self) { group in
        for _ in 0..<4 {
          group.addTask {
            var mine: [EventID] = []
            while true {
              let more = try await store.claimDeliveries(at: startOfTests, upTo: 3)
              if more.isEmpty { return mine }
              mine += more.map(\.id)
            }
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(claimed.count == 20)
      #expect(Set(claimed).count == 20)
    },
    StoreRule("what is delivered stays so, and is not sent again") { store in
      let delivery = try await store.addDelivery()
      let claimed = try await store.claimDelivery(at: startOfTests + 1)
      try await store.record(.delivered(status: 204), of: claimed)
      var expected = delivery
      expected.state = .delivered
      expected.attempts = 1
      expected.dueAt = nil
      expected.lastAttemptAt = startOfTests + 1
      expected.responseStatus = 204
      #expect(try await store.deliveries(of: delivery.jobID) == [expected])
      #expect(try await store.claimDeliveries(at: startOfTests + 3600).isEmpty)
      await expectLeaseLost {
        try await store.record(.failed(status: 500, error: "e"), of: claimed)
      }
    },
    StoreRule("a failed attempt is made again at its time, and says why it failed") { store in
      let delivery = try await store.addDelivery()
      let first = try await store.claimDelivery(at: startOfTests)
      try await store.record(
        .retry(at: startOfTests + 5, status: 503, error: "unavailable"), of: first)
      let waiting = try #require(try await store.deliveries(of: delivery.jobID).first)
      #expect(waiting.state == .pending)
      #expect(waiting.dueAt == startOfTests + 5)
      #expect(waiting.responseStatus == 503)
      #expect(waiting.error == "unavailable")
      await expectLeaseLost { try await store.record(.delivered(status: 200), of: first) }
      #expect(try await store.claimDeliveries(at: startOfTests + 4.999).isEmpty)
      let second = try await store.claimDelivery(at: startOfTests + 5)
      #expect(second.attempts == 2)
      try await store.record(
        .retry(at: startOfTests + 15, status: nil, error: "silent"), of: second)
      let silent = try #require(try await store.deliveries(of: delivery.jobID).first)
      #expect(silent.responseStatus == nil)
      #expect(silent.error == "silent")
    },
    StoreRule("a delivery that is given up is not sent again") { store in
      let delivery = try await store.addDelivery()
      let claimed = try await store.claimDelivery(at: startOfTests)
      try await store.record(.failed(status: 410, error: "gone"), of: claimed)
      let failed = try #require(try await store.deliveries(of: delivery.jobID).first)
      #expect(failed.state == .failed)
      #expect(failed.dueAt == nil)
      #expect(failed.error == "gone")
      #expect(try await store.claimDeliveries(at: startOfTests + 3600).isEmpty)
    },
    StoreRule("a delivery whose senders all died has no more attempts than others") { store in
      let delivery = try await store.addDelivery()
      for attempt in 0..<maxAttempts {
        let claimed = try await store.claimDelivery(at: startOfTests + Double(attempt) * 10)
        #expect(claimed.attempts == attempt + 1)
      }
      #expect(try await store.claimDeliveries(at: startOfTests + 119).isEmpty)
      #expect(try await store.deliveries(of: delivery.jobID).first?.state == .pending)
      #expect(try await store.claimDeliveries(at: startOfTests + 120).isEmpty)
      let failed = try #require(try await store.deliveries(of: delivery.jobID).first)
      #expect(failed.state == .failed)
      #expect(failed.attempts == maxAttempts)
      #expect(failed.error == Delivery.cutOff)
    },
  ]
}
