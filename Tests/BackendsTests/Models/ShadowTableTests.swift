import Foundation
import GRDB
import Jobs
import TestSupport
import Testing

@testable import Backends

/// Statements that the tables themselves refuse, whatever the program does. Of two pairs the first has been compared.
private let refused = [
  "UPDATE shadow_result SET figures = '{}' WHERE outcome = 'compared'",
  "UPDATE shadow_result SET due_ms = NULL WHERE outcome = 'pending'",
  "UPDATE shadow_result SET outcome = 'compared', due_ms = NULL, ended_ms = 1 WHERE outcome = 'pending'",
  "UPDATE shadow_result SET outcome = 'failed', due_ms = NULL, ended_ms = 1 WHERE outcome = 'pending'",
  "UPDATE shadow_result SET candidate = base WHERE outcome = 'pending'",
  "UPDATE model_shadow SET share = 0",
  "UPDATE model_shadow SET share = 1.5",
  "UPDATE model_shadow SET name = 'none'",
  "UPDATE job SET is_shadow = 0",
  "UPDATE job SET base_job_id = NULL, is_shadow = NULL",
]

/// A rule, and two pairs of jobs that are queued.
private func addShadows(to store: any StoreRule.Store) async throws {
  for digit in ["1", "2"] { try await store.register(sampleSubmission("aerial", digit)) }
  _ = try await store.setShadow(
    ShadowRule(
      name: "aerial", candidate: .number(2), share: 0.5, setAt: startOfTests, setBy: nil))
  let upload = sampleUpload()
  try await store.insert(upload)
  for index in 0..<2 {
    let base = sampleJob(over: upload)
    let shadow = sampleShadow(of: base, over: upload)
    let pair = ShadowPair(versions: sampleVersions, baseJob: base.id, shadowJob: shadow.id)
    try await store.keep(pair, due: startOfTests)
    #expect(try await store.insert(shadow, idempotency: nil) == .inserted)
    if index == 0 {
      #expect(try await store.end(pair, .compared(figures: "{}"), now: startOfTests))
    }
  }
}

/// One more than are kept have ended, by hand, and one of another model; then the newest of all ends.
private func expectOldestForgotten(
  in store: any StoreRule.Store, _ count: @Sendable (String) async throws -> Int
) async throws {
  let pair = ShadowPair(
    versions: sampleVersions, baseJob: JobID(at: startOfTests), shadowJob: JobID(at: startOfTests))
  try await store.keep(pair, due: startOfTests)
  #expect(try await count("name = 'aerial'") == ShadowResult.keptCount + 2)
  #expect(try await store.end(pair, .compared(figures: "{}"), now: startOfTests))
  #expect(try await count("name = 'aerial'") == ShadowResult.keptCount)
  #expect(try await count("shadow_job_id IN ('job_000000000001', 'job_000000000002')") == 0)
  #expect(try await count("name = 'other'") == 1)
  let newest = try await store.shadowResults(of: sampleVersions, before: nil, limit: 2)
  #expect(newest.first?.pair == pair)
}

@Suite("Shadows in SQLite")
struct SQLiteShadowTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("harrier.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  @Test("the tables refuse what would change a result or break a rule", arguments: refused)
  func constraints(statement: String) async throws {
    let store = try SQLiteStore(path: path)
    try await addShadows(to: store)
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    #expect(throws: DatabaseError.self) {
      try queue.write { try $0.execute(sql: statement) }
    }
  }

  @Test("of a model's results the oldest are forgotten, and no other's")
  func oldest() async throws {
    let store = try SQLiteStore(path: path)
    try await store.write { database in
      try database.execute(
        sql: """
          WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers
            WHERE n <= \(ShadowResult.keptCount))
          INSERT INTO shadow_result
          SELECT 'job_' || printf('%012d', n), 'job_000000000000', 'aerial', 1, 2, 'compared', NULL,
            n, '{}', NULL, NULL, NULL FROM numbers;
          INSERT INTO shadow_result VALUES ('job_aaaaaaaaaaaa', 'job_000000000000', 'other', 1, 2,
            'compared', NULL, 1, '{}', NULL, NULL, NULL);
          """)
    }
    try await expectOldestForgotten(in: store) { condition in
      try await store.read { database in
        try Int.fetchOne(
          database, sql: "SELECT COUNT(*) FROM shadow_result WHERE \(condition)") ?? -1
      }
    }
  }

  @Test("the queue that clients see is counted from an index of its own, without a row")
  func plans() async throws {
    let store = try SQLiteStore(path: path)
    let queries: [(String, StatementArguments)] = [
      (SQLiteStore.queueCounts, []), (SQLiteStore.queuedUpTo, [1]),
    ]
    for (query, arguments) in queries {
      let plan = try await store.read {
        try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN \(query)", arguments: arguments).map {
          $0["detail"] as String
        }
      }
      #expect(plan.contains { $0.contains("COVERING INDEX job_client_due") }, "\(plan)")
    }
  }
}

@Suite("Shadows in PostgreSQL", .enabled(if: PostgresServer.isInstalled))
struct PostgresShadowTests {
  @Test("the tables refuse what would change a result or break a rule", arguments: refused)
  func constraints(statement: String) async throws {
    let store = try await PostgresDatabase().makeStore()
    try await addShadows(to: store)
    // integrity_constraint_violation: of a check or a trigger, or of a foreign key.
    await #expect {
      try await store.write { _ = try $0.execute(statement) }
    } throws: { ($0 as? JobsError)?.cause?.hasPrefix("SQLSTATE 235") == true }
  }

  @Test("of a model's results the oldest are forgotten, and no other's")
  func oldest() async throws {
    let store = try await PostgresDatabase().makeStore()
    try await store.write { connection in
      _ = try connection.execute(
        """
        INSERT INTO shadow_result
        SELECT 'job_' || lpad(n::text, 12, '0'), 'job_000000000000', 'aerial', 1, 2, 'compared', NULL,
          n, '{}', NULL, NULL, NULL FROM generate_series(1, \(ShadowResult.keptCount + 1)) AS n;
        INSERT INTO shadow_result VALUES ('job_aaaaaaaaaaaa', 'job_000000000000', 'other', 1, 2,
          'compared', NULL, 1, '{}', NULL, NULL, NULL)
        """)
    }
    try await expectOldestForgotten(in: store) { condition in
      try await store.read { connection in
        try connection.execute("SELECT COUNT(*) FROM shadow_result WHERE \(condition)")
          .first?[0] ?? -1
      }
    }
  }

  @Test("two processes never compare the same pair")
  func claims() async throws {
    let database = try await PostgresDatabase()
    let stores = [try await database.makeStore(), try await database.makeStore()]
    for _ in 0..<40 {
      let pair = ShadowPair(
        versions: sampleVersions, baseJob: JobID(at: startOfTests),
        shadowJob: JobID(at: startOfTests))
      try await stores[0].keep(pair, due: startOfTests)
    }
    let claimed = try await withThrowingTaskGroup(of: [ShadowPair].self) { group in
      for store in stores {
        group.addTask {
          var mine: [ShadowPair] = []
          while true {
            let next = try await store.claimShadowPairs(
              upTo: 3, lease: .seconds(60), now: startOfTests + ShadowPair.patience)
            if next.isEmpty { return mine }
            mine += next
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(claimed.count == 40)
    #expect(Set(claimed).count == 40)
  }
}
