import Foundation
import GRDB
import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("SQLite store: deliveries")
struct SQLiteDeliveryTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("harrier.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  /// A store with one delivery that waits.
  private func storeWithDelivery() async throws -> SQLiteStore {
    let store = try SQLiteStore(path: path)
    let upload = sampleUpload()
    try await store.insert(upload)
    var job = sampleJob(over: upload)
    job.callbackURL = "https://example.org/"
    _ = try await store.insert(job, idempotency: nil)
    _ = try await store.cancel(job.id, now: startOfTests)
    return store
  }

  @Test(
    "the table itself refuses what breaks the state machine",
    arguments: [
      "UPDATE delivery SET state = 'unknown'",
      "UPDATE delivery SET due_ms = NULL",
      "UPDATE delivery SET state = 'delivered', due_ms = NULL",
      "UPDATE delivery SET state = 'delivered', due_ms = NULL, response_status = 404",
      "UPDATE delivery SET state = 'delivered', response_status = 200",
      "UPDATE delivery SET state = 'failed', due_ms = NULL",
      "UPDATE delivery SET state = 'failed', due_ms = NULL, error = 'e', lease_end_ms = 1",
      "UPDATE delivery SET attempts = 1", "UPDATE delivery SET attempts = -1, last_attempt_ms = 1",
      "UPDATE delivery SET event = 'job.started'",
      "INSERT INTO delivery (id, job_id, event, url, created_ms, due_ms) "
        + "SELECT 'evt_2', job_id, event, url, 0, 0 FROM delivery",
    ])
  func constraints(statement: String) async throws {
    let store = try await storeWithDelivery()
    let queue = try DatabaseQueue(path: path)
    #expect(throws: DatabaseError.self) { try queue.write { try $0.execute(sql: statement) } }
    #expect(
      try await store.claimDeliveries(
        upTo: 9, lease: .seconds(1), maxAttempts: 12, now: startOfTests
      ).count == 1)
  }

  @Test("a delivery that has ended is not revived, not even by hand")
  func trigger() async throws {
    let store = try await storeWithDelivery()
    let claimed = try #require(
      try await store.claimDeliveries(
        upTo: 1, lease: .seconds(1), maxAttempts: 12, now: startOfTests
      ).first)
    try await store.record(.delivered(status: 200), of: claimed)
    let queue = try DatabaseQueue(path: path)
    #expect(throws: DatabaseError.self) {
      try queue.write {
        try $0.execute(sql: "UPDATE delivery SET state = 'pending', due_ms = 0")
      }
    }
  }

  @Test("two connections to one file never claim the same delivery")
  func twoProcesses() async throws {
    let store = try await storeWithDelivery()
    let upload = sampleUpload()
    try await store.insert(upload)
    for _ in 0..<39 {
      var job = sampleJob(over: upload)
      job.callbackURL = "https://example.org/"
      _ = try await store.insert(job, idempotency: nil)
      _ = try await store.cancel(job.id, now: startOfTests)
    }
    let claimed = try await withThrowingTaskGroup(of: [EventID].self) { group in
      for store in [store, try SQLiteStore(path: path)] {
        group.addTask {
          var mine: [EventID] = []
          while true {
            let more = try await store.claimDeliveries(
              upTo: 2, lease: .seconds(10), maxAttempts: 12, now: startOfTests)
            if more.isEmpty { return mine }
            mine += more.map(\.id)
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(claimed.count == 40)
    #expect(Set(claimed).count == 40)
  }

  @Test("a database from before webhooks keeps its jobs, which tell nobody")
  func migration() async throws {
    let upload = sampleUpload()
    let job = sampleJob(over: upload)
    let queue = try DatabaseQueue(path: path)
    try SQLiteSchema.migrator.migrate(queue, upTo: "1: uploads, jobs, records")
    try await queue.write { database in
      try database.execute(
        sql: "INSERT INTO upload VALUES (?, 0, 0)", arguments: [upload.id.description])
      try database.execute(
        sql: """
          INSERT INTO job (id, upload_id, file_ids, configuration, priority, megapixels, state,
            created_ms, updated_ms, due_ms, total_images)
          VALUES (?, ?, '', '{}', 1, 0, 'queued', 0, 0, 0, 2)
          """, arguments: [job.id.description, upload.id.description])
    }
    try queue.close()
    let store = try SQLiteStore(path: path)
    let kept = try #require(try await store.job(job.id))
    #expect(kept.callbackURL == nil)
    _ = try await store.cancel(job.id, now: startOfTests)
    #expect(try await store.deliveries(of: job.id).isEmpty)
  }

  @Test(
    "the queries of senders use their indexes",
    arguments: [SQLiteStore.dueDeliveries, SQLiteStore.deliveriesOfJob])
  func indexes(query: String) async throws {
    _ = try SQLiteStore(path: path)
    let queue = try DatabaseQueue(path: path)
    let statement = query.replacing(/\?[0-9]*/, with: "'1'")
    let plan = try await queue.read { database in
      try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(statement)").map {
        $0["detail"] as String
      }
    }
    #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
  }
}
