import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import Backends

@Suite("PostgreSQL store, lost connections", .enabled(if: PostgresServer.isInstalled))
struct PostgresLossTests {
  private let database: PostgresDatabase

  init() async throws { database = try await PostgresDatabase() }

  @Test("a pool whose idle connections were all ended goes on as if nothing had been")
  func idle() async throws {
    let store = try await database.makeStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    for _ in 0..<3 {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<20 { group.addTask { _ = try await store.latestVersion() } }
        try await group.waitForAll()
      }
      try await database.endConnections()
      #expect(try await store.upload(upload.id) == upload)
      let job = sampleJob(over: upload)
      #expect(try await store.insert(job, idempotency: nil) == .inserted)
      #expect(try await store.job(job.id)?.withoutVersion == job)
    }
  }

  @Test("a transaction that is cut before its commit is done again, and once")
  func beforeCommit() async throws {
    let store = try await database.makeStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    let tries = Atomic<Int>(0)
    try await store.write { connection in
      try connection.query("UPDATE upload SET expires_ms = expires_ms + 1")
      if tries.wrappingAdd(1, ordering: .relaxed).newValue <= 2 {
        try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
      }
    }
    #expect(tries.load(ordering: .relaxed) == 3)
    let kept = try #require(try await store.upload(upload.id))
    #expect(kept.expiresAt.milliseconds == upload.expiresAt.milliseconds + 1)
  }

  @Test("a transaction that is cut at its commit and was not kept is done again")
  func commitNotKept() async throws {
    let store = try await database.makeStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    // A deferred trigger runs inside COMMIT; a sequence counts on through the rollback.
    try await database.run(
      """
      CREATE SEQUENCE ends;
      CREATE FUNCTION end_connection() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('ends') <= 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER job_ends AFTER INSERT ON job DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION end_connection();
      """)
    let job = sampleJob(over: upload)
    #expect(try await store.insert(job, idempotency: nil) == .inserted)
    #expect(try await store.counts().queued == 1)
    #expect(try await database.run("SELECT last_value FROM ends") == "3")
  }

  /// With a synchronous standby that does not exist, COMMIT keeps the transaction and waits for ever; ending
  /// the connection then is the loss of an answer (postgresql.org/docs/15, synchronous_commit).
  @Test("a commit whose answer was lost is recognized and not done twice")
  func commitKept() async throws {
    let plain = try await database.makeStore()
    let upload = sampleUpload()
    try await plain.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await plain.insert(job, idempotency: nil)
    let store = PostgresPool(
      try database.settings("options=-csynchronous_commit%3Don", connections: 1))
    let tries = Atomic<Int>(0)
    async let change: Void = store.write { connection in
      tries.wrappingAdd(1, ordering: .relaxed)
      _ = try connection.query("UPDATE job SET attempt = attempt + 1")
    }
    try await database.endConnectionInCommit()
    try await change
    #expect(tries.load(ordering: .relaxed) == 1)
    #expect(try await plain.job(job.id)?.attempt == 1)
  }

  @Test("when the server cannot be asked what became of a commit, that is told")
  func unknown() async throws {
    let pool = PostgresPool(
      try database.settings("options=-csynchronous_commit%3Don", connections: 1))
    // A database that may not be connected to again is a server that cannot be asked.
    try await database.run("CREATE TABLE things (id INT)")
    async let change: Void = pool.write { _ = try $0.query("INSERT INTO things VALUES (1)") }
    try await database.waitForCommit()
    try await database.server.run("ALTER DATABASE \(database.name) ALLOW_CONNECTIONS false")
    try await database.endConnectionInCommit()
    do {
      try await change
      Issue.record("it said that all was well")
    } catch let error as JobsError {
      #expect(error.code == .unavailable)
      #expect(error.message.contains("not known"))
    }
    try await database.server.run("ALTER DATABASE \(database.name) ALLOW_CONNECTIONS true")
    #expect(try await database.run("SELECT COUNT(*) FROM things") == "1")
  }

  @Test("workers and clients whose connections are ended all the time still end each job once")
  func storm() async throws {
    let stores = [try await database.makeStore(), try await database.makeStore()]
    let upload = sampleUpload()
    try await stores[0].insert(upload)
    let jobs = (0..<20).map { _ in sampleJob(over: upload) }
    for job in jobs { _ = try await stores[0].insert(job, idempotency: nil) }
    let done = Atomic<Bool>(false)
    let ended = Atomic<Int>(0)
    async let storm: Void = database.endConnections(
      until: { done.load(ordering: .relaxed) },
      onEnd: { ended.wrappingAdd($0, ordering: .relaxed) })
    // On a busy machine it may begin late.
    try await eventually { ended.load(ordering: .relaxed) > 0 }
    let finished = try await withThrowingTaskGroup(of: [JobID].self) { group in
      for (index, store) in stores.enumerated() {
        group.addTask { try await Self.work(store, "\(index)") }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    done.store(true, ordering: .relaxed)
    try await storm
    #expect(finished.count == 20)
    #expect(Set(finished) == Set(jobs.map(\.id)))
    for job in jobs {
      let shown = try #require(try await stores[0].job(job.id))
      #expect(shown.state == .completed)
      #expect(shown.attempt == 1)
      #expect(try await stores[1].attempts(of: job.id).map(\.outcome) == [.completed])
    }
  }

  @Test("a try that began before another one succeeded does not make the server unreachable again")
  func lateFailure() throws {
    let reach = PostgresReach()
    let slow = try reach.begin()
    let quick = try reach.begin()
    reach.succeeded()
    reach.failed(slow, "timeout expired")
    let next = try reach.begin()
    #expect(slow == quick && next != slow)
    reach.failed(next, "refused")
    #expect(throws: JobsError.self) { try reach.begin() }
  }

  @Test(
    "a process that is frozen within a transaction holds the others up for a few seconds at most")
  func frozen() async throws {
    let store = try await database.makeStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    // As a frozen process: it has changed a job, which takes the lock of all changes, and says nothing more.
    let frozen = try PostgresConnection(database.settings())
    try frozen.execute("BEGIN; UPDATE change_counter SET version = version + 1")
    // That is how long it may pause; a statement of the others waits for 60 s.
    let pause = try frozen.execute("SHOW idle_in_transaction_session_timeout").first
    #expect(try pause?[0] as String? == "2s")
    #expect(try await store.insert(sampleJob(over: upload), idempotency: nil) == .inserted)
    #expect(throws: PostgresError.self) { try frozen.execute("COMMIT") }
  }

  private static func work(_ store: PostgresStore, _ name: String) async throws -> [JobID] {
    /// Everybody whose connection breaks five times in a call is told so and asks again.
    func persistently<Value>(_ body: () async throws -> Value) async throws -> Value {
      let clock = ContinuousClock()
      let end = clock.now + .seconds(180)
      while true {
        do {
          return try await body()
        } catch let error as JobsError where error.code == .unavailable && clock.now < end {
          await Task.yield()
        }
      }
    }
    var finished: [JobID] = []
    while true {
      let claimed = try await persistently {
        try await store.claim(
          for: WorkerID(name), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
      }
      guard let claimed else {
        if try await persistently({ try await store.counts().queued }) == 0 {
          return finished
        }
        continue
      }
      try await persistently {
        try await store.finish(claimed.claim, .completed(summary: "{}"), now: startOfTests)
      }
      finished.append(claimed.job.id)
    }
  }
}

extension PostgresDatabase {
  private var mine: String { "datname = '\(name)' AND pid <> pg_backend_pid()" }

  @discardableResult
  func run(_ sql: String) async throws -> String { try await server.run(sql, in: name) }

  func endConnections() async throws {
    try await server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(mine)")
  }

  /// Tells each time how many it has ended.
  func endConnections(until isOver: () -> Bool, onEnd: (Int) -> Void) async throws {
    while !isOver() {
      let ended = try await server.run(
        """
        SELECT COUNT(pg_terminate_backend(pid)) FROM (
          SELECT pid FROM pg_stat_activity WHERE \(mine) ORDER BY random() LIMIT 1) AS one
        """)
      onEnd(Int(ended) ?? 0)
    }
  }

  /// Returns when a connection waits for the standby that does not exist.
  func waitForCommit() async throws {
    let waiting =
      "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = '\(name)' AND wait_event = 'SyncRep'"
    while try await server.run(waiting) == "0" {}
  }

  func endConnectionInCommit() async throws {
    try await waitForCommit()
    try await server.run(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '\(name)' AND wait_event = 'SyncRep'
      """)
  }
}
