import Foundation
import GRDB
import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("SQLite store")
struct SQLiteStoreTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("harrier.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func withStore(_ body: (SQLiteStore) async throws -> Void) async throws {
    try await body(try SQLiteStore(path: path))
  }

  @Test("the SQLite store keeps the rules of every store", arguments: StoreRule.all)
  func rules(rule: StoreRule) async throws {
    try await withStore { try await rule.check($0) }
  }

  @Test("what was kept is there after opening the file again")
  func reopened() async throws {
    try await withStore { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let job = sampleJob(over: upload)
      _ = try await store.insert(job, idempotency: nil)
      let other = try SQLiteStore(path: path)
      #expect(try await other.job(job.id)?.withoutVersion == job)
      #expect(try await other.upload(upload.id) == upload)
    }
  }

  @Test("a commit is on the disk before it is answered: the writer syncs in full")
  func synchronous() async throws {
    try await withStore { store in
      let level = try await store.pool.writeWithoutTransaction {
        try Int.fetchOne($0, sql: "PRAGMA synchronous")
      }
      // 2 is FULL (sqlite.org/pragma.html).
      #expect(level == 2)
    }
  }

  @Test("two connections to one file never claim the same job")
  func twoProcesses() async throws {
    try await withStore { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      for _ in 0..<40 { _ = try await store.insert(sampleJob(over: upload), idempotency: nil) }
      let stores = [store, try SQLiteStore(path: path)]
      let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
        for (index, store) in stores.enumerated() {
          group.addTask {
            var mine: [JobID] = []
            while let job = try await store.claim(
              for: WorkerID("w\(index)"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
            {
              mine.append(job.job.id)
            }
            return mine
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(Set(claimed).count == 40)
      #expect(claimed.count == 40)
    }
  }

  @Test("who follows the versions misses no change that another process makes")
  func versionsOfTwoProcesses() async throws {
    try await withStore { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      try await followVersions(of: [store, try SQLiteStore(path: path)], over: upload)
    }
  }

  @Test("keys whose time is over are deleted, not only overlooked")
  func oldKeys() async throws {
    try await withStore { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      for (index, time) in [0.0, 1, 86_400].enumerated() {
        let key = IdempotencyKey(caller: "a", key: "\(index)", bodyHash: "1")
        _ = try await store.insert(
          sampleJob(over: upload, at: startOfTests + time), idempotency: key)
      }
      let keys = try await store.read {
        try String.fetchAll($0, sql: "SELECT key FROM idempotency_key ORDER BY key")
      }
      #expect(keys == ["1", "2"])
    }
  }

  @Test(
    "the tables themselves refuse what breaks the state machine",
    arguments: [
      "UPDATE job SET state = 'completed', ended_ms = NULL",
      "UPDATE job SET state = 'processing'",
      "UPDATE job SET state = 'unknown'",
      "UPDATE job SET percentage = 101",
      "UPDATE job SET priority = 3",
      "UPDATE job SET state = 'failed', ended_ms = 1",
      "INSERT INTO job_log SELECT id, 0, 0, 'info', 'api', NULL, 'm', NULL FROM job",
      "INSERT INTO job_log SELECT id, 1, 0, 'debug', 'api', NULL, 'm', NULL FROM job",
      "INSERT INTO job_log SELECT id, 1, 0, 'info', 'client', NULL, 'm', NULL FROM job",
      "INSERT INTO job_log VALUES ('job_000000000000', 1, 0, 'info', 'api', NULL, 'm', NULL)",
      "UPDATE job SET owner = 'bob'",
      "UPDATE job SET owner = NULL",
      "UPDATE job SET running_limit = -1",
      "UPDATE upload SET owner = 'bob'",
      "UPDATE api_key SET revoked_ms = NULL",
      "UPDATE api_key SET secret_hash = upper(secret_hash)",
      "UPDATE api_key SET secret_hash = substr(secret_hash, 2)",
      "UPDATE api_key SET running_jobs = -1",
      "INSERT INTO byte_usage VALUES ('ann', 1, -1)",
    ])
  func constraints(statement: String) async throws {
    try await withStore { store in
      try await addOwned(to: store)
      let queue = try DatabaseQueue(path: path)
      #expect(throws: DatabaseError.self) {
        try queue.write { try $0.execute(sql: statement) }
      }
    }
  }

  @Test(
    "jobs from before requests, logs and owners were kept are as they were, and begin a log",
    arguments: ["3: webhooks", "4: requests, logs"])
  func olderJobs(migration: String) async throws {
    let upload = sampleUpload(files: 0)
    let job = sampleJob(over: upload)
    let queue = try DatabaseQueue(path: path)
    try SQLiteSchema.migrator.migrate(queue, upTo: migration)
    try await queue.write { database in
      try database.execute(
        sql: "INSERT INTO upload VALUES (?, ?, ?)",
        arguments: [
          upload.id.description, upload.createdAt.milliseconds, upload.expiresAt.milliseconds,
        ])
      try database.execute(
        sql: """
          INSERT INTO job (id, upload_id, file_ids, configuration, priority, megapixels, state,
            created_ms, updated_ms, due_ms, total_images)
          VALUES (:id, :upload, '', :configuration, 1, 0, 'queued', :now, :now, :now, 0)
          """,
        arguments: [
          "id": job.id.description, "upload": upload.id.description,
          "configuration": job.configuration, "now": job.createdAt.milliseconds,
        ])
    }
    try queue.close()
    try await withStore { store in
      try await expectOlderJob(job, in: store)
      #expect(try await store.upload(upload.id) == upload)
      #expect(try await store.jobs(JobQuery(owner: "")).isEmpty)
      let claimed = try await store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
      #expect(claimed?.job.id == job.id)
    }
  }

  @Test("queued jobs are counted from an index of their own, without their rows")
  func queueCounts() async throws {
    try await withStore { store in
      let plan = try await store.read {
        try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN \(SQLiteStore.queueCounts)").map {
          $0["detail"] as String
        }
      }
      #expect(plan.contains { $0.contains("COVERING INDEX job_client_due") }, "\(plan)")
      #expect(plan.contains { $0.contains("INDEX job_leases") }, "\(plan)")
    }
  }

  @Test("an ended job is not revived, not even by hand")
  func trigger() async throws {
    try await withStore { store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let job = sampleJob(over: upload)
      _ = try await store.insert(job, idempotency: nil)
      _ = try await store.cancel(job.id, now: startOfTests)
      let queue = try DatabaseQueue(path: path)
      #expect(throws: DatabaseError.self) {
        try queue.write { try $0.execute(sql: "UPDATE job SET state = 'queued', ended_ms = NULL") }
      }
    }
  }

  @Test("a file that is no database is a clear error, and stays as it is")
  func noDatabase() throws {
    let content = Data("no database, but long enough to be taken for one".utf8)
    try content.write(to: URL(fileURLWithPath: path))
    #expect {
      try SQLiteStore(path: path)
    } throws: { ($0 as? JobsError)?.code == .databaseError }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
  }

  @Test(
    "the hot queries use their indexes",
    arguments: [
      SQLiteStore.firstQueued, SQLiteStore.expiredLeases, SQLiteStore.newestPicture,
      SQLiteStore.list(JobQuery()),
      SQLiteStore.list(JobQuery(state: .failed)),
      SQLiteStore.list(JobQuery(state: .queued, after: JobID(at: startOfTests))),
      SQLiteStore.changedJobs, SQLiteStore.measuredJobs, SQLiteStore.jobsAhead,
      SQLiteStore.queueCounts, SQLiteStore.queuedUpTo, SQLiteStore.forgetOldKeys,
      SQLiteStore.expiredUploads, SQLiteStore.lastLogNumber, SQLiteStore.forgetOldLog,
      SQLiteStore.logOfJob, SQLiteStore.list(JobQuery(owner: "ann")),
      SQLiteStore.list(JobQuery(after: JobID(at: startOfTests), owner: "ann")),
      SQLiteStore.list(JobQuery(state: .queued, owner: "ann")),
      SQLiteStore.list(JobQuery(state: .failed, after: JobID(at: startOfTests), owner: "ann")),
      SQLiteStore.ownerCounts, SQLiteStore.ownerQueuedUpTo, SQLiteStore.newestKeys,
      SQLiteStore.forgetOldUsage, SQLiteStore.nextModel, SQLiteStore.newestVersions,
      SQLiteStore.jobsOfVersion, SQLiteStore.jobsOfModel,
    ])
  func indexes(query: String) async throws {
    try await withStore { _ in
      let queue = try DatabaseQueue(path: path)
      let statement = query.replacing(/\?[0-9]*|:[a-z]+/, with: "'1'")
      let plan = try queue.read { database in
        try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(statement)").map {
          $0["detail"] as String
        }.filter { line in
          ![
            "CO-ROUTINE", "COMPOUND", "LEFT-MOST", "UNION", "SCAN (sub", "CORRELATED", "SCALAR",
            "LIST SUB", "SCAN CONSTANT",
          ].contains { line.hasPrefix($0) }
        }
      }
      // Without conditions the list walks the primary key backwards and stops at its limit.
      #expect(
        plan.allSatisfy {
          $0.hasPrefix("SEARCH") || $0.contains("INDEX") || $0 == "SCAN job" || $0 == "SCAN api_key"
            || $0.hasPrefix("CORRELATED SCALAR SUBQUERY")
        },
        "\(plan)")
      #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
    }
  }

  @Test("an owner's lists are read from its own part of an index")
  func ownerLists() async throws {
    try await withStore { store in
      for (query, index) in [
        (JobQuery(owner: "ann"), "job_by_owner (owner=?)"),
        (JobQuery(after: JobID(at: startOfTests), owner: "ann"), "job_by_owner (owner=? AND id<?)"),
        (JobQuery(state: .queued, owner: "ann"), "job_by_owner_state (owner=? AND state=?)"),
      ] {
        let plan = try await plan(of: SQLiteStore.list(query), in: store)
        #expect(plan.count == 1 && plan[0].contains("INDEX \(index)"), "\(plan)")
      }
    }
  }

  /// Only what is left is sorted: one job of each lane.
  @Test("a claim reads no table and sorts no queue, however many jobs are held back")
  func claims() async throws {
    try await withStore { store in
      for query in [SQLiteStore.firstDue, SQLiteStore.firstAdmitted] {
        let plan = try await plan(of: query, in: store)
        let small = ["SCAN lane", "SCAN head", "SCAN due", "SCAN (subquery"]
        let scans = plan.filter { line in
          line.hasPrefix("SCAN") && !line.contains("INDEX")
            && !small.contains { line.hasPrefix($0) }
        }
        #expect(scans.isEmpty, "\(plan)")
        #expect(plan.count { $0.contains("TEMP B-TREE") } == 1, "\(plan)")
      }
      let plan = try await plan(of: SQLiteStore.firstAdmitted, in: store)
      for index in ["job_lanes", "job_free", "job_leases", "job_by_owner_state"] {
        #expect(plan.contains { $0.contains("INDEX \(index)") }, "\(plan)")
      }
      for place in ["(owner=? AND running_limit>?)", "(owner>?)"] {
        #expect(plan.contains { $0.contains("job_lanes \(place)") }, "\(plan)")
      }
    }
  }

  private func plan(of query: String, in store: SQLiteStore) async throws -> [String] {
    let statement = query.replacing(/\?[0-9]*|:[a-z]+/, with: "'1'")
    return try await store.read { database in
      try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(statement)").map { $0["detail"] }
    }
  }

  /// An upload with a job, and a revoked key.
  private func addOwned(to store: SQLiteStore) async throws {
    var upload = sampleUpload()
    upload.owner = "ann"
    try await store.insert(upload)
    var job = sampleJob(over: upload)
    job.owner = "ann"
    _ = try await store.insert(job, idempotency: nil)
    let key = APIKey(
      id: APIKeyID(at: startOfTests), name: "n", owner: "ann", scopes: [.read],
      secretHash: String(repeating: "0a", count: 32), createdAt: startOfTests)
    try await store.insert(key)
    _ = try await store.revoke(key.id, now: startOfTests)
  }
}
