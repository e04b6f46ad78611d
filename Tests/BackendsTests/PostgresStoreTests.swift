import Foundation
import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("PostgreSQL store", .enabled(if: PostgresServer.isInstalled))
struct PostgresStoreTests {
  @Test("the PostgreSQL store keeps the rules of every store", arguments: StoreRule.all)
  func rules(rule: StoreRule) async throws {
    try await rule.check(try await PostgresDatabase().makeStore())
  }

  @Test("what was kept is there for another process")
  func reopened() async throws {
    let database = try await PostgresDatabase()
    let store = try await database.makeStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await store.insert(job, idempotency: nil)
    let other = try await database.makeStore()
    #expect(try await other.job(job.id)?.withoutVersion == job)
    #expect(try await other.upload(upload.id) == upload)
  }

  @Test("who follows the versions misses no change that another process makes")
  func versionsOfTwoProcesses() async throws {
    let database = try await PostgresDatabase()
    let stores = [try await database.makeStore(), try await database.makeStore()]
    let upload = sampleUpload()
    try await stores[0].insert(upload)
    try await followVersions(of: stores, over: upload)
  }

  @Test("adding to a log waits for no change of a job, and no claim passes over the job meanwhile")
  func logBesideChanges() async throws {
    let database = try await PostgresDatabase()
    let store = try await database.makeStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await store.insert(job, idempotency: nil)
    let entry = JobLogEntry(time: startOfTests, source: .api, message: "m")

    // Others in the middle of their transactions, for as long as it takes.
    let patience = "SET idle_in_transaction_session_timeout = 0"
    let changer = try PostgresConnection(database.settings())
    try changer.execute(patience)
    try changer.execute(
      "BEGIN; UPDATE change_counter SET version = version + 1; UPDATE job SET deaths = 0")
    try await store.append([entry], to: job.id)
    try changer.execute("ROLLBACK")

    let appender = try PostgresConnection(database.settings())
    try appender.execute(patience)
    try appender.execute("BEGIN")
    try appender.query(PostgresStore.logTurn, [job.id.description])
    try appender.execute(
      """
      INSERT INTO job_log (job_id, number, time_ms, level, source, message)
      VALUES ('\(job.id)', 2, 0, 'info', 'api', 'm')
      """)
    let claimed = try await store.claim(
      for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    #expect(claimed?.job.id == job.id)
    try appender.execute("COMMIT")
    #expect(try await store.log(of: job.id, after: nil, limit: 9).map(\.number) == [1, 2])
  }

  @Test("processes that start at once agree on one secret, and keep it")
  func secrets() async throws {
    let database = try await PostgresDatabase()
    let stores = [try await database.makeStore(), try await database.makeStore()]
    let agreed = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<16 {
        group.addTask {
          try await stores[number % 2].secret(named: "webhook", orKeep: "candidate \(number)")
        }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(agreed.count == 1)
    let later = try await database.makeStore().secret(named: "webhook", orKeep: "too late")
    #expect(agreed == [later])
    #expect(try await stores[0].secret(named: "other", orKeep: "another") == "another")
  }

  @Test("keys whose time is over are deleted, not only overlooked")
  func oldKeys() async throws {
    let store = try await PostgresDatabase().makeStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    for (index, time) in [0.0, 1, 86_400].enumerated() {
      let key = IdempotencyKey(caller: "a", key: "\(index)", bodyHash: "1")
      _ = try await store.insert(sampleJob(over: upload, at: startOfTests + time), idempotency: key)
    }
    let keys = try await store.read { connection in
      try connection.query("SELECT key FROM idempotency_key ORDER BY key").rows
        .map { try $0[0] as String }
    }
    #expect(keys == ["1", "2"])
  }

  @Test(
    "the tables themselves refuse what breaks the state machine",
    arguments: [
      "UPDATE job SET state = 'completed', ended_ms = NULL",
      "UPDATE job SET state = 'processing'",
      "UPDATE job SET state = 'unknown'",
      "UPDATE job SET percentage = 101",
      "UPDATE job SET percentage = -1",
      "UPDATE job SET priority = 3",
      "UPDATE job SET state = 'failed', ended_ms = 1",
      "UPDATE delivery SET state = 'unknown'",
      "UPDATE delivery SET due_ms = NULL",
      "UPDATE delivery SET state = 'delivered', due_ms = NULL",
      "UPDATE delivery SET state = 'delivered', due_ms = NULL, response_status = 404",
      "UPDATE delivery SET state = 'failed', due_ms = NULL",
      "UPDATE delivery SET attempts = 1",
      "UPDATE delivery SET event = 'job.started'",
      "INSERT INTO job_log SELECT id, 0, 0, 'info', 'api', NULL, 'm' FROM job",
      "INSERT INTO job_log SELECT id, 1, 0, 'debug', 'api', NULL, 'm' FROM job",
      "INSERT INTO job_log SELECT id, 1, 0, 'info', 'client', NULL, 'm' FROM job",
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
    let store = try await PostgresDatabase().makeStore()
    var upload = sampleUpload()
    upload.owner = "ann"
    try await store.insert(upload)
    var ended = sampleJob(over: upload)
    ended.owner = "ann"
    ended.callbackURL = "https://example.org/"
    _ = try await store.insert(ended, idempotency: nil)
    _ = try await store.cancel(ended.id, now: startOfTests)
    _ = try await store.insert(sampleJob(over: upload), idempotency: nil)
    let key = APIKey(
      id: APIKeyID(at: startOfTests), name: "n", owner: "ann", scopes: [.read],
      secretHash: String(repeating: "0a", count: 32), createdAt: startOfTests)
    try await store.insert(key)
    _ = try await store.revoke(key.id, now: startOfTests)
    // check_violation
    await #expect {
      try await store.write { _ = try $0.execute(statement) }
    } throws: { ($0 as? JobsError)?.cause?.hasPrefix("SQLSTATE 23514") == true }
  }

  @Test("an ended job is not revived, not even by hand")
  func trigger() async throws {
    let store = try await PostgresDatabase().makeStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await store.insert(job, idempotency: nil)
    _ = try await store.cancel(job.id, now: startOfTests)
    await #expect(throws: JobsError.self) {
      try await store.write {
        _ = try $0.execute("UPDATE job SET state = 'queued', ended_ms = NULL")
      }
    }
    #expect(try await store.job(job.id)?.state == .cancelled)
  }

  @Test("a text with a NUL, which PostgreSQL cannot keep, is refused and not cut off")
  func nul() async throws {
    let store = try await PostgresDatabase().makeStore()
    var upload = sampleUpload()
    upload.files[0].filename = "a\0b.jpg"
    await #expect {
      try await store.insert(upload)
    } throws: { ($0 as? JobsError)?.code == .databaseError }
    #expect(try await store.upload(upload.id) == nil)
  }
}

/// A database of one test.
struct PostgresDatabase {
  let server: PostgresServer
  let url: String
  var name: String {
    url.split(separator: "/").last?.split(separator: "?").first.map(String.init) ?? ""
  }

  init() async throws {
    server = try await .shared()
    url = try await server.makeDatabase()
  }

  func settings(_ parameters: String = "", connections: Int = 4) throws -> PostgresSettings {
    // All suites run at once, on few cores.
    try PostgresSettings(
      url: url + parameters, connections: connections, waitLimit: .seconds(60),
      statementTimeout: .seconds(60), connectTimeout: .seconds(60))
  }

  func makeStore(_ parameters: String = "", connections: Int = 4) async throws -> PostgresStore {
    try await PostgresStore(settings(parameters, connections: connections))
  }
}
