import Foundation
import Jobs
import Testing

extension StoreRule {
  static let limits = [
    StoreRule("an idempotency key starts one job, and refuses another body") { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let key = IdempotencyKey(caller: "a", key: "k", bodyHash: "1")
      let first = sampleJob(over: upload)
      #expect(try await store.insert(first, idempotency: key) == .inserted)
      try expectRepeated(
        first, by: try await store.insert(sampleJob(over: upload), idempotency: key))
      let other = IdempotencyKey(caller: "a", key: "k", bodyHash: "2")
      await #expect {
        try await store.insert(sampleJob(over: upload), idempotency: other)
      } throws: { ($0 as? JobsError)?.code == .idempotencyConflict }
      #expect(try await store.job(startedBy: key, now: startOfTests + 86_399)?.id == first.id)
      #expect(try await store.job(startedBy: key, now: startOfTests + 86_401) == nil)
      await #expect {
        try await store.job(startedBy: other, now: startOfTests)
      } throws: { ($0 as? JobsError)?.code == .idempotencyConflict }
      let stranger = IdempotencyKey(caller: "b", key: "k", bodyHash: "2")
      #expect(try await store.job(startedBy: stranger, now: startOfTests) == nil)
      #expect(try await store.insert(sampleJob(over: upload), idempotency: stranger) == .inserted)
      #expect(try await store.counts().queued == 2)
    },
    StoreRule("an idempotency key is remembered for 24 hours and forgotten then") { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let key = IdempotencyKey(caller: "a", key: "k", bodyHash: "1")
      let first = sampleJob(over: upload)
      _ = try await store.insert(first, idempotency: key)
      let early = sampleJob(over: upload, at: startOfTests + 86_399.999)
      try expectRepeated(first, by: try await store.insert(early, idempotency: key))
      let late = sampleJob(over: upload, at: startOfTests + 86_400)
      let other = IdempotencyKey(caller: "a", key: "k", bodyHash: "2")
      #expect(try await store.insert(late, idempotency: other) == .inserted)
      try expectRepeated(late, by: try await store.insert(late, idempotency: other))
    },
    StoreRule("a key's job shows what has become of it") { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let key = IdempotencyKey(caller: "a", key: "k", bodyHash: "1")
      let job = sampleJob(over: upload)
      _ = try await store.insert(job, idempotency: key)
      _ = try await store.cancel(job.id, now: startOfTests + 1)
      let cancelled = try #require(try await store.job(job.id))
      #expect(
        try await store.insert(sampleJob(over: upload), idempotency: key) == .repeated(cancelled))
    },
    StoreRule("a full queue refuses new jobs, answers known keys, and goes on when one is claimed")
    {
      store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let key = IdempotencyKey(caller: "a", key: "k", bodyHash: "1")
      let first = sampleJob(over: upload)
      _ = try await store.insert(first, idempotency: key, queuedLimit: 2)
      _ = try await store.insert(sampleJob(over: upload), idempotency: nil, queuedLimit: 2)
      let refused = IdempotencyKey(caller: "a", key: "refused", bodyHash: "1")
      await #expect {
        try await store.insert(sampleJob(over: upload), idempotency: refused, queuedLimit: 2)
      } throws: { ($0 as? JobsError)?.code == .queueFull }
      let again = try await store.insert(
        sampleJob(over: upload), idempotency: key, queuedLimit: 2)
      try expectRepeated(first, by: again)
      #expect(try await store.counts().queued == 2)
      _ = try await store.claim(at: startOfTests)
      // The refused key was not remembered.
      let next = try await store.insert(
        sampleJob(over: upload), idempotency: refused, queuedLimit: 2)
      #expect(next == .inserted)
    },
    StoreRule("jobs that arrive at once never pass the limit") { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let accepted = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<20 {
          group.addTask {
            let job = sampleJob(over: upload)
            return (try? await store.insert(job, idempotency: nil, queuedLimit: 5)) == .inserted
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(accepted == 5)
      #expect(try await store.counts().queued == 5)
    },
  ]

  private static func expectRepeated(
    _ job: Job, by insertion: JobInsertion, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    guard case .repeated(let known) = insertion else {
      Issue.record("\(insertion)", sourceLocation: sourceLocation)
      return
    }
    #expect(known.withoutVersion == job, sourceLocation: sourceLocation)
  }
}
