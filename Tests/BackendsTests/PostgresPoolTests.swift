import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import Backends

@Suite("PostgreSQL pool", .enabled(if: PostgresServer.isInstalled))
struct PostgresPoolTests {
  private let database: PostgresDatabase

  init() async throws { database = try await PostgresDatabase() }

  @Test("a call that waits for a connection is refused when its time is over")
  func waitLimit() async throws {
    var settings = try database.settings(connections: 1)
    settings.waitLimit = .milliseconds(50)
    let pool = PostgresPool(settings)
    let gate = Gate()
    async let busy: Void = pool.read { _ in gate.hold() }
    await gate.waitForHolder()
    await #expect {
      try await pool.read { _ in }
    } throws: { ($0 as? JobsError) == .postgresBusy }
    gate.open()
    try await busy
  }

  @Test("as many calls wait as may; one more is refused at once")
  func queueLimit() async throws {
    var settings = try database.settings(connections: 1)
    settings.queueLimit = 3
    settings.waitLimit = .seconds(600)
    let pool = PostgresPool(settings)
    let gate = Gate()
    async let busy: Void = pool.read { _ in gate.hold() }
    await gate.waitForHolder()
    let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          do {
            try await pool.read { _ in }
            return true
          } catch let error as JobsError where error == .postgresBusy {
            return false
          }
        }
      }
      // Those that are refused answer while the connection is busy.
      var answers: [Bool] = []
      while answers.count < 5, let answer = try await group.next() { answers.append(answer) }
      #expect(answers == Array(repeating: false, count: 5))
      gate.open()
      return try await group.reduce(into: answers) { $0.append($1) }
    }
    #expect(answers.count { $0 } == 3)
    try await busy
  }

  @Test("a cancelled call does not wait for its turn, nor is it done")
  func cancellation() async throws {
    let pool = PostgresPool(try database.settings(connections: 1))
    let gate = Gate()
    async let busy: Void = pool.read { _ in gate.hold() }
    await gate.waitForHolder()
    let calls = Calls()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await #expect(throws: CancellationError.self) {
          try await pool.read { _ in calls.count() }
        }
      }
      group.cancelAll()
    }
    gate.open()
    try await busy
    try await pool.read { _ in }
    #expect(calls.number == 0)
  }

  @Test("a statement that takes too long is stopped by the server")
  func statementTimeout() async throws {
    var settings = try database.settings()
    settings.statementTimeout = .milliseconds(50)
    let pool = PostgresPool(settings)
    await #expect {
      try await pool.read { _ = try $0.execute("SELECT pg_sleep(600)") }
    } throws: { error in
      let error = error as? JobsError
      return error?.code == .unavailable && error?.cause?.contains("57014") == true
    }
  }

  @Test("a server that does not answer is given up")
  func silence() async throws {
    let connection = try PostgresConnection(try database.settings())
    connection.answerLimit = .milliseconds(50)
    #expect {
      try connection.execute("SELECT pg_sleep(600)")
    } throws: { ($0 as? PostgresError)?.isConnectionLost == true }
    #expect(!connection.isHealthy())
  }

  @Test("connections that wait for the server take no thread from the cooperative pool")
  func cooperativePool() async throws {
    let connections = 2 * ProcessInfo.processInfo.activeProcessorCount + 2
    let pool = PostgresPool(try database.settings(connections: connections))
    let gate = Gate()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<connections { group.addTask { try await pool.read { _ in gate.hold() } } }
      // This task goes on while all of them block: only then is the gate opened.
      while gate.holders < connections { await Task.yield() }
      gate.open()
      try await group.waitForAll()
    }
  }

  @Test("deadlocks are resolved by doing one of the transactions again")
  func deadlock() async throws {
    let pool = PostgresPool(try database.settings(connections: 2))
    try await pool.write {
      _ = try $0.execute(
        "CREATE TABLE pair (id INT, n INT); INSERT INTO pair VALUES (1, 0), (2, 0)")
    }
    let meeting = Meeting()
    @Sendable func add(_ first: Int, _ second: Int) async throws {
      try await pool.write { connection in
        try connection.query("UPDATE pair SET n = n + 1 WHERE id = $1", [first])
        meeting.wait()
        try connection.query("UPDATE pair SET n = n + 1 WHERE id = $1", [second])
      }
    }
    async let one: Void = add(1, 2)
    async let other: Void = add(2, 1)
    try await one
    try await other
    #expect(try await database.run("SELECT SUM(n) FROM pair") == "4")
    #expect(meeting.visits > 2)
  }

  @Test("errors name the state, not the statement, the values or the password")
  func errors() async throws {
    let pool = PostgresPool(try database.settings())
    let error = try await #require(throws: JobsError.self) {
      try await pool.write {
        _ = try $0.query("SELECT 'geheim' FROM nowhere WHERE $1 = 'x'", ["s3cret"])
      }
    }
    #expect(error.code == .databaseError)
    #expect(error.cause?.hasPrefix("SQLSTATE 42P01") == true)
    for secret in ["geheim", "s3cret", "SELECT"] { #expect(!"\(error)".contains(secret)) }

    let wrong = PostgresPool(
      try PostgresSettings(
        url: database.server.url(of: database.name, password: "wr0ng/pass"), connections: 1))
    let refused = try await #require(throws: JobsError.self) { try await wrong.read { _ in } }
    #expect(refused.code == .unavailable)
    #expect(!"\(refused)".contains("wr0ng"))
  }

  @Test("a server that cannot be reached is not asked by everybody all the time")
  func unreachable() async throws {
    let port = try freePort()
    let pool = PostgresPool(
      try PostgresSettings(url: "postgresql://h:geheim@127.0.0.1:\(port)/d", connections: 2))
    for _ in 0..<100 {
      await #expect {
        try await pool.read { _ in }
      } throws: { error in
        (error as? JobsError)?.code == .unavailable && !"\(error)".contains("geheim")
      }
    }
  }

  @Test(
    "an address that cannot be read is refused without repeating it",
    arguments: [
      "mysql://a:geheim@h/d", "postgresql://a:geheim@h:port/d",
      "postgresql://a:geheim@h/d?sslmod=x",
      "postgresql://a:ge@heim@h/d", "geheim",
    ])
  func addresses(url: String) throws {
    let error = try #require(throws: JobsError.self) { try PostgresSettings(url: url) }
    #expect(error.code == .databaseError)
    #expect(!"\(error)".contains("geheim"))
    #expect(!"\(error)".contains("heim@"))
  }

  @Test(
    "the URL says how TLS is used",
    arguments: [("disable", "f"), ("require", "t"), ("verify-full", "t")])
  func tls(mode: String, isUsed: String) async throws {
    let certificate = database.server.certificate
    let pool = PostgresPool(
      try database.settings("sslmode=\(mode)&sslrootcert=\(certificate)"))
    let ssl = try await pool.read { connection in
      let row = try connection.query(
        "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
      ).first
      return try row?[0] as String?
    }
    #expect(ssl == isUsed)
  }

  @Test("a server whose certificate is another's is not talked to")
  func wrongHost() async throws {
    let url = database.url.replacing("@localhost", with: "@127.0.0.1")
    let pool = PostgresPool(
      try PostgresSettings(
        url: "\(url)sslmode=verify-full&sslrootcert=\(database.server.certificate)", connections: 1)
    )
    await #expect {
      try await pool.read { _ in }
    } throws: { ($0 as? JobsError)?.code == .unavailable }
  }

  @Test("an idle connection is used again, with its prepared statements")
  func reuse() async throws {
    let pool = PostgresPool(try database.settings(connections: 1))
    @Sendable func prepared() async throws -> Int {
      try await pool.read { connection in
        _ = try connection.query("SELECT $1::bigint", [1])
        return try connection.execute("SELECT COUNT(*) FROM pg_prepared_statements").first?[0] ?? -1
      }
    }
    #expect(try await prepared() == 1)
    #expect(try await prepared() == 1)
  }
}

/// How often something was done.
private final class Calls: Sendable {
  private let value = Atomic<Int>(0)

  var number: Int { value.load(ordering: .relaxed) }

  func count() { value.wrappingAdd(1, ordering: .relaxed) }
}

/// Holds threads until it is opened.
private final class Gate: Sendable {
  private let opening = DispatchSemaphore(value: 0)
  private let count = Atomic<Int>(0)

  var holders: Int { count.load(ordering: .relaxed) }

  func hold() {
    count.wrappingAdd(1, ordering: .relaxed)
    opening.wait()
    opening.signal()
  }

  /// Takes no thread from those who have yet to arrive.
  func waitForHolder() async { while holders == 0 { await Task.yield() } }

  func open() { opening.signal() }
}

/// The first two that come wait for each other.
private final class Meeting: Sendable {
  private let first = DispatchSemaphore(value: 0)
  private let second = DispatchSemaphore(value: 0)
  private let count = Atomic<Int>(0)

  var visits: Int { count.load(ordering: .relaxed) }

  func wait() {
    switch count.wrappingAdd(1, ordering: .relaxed).newValue {
    case 1:
      first.signal()
      second.wait()
    case 2:
      second.signal()
      first.wait()
    default: break
    }
  }
}
