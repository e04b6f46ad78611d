import Foundation
import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("PostgreSQL schema", .enabled(if: PostgresServer.isInstalled))
struct PostgresSchemaTests {
  private let database: PostgresDatabase

  init() async throws { database = try await PostgresDatabase() }

  @Test("processes that start at the same time migrate once")
  func concurrentStarts() async throws {
    let stores = try await withThrowingTaskGroup(of: PostgresStore.self) { group in
      for _ in 0..<8 { group.addTask { try await database.makeStore(connections: 1) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for store in stores { #expect(try await store.latestVersion() == 0) }
    #expect(
      try await database.run(
        "SELECT string_agg(number::text, ' ' ORDER BY number) FROM schema_migration")
        == (1...PostgresSchema.migrations.count).map(String.init).joined(separator: " "))
  }

  @Test("a database that is newer than the program is refused and stays as it is")
  func newer() async throws {
    _ = try await database.makeStore()
    let next = PostgresSchema.migrations.count + 1
    try await database.run("INSERT INTO schema_migration (number) VALUES (\(next))")
    let error = try await #require(throws: JobsError.self) { try await database.makeStore() }
    #expect(error.code == .databaseError)
    #expect(error.message.contains("newer"))
    #expect(try await database.run("SELECT MAX(number) FROM schema_migration") == "\(next)")
  }

  @Test("an older database keeps what it has", arguments: 1..<PostgresSchema.migrations.count)
  func older(number: Int) async throws {
    let upload = sampleUpload(files: 0)
    try await PostgresPool(try database.settings(connections: 1)).write { connection in
      try PostgresSchema.migrate(connection, upTo: number)
      _ = try connection.query(
        "INSERT INTO upload VALUES ($1, $2, $3)",
        [upload.id.description, upload.createdAt.milliseconds, upload.expiresAt.milliseconds])
    }
    let store = try await database.makeStore()
    #expect(try await store.upload(upload.id) == upload)
    #expect(try await store.insert(sampleJob(over: upload), idempotency: nil) == .inserted)
  }

  @Test(
    "jobs from before requests, logs and owners were kept are as they were, and begin a log",
    arguments: [5, 6])
  func olderJobs(number: Int) async throws {
    let upload = sampleUpload(files: 0)
    let job = sampleJob(over: upload)
    try await PostgresPool(try database.settings(connections: 1)).write { connection in
      try PostgresSchema.migrate(connection, upTo: number)
      try connection.query(
        "INSERT INTO upload VALUES ($1, $2, $3)",
        [upload.id.description, upload.createdAt.milliseconds, upload.expiresAt.milliseconds])
      try connection.query(
        """
        INSERT INTO job (id, upload_id, file_ids, configuration, priority, megapixels, state,
          created_ms, updated_ms, due_ms, total_images)
        VALUES ($1, $2, '', $3, 1, 0, 'queued', $4, $4, $4, 0)
        """,
        [
          job.id.description, upload.id.description, job.configuration,
          job.createdAt.milliseconds,
        ])
    }
    let store = try await database.makeStore()
    try await expectOlderJob(job, in: store)
    #expect(try await store.upload(upload.id) == upload)
    #expect(try await store.jobs(JobQuery(owner: "")).isEmpty)
    let claimed = try await store.claim(
      for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    #expect(claimed?.job.id == job.id)
  }

  @Test("a migration that is cut off leaves nothing behind")
  func cutOff() async throws {
    let pool = PostgresPool(try database.settings(connections: 1))
    await #expect(throws: JobsError.self) {
      try await pool.write { connection in
        try PostgresSchema.migrate(connection)
        try connection.execute("SELECT 1 / 0")
      }
    }
    #expect(try await database.run("SELECT to_regclass('job') IS NULL") == "t")
    #expect(try await database.makeStore().latestVersion() == 0)
  }

  /// What is planned for the prepared statement, whatever its parameters, in tables with many rows.
  @Test("the hot queries use their indexes, and none sorts what an index has in order")
  func indexes() async throws {
    let store = try await database.makeStore()
    try await database.run(Self.manyRows)
    try await database.run("VACUUM ANALYZE")
    let queries = [
      PostgresStore.nextDue, PostgresStore.nextDueLocked,
      PostgresStore.newestPicture, PostgresStore.list(JobQuery()),
      PostgresStore.list(JobQuery(state: .failed)),
      PostgresStore.list(JobQuery(after: JobID(at: startOfTests))),
      PostgresStore.list(JobQuery(state: .queued, after: JobID(at: startOfTests))),
      PostgresStore.changedJobs, PostgresStore.measuredJobs, PostgresStore.jobsAhead,
      PostgresStore.queueCounts, PostgresStore.queuedUpTo, PostgresStore.logTurn,
      PostgresStore.lastLogNumber, PostgresStore.forgetOldLog, PostgresStore.logOfJob,
      PostgresStore.forgetOldKeys, PostgresStore.expiredUploads, PostgresStore.attemptsOfJob,
      PostgresStore.dueDeliveries, "\(PostgresStore.dueDeliveries) FOR UPDATE SKIP LOCKED",
      PostgresStore.list(JobQuery(owner: "ann")),
      PostgresStore.list(JobQuery(after: JobID(at: startOfTests), owner: "ann")),
      PostgresStore.list(JobQuery(state: .completed, owner: "ann")),
      PostgresStore.list(JobQuery(state: .failed, after: JobID(at: startOfTests), owner: "ann")),
      PostgresStore.ownerCounts, PostgresStore.ownerQueuedUpTo, PostgresStore.newestKeys,
      PostgresStore.forgetOldUsage, PostgresStore.jobsOfVersion, PostgresStore.jobsOfModel,
      PostgresStore.queuedWithShadowsUpTo, PostgresStore.claimedPairs,
      PostgresStore.shadowResults, PostgresStore.pendingShadows, PostgresStore.forgetOldResults,
      PostgresStore.deliveriesOfJob, "DELETE FROM upload WHERE id = $1",
    ]
    for query in queries {
      let plan = try await store.snapshot { try Self.plan(of: query, $0) }
      #expect(!plan.contains("Seq Scan"), "\(query)\n\(plan)")
      #expect(!plan.contains("Sort"), "\(query)\n\(plan)")
    }
  }

  /// Only what is left is sorted: one job of each lane.
  @Test("a claim reads no table and sorts no queue, however many jobs are held back")
  func claims() async throws {
    let store = try await database.makeStore()
    try await database.run(Self.manyRows)
    try await database.run("VACUUM ANALYZE")
    for query in [PostgresStore.nextAdmitted, PostgresStore.nextAdmittedLocked] {
      let plan = try await store.snapshot { try Self.plan(of: query, $0) }
      #expect(!plan.contains("Seq Scan"), "\(plan)")
      #expect(plan.matches(of: /Sort Key/).count == 1, "\(plan)")
      // The queue of all, which a long head would make long.
      #expect(!plan.contains("job_active"), "\(plan)")
      for index in ["job_lanes", "job_free", "job_leases", "job_by_owner_state"] {
        #expect(plan.contains("using \(index)"), "\(plan)")
      }
    }
  }

  private static func plan(of query: String, _ connection: PostgresConnection) throws -> String {
    let count = query.matches(of: /\$([0-9])/).compactMap { Int($0.1) }.max() ?? 0
    let parameters =
      count == 0 ? "" : "(\(Array(repeating: "'1'", count: count).joined(separator: ", ")))"
    try connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    try connection.execute("PREPARE hot AS \(query)")
    defer { _ = try? connection.execute("DEALLOCATE hot") }
    return try connection.execute("EXPLAIN EXECUTE hot\(parameters)").rows
      .map { try $0[0] as String }.joined(separator: "\n")
  }

  /// Most jobs have ended, as after months of service.
  private static let manyRows = """
    ALTER TABLE job DISABLE TRIGGER job_change;
    INSERT INTO upload SELECT 'upl_' || lpad(n::text, 12, '0'), n, n FROM generate_series(1, 5000) AS n;
    INSERT INTO job (id, upload_id, file_ids, configuration, priority, megapixels, version, state, attempt,
      worker, lease_end_ms, created_ms, updated_ms, due_ms, started_ms, ended_ms, total_images, failure_code,
      owner, running_limit)
    SELECT 'job_' || lpad(n::text, 12, '0'), 'upl_' || lpad((n % 5000 + 1)::text, 12, '0'), '',
      repeat('x', 300), n % 3, 1, n, state, 1, CASE state WHEN 'processing' THEN 'w' END,
      CASE state WHEN 'processing' THEN n END, n, n, n, n,
      CASE WHEN state IN ('completed', 'failed') THEN n END, 1, CASE state WHEN 'failed' THEN 'X' END,
      CASE WHEN n % 4 < 3 THEN 'owner ' || n % 7 END, CASE WHEN n % 4 < 2 THEN 2 END
    FROM (SELECT n, CASE WHEN n % 1000 = 0 THEN 'processing' WHEN n % 100 = 1 THEN 'queued'
      WHEN n % 10 = 2 THEN 'failed' ELSE 'completed' END AS state
      FROM generate_series(1, 20000) AS n) AS numbers;
    INSERT INTO attempt (job_id, token, number, worker, started_ms, ended_ms, outcome)
    SELECT id, 1, 1, 'w', 1, 1, 'completed' FROM job;
    INSERT INTO image_record (job_id, file_id, result_key, annotated_key, detection_count)
    SELECT id, 'img_' || lpad((version % 500)::text, 12, '0'), 'r', 'a', 1 FROM job;
    INSERT INTO idempotency_key SELECT 'a', id, 'h', id, version FROM job WHERE version % 2 = 0;
    INSERT INTO delivery (id, job_id, event, url, created_ms, state, attempts, due_ms, last_attempt_ms,
      response_status)
    SELECT 'evt_' || version, id, 'job.completed', 'u', version,
      CASE WHEN version % 100 = 0 THEN 'pending' ELSE 'delivered' END, 1,
      CASE WHEN version % 100 = 0 THEN version END, version, 200 FROM job;
    INSERT INTO job_log (job_id, number, time_ms, level, source, message)
    SELECT id, number, 1, 'info', 'worker', 'm' FROM job, generate_series(1, 3) AS number
    WHERE version % 2 = 0;
    INSERT INTO api_key (id, name, owner, scopes, secret_hash, created_ms)
    SELECT 'hrk_' || lpad(n::text, 12, '0'), 'n', 'ann', 'read', repeat('0a', 32), n
    FROM generate_series(1, 2000) AS n;
    INSERT INTO shadow_result
    SELECT id, 'job_' || lpad((version % 20000 + 1)::text, 12, '0'), 'model ' || version % 7, 1,
      version % 3 + 2, state, CASE state WHEN 'pending' THEN version END,
      CASE state WHEN 'compared' THEN version END, CASE state WHEN 'compared' THEN '{}' END
    FROM (SELECT id, version, CASE WHEN version % 100 = 0 THEN 'pending' ELSE 'compared' END AS state
      FROM job) AS pairs;
    INSERT INTO byte_usage SELECT 'owner ' || n, n % 9, 1 FROM generate_series(1, 5000) AS n;
    """
}
