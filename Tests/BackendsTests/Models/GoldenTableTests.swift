import GRDB
import Jobs
import TestSupport
import Testing

@testable import Backends

/// Statements that the tables themselves refuse, whatever the program does.
private let refused = [
  "UPDATE golden_set SET min_recall = 0",
  "UPDATE golden_set SET aliases = '[]'",
  "INSERT INTO golden_set SELECT 'gld_000000000000', name, pictures, classes, 0, 0, aliases, 0, NULL FROM golden_set",
  "INSERT INTO golden_set SELECT 'gld_000000000000', 'none', pictures, classes, 0, 0, aliases, 0, NULL FROM golden_set",
  "UPDATE golden_verdict SET number = 9",
  "UPDATE golden_verdict SET set_id = 'gld_000000000000'",
]

/// Two versions, of which the second has passed.
private func addGoldenSet(to store: any StoreRule.Store) async throws -> GoldenSet {
  for digit in ["1", "2"] { try await store.register(sampleSubmission("aerial", digit)) }
  let set = sampleGoldenSet()
  _ = try await store.put(set)
  try await store.keep(sampleVerdict(of: 2, by: set, passed: true))
  return set
}

/// Of two processes at once: an alias moves before the set is replaced, or not at all.
private func race(of stores: [any StoreRule.Store]) async throws {
  for digit in ["1", "2"] { try await stores[0].register(sampleSubmission("aerial", digit)) }
  for _ in 0..<20 {
    _ = try await stores[0].move(
      "production", of: "aerial", to: 1, expecting: .anywhere, by: nil, now: startOfTests)
    let set = sampleGoldenSet()
    _ = try await stores[0].put(set)
    try await stores[0].keep(sampleVerdict(of: 2, by: set, passed: true))
    async let replacement = stores[0].put(sampleGoldenSet())
    async let move = isMoved(stores[1])
    let (earlier, hasMoved) = (try await replacement, try await move)
    #expect(earlier == set)
    let production = try await stores[1].modelVersion(ModelReference(name: "aerial"))
    #expect(production?.id.number == (hasMoved ? 2 : 1))
    // What a new set has not seen does not move any more.
    if !hasMoved { #expect(try await !isMoved(stores[0])) }
  }
}

private func isMoved(_ store: any StoreRule.Store) async throws -> Bool {
  do {
    return try await store.move(
      "production", of: "aerial", to: 2, expecting: .anywhere, .checked, by: nil,
      now: startOfTests) != nil
  } catch let error as JobsError where error.code == .modelConflict {
    return false
  }
}

@Suite("Golden pictures in SQLite")
struct SQLiteGoldenTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("harrier.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  @Test("the tables refuse what would change a set, or a verdict's subject", arguments: refused)
  func constraints(statement: String) async throws {
    let store = try SQLiteStore(path: path)
    let set = try await addGoldenSet(to: store)
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    #expect(throws: DatabaseError.self) {
      try queue.write { try $0.execute(sql: statement) }
    }
    #expect(try await store.goldenSet(of: "aerial") == set)
  }

  @Test("an alias moves before its golden pictures are replaced, or not at all")
  func races() async throws {
    try await race(of: [try SQLiteStore(path: path), try SQLiteStore(path: path)])
  }
}

@Suite("Golden pictures in PostgreSQL", .enabled(if: PostgresServer.isInstalled))
struct PostgresGoldenTests {
  @Test("the tables refuse what would change a set, or a verdict's subject", arguments: refused)
  func constraints(statement: String) async throws {
    let store = try await PostgresDatabase().makeStore()
    let set = try await addGoldenSet(to: store)
    // integrity_constraint_violation: of a check or a trigger, of a key, or of a foreign key.
    await #expect {
      try await store.write { _ = try $0.execute(statement) }
    } throws: { ($0 as? JobsError)?.cause?.hasPrefix("SQLSTATE 235") == true }
    #expect(try await store.goldenSet(of: "aerial") == set)
  }

  @Test("an alias moves before its golden pictures are replaced, or not at all")
  func races() async throws {
    let database = try await PostgresDatabase()
    try await race(of: [try await database.makeStore(), try await database.makeStore()])
  }
}
