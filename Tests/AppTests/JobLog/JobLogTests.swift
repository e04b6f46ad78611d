import Foundation
import Jobs
import Logging
import Synchronization
import TestSupport
import Testing

@testable import App

/// A store of logs that can be told to fail, and counts its calls.
private final class LogStore: JobLogStore {
  let memory: MemoryStore
  let appends = Mutex(0)
  let isDown = Atomic(false)

  init(_ memory: MemoryStore) { self.memory = memory }

  func append(_ entries: [JobLogEntry], to job: JobID) async throws {
    appends.withLock { $0 += 1 }
    if isDown.load(ordering: .relaxed) { throw JobsError(.databaseError, "down") }
    try await memory.append(entries, to: job)
  }

  func log(of job: JobID, after number: Int?, limit: Int) async throws -> [NumberedEntry] {
    try await memory.log(of: job, after: number, limit: limit)
  }
}

@Suite("The log of a job")
struct JobLogTests {
  private let memory = MemoryStore()
  private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func job() async throws -> JobID {
    let upload = sampleUpload()
    try await memory.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await memory.insert(job, idempotency: nil)
    return job.id
  }

  @Test("lines of one moment are written together, in their order")
  func batches() async throws {
    let store = LogStore(memory)
    let writer = JobLogWriter(store: store, source: .worker, logger: quiet, now: { startOfTests })
    let (first, second) = (try await job(), try await job())
    for number in 1...5 {
      writer.write("line \(number)", of: first, attempt: 1, details: ["n": "\(number)"])
    }
    writer.write("other", .error, of: second)
    await writer.flush()
    #expect(store.appends.withLock { $0 } == 2)
    let log = try await store.log(of: first, after: nil, limit: 100)
    #expect(log.map(\.entry.message) == (1...5).map { "line \($0)" })
    #expect(log[2].entry.details == ["n": "3"])
    #expect(log[2].entry.source == .worker)
    let other = try await store.log(of: second, after: nil, limit: 100)
    #expect(other.map(\.entry.level) == [.error])
  }

  @Test("what waits when the writer is told to end is still written")
  func end() async throws {
    let store = LogStore(memory)
    let writer = JobLogWriter(store: store, source: .api, logger: quiet)
    let id = try await job()
    let running = Task { await writer.run() }
    writer.write("first", of: id)
    while store.appends.withLock({ $0 }) == 0 { await Task.yield() }
    writer.write("last", of: id)
    running.cancel()
    await running.value
    let log = try await store.log(of: id, after: nil, limit: 10)
    #expect(log.map(\.entry.message) == ["first", "last"])
  }

  @Test("a store that is down loses lines and nothing else")
  func down() async throws {
    let store = LogStore(memory)
    store.isDown.store(true, ordering: .relaxed)
    let writer = JobLogWriter(store: store, source: .api, logger: quiet)
    let id = try await job()
    writer.write("lost", of: id)
    await writer.flush()
    store.isDown.store(false, ordering: .relaxed)
    writer.write("kept", of: id)
    await writer.flush()
    #expect(try await store.log(of: id, after: nil, limit: 10).map(\.entry.message) == ["kept"])
  }

  @Test("the route answers in pages that go on")
  func route() async throws {
    let harness = RouteHarness()
    let upload = sampleUpload()
    try await harness.store.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await harness.store.insert(job, idempotency: nil)
    try await harness.store.append(
      (1...3).map {
        JobLogEntry(
          time: startOfTests, level: $0 == 2 ? .warning : .info, source: .worker, attempt: 1,
          message: "line \($0)", details: $0 == 3 ? ["b": "2", "a": "1"] : [:])
      }, to: job.id)
    let first = try await harness.get("jobs/\(job.id)/log?limit=2")
    #expect(
      first.text == #"{"status":"success","data":{"job_id":"\#(job.id)","entries":["#
        + #"{"number":1,"time":"2026-02-02T02:40:00.000Z","level":"info","source":"worker","attempt":1,"message":"line 1"},"#
        + #"{"number":2,"time":"2026-02-02T02:40:00.000Z","level":"warning","source":"worker","attempt":1,"message":"line 2"}],"#
        + #""next_after":2}}"#)
    let rest = try await harness.get("jobs/\(job.id)/log?after=2")
    #expect(
      rest.text.contains(#""message":"line 3","details":{"a":"1","b":"2"}}],"next_after":3}}"#))
    let none = try await harness.get("jobs/\(job.id)/log?after=3")
    #expect(none.text.hasSuffix(#""entries":[],"next_after":3}}"#))
    #expect(await harness.error("jobs/\(JobID(at: startOfTests))/log")?.code == .jobNotFound)
    #expect(await harness.error("jobs/\(job.id)/log?limit=1001")?.code == .invalidRequest)
    #expect(await harness.error("jobs/\(job.id)/log?after=-1")?.code == .invalidRequest)
  }
}
