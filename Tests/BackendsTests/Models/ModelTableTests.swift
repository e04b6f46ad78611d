import Foundation
import GRDB
import Jobs
import TestSupport
import Testing

@testable import Backends

/// Statements that the tables themselves refuse, whatever the program does.
private let refused = [
  "DELETE FROM model_version WHERE number = 1",
  "DELETE FROM model_version WHERE number = 2",
  "UPDATE model_version SET task = 'detect' WHERE number = 3",
  "UPDATE model SET last_version = 2",
  "UPDATE model_alias SET number = 9",
  "UPDATE model_alias SET alias = 'Production'",
  "UPDATE model_alias SET alias = '3'",
  "UPDATE model_alias_move SET from_number = to_number",
  "UPDATE model_alias_move SET undoes = number",
  "UPDATE job SET model_number = 3",
  "UPDATE job SET model_name = NULL, model_number = NULL, model_sha256 = NULL",
  "UPDATE job SET base_job_id = NULL, is_shadow = NULL",
  "UPDATE job SET is_shadow = 1",
  "UPDATE job SET base_job_id = id",
]

/// Three versions, `production` at the first, a job that runs the second.
private func addModels(to store: any StoreRule.Store) async throws {
  for digit in ["1", "2", "3"] { try await store.register(sampleSubmission("aerial", digit)) }
  let upload = sampleUpload()
  try await store.insert(upload)
  var job = sampleJob(over: upload)
  job.model = try await store.modelVersion(
    ModelReference(name: "aerial", selector: .number(2)))?.pin
  job.comparison = JobComparison(base: JobID(at: startOfTests), isShadow: false)
  #expect(try await store.insert(job, idempotency: nil) == .inserted)
}

/// Of several processes at once: each version another number, and a version is deleted or gets a job, never both.
private func race(of stores: [any StoreRule.Store]) async throws {
  let digits = Array("0123456789abcdef")
  let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
    for (index, digit) in digits.enumerated() {
      let store = stores[index % stores.count]
      group.addTask {
        try await store.register(sampleSubmission("aerial", "\(digit)")).version.id.number
      }
    }
    return try await group.reduce(into: []) { $0.append($1) }
  }
  #expect(numbers.sorted() == Array(1...digits.count))
  let upload = sampleUpload()
  try await stores[0].insert(upload)
  for number in 2...digits.count {
    let reference = ModelReference(name: "aerial", selector: .number(number))
    let version = try #require(try await stores[0].modelVersion(reference))
    var job = sampleJob(over: upload)
    job.model = version.pin
    async let deletion = isDone(.modelInUse) { try await stores[0].deleteVersion(version.id) }
    async let insertion = isDone(.modelNotFound) { [job] in
      try await stores[stores.count - 1].insert(job, idempotency: nil)
    }
    let (isDeleted, isInserted) = (try await deletion, try await insertion)
    #expect(isDeleted != isInserted)
    #expect((try await stores[0].modelVersion(reference) == nil) == isDeleted)
  }
}

/// false when it is refused for this reason.
private func isDone<Value: Sendable>(
  _ refusal: JobsError.Code, _ body: @Sendable () async throws -> Value
) async throws -> Bool {
  do {
    _ = try await body()
    return true
  } catch let error as JobsError where error.code == refusal {
    return false
  }
}

@Suite("Registered models in SQLite")
struct SQLiteModelTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("harrier.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "the tables refuse what would change a version, or take it from those who use it",
    arguments: refused)
  func constraints(statement: String) async throws {
    let store = try SQLiteStore(path: path)
    try await addModels(to: store)
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    #expect(throws: DatabaseError.self) {
      try queue.write { try $0.execute(sql: statement) }
    }
    #expect(try await store.modelCounts().versions == 3)
  }

  @Test("two processes number versions together, and delete none that a job was just given")
  func races() async throws {
    try await race(of: [try SQLiteStore(path: path), try SQLiteStore(path: path)])
  }

  @Test("jobs from before models were registered run the folder's, as they did")
  func olderJobs() async throws {
    let upload = sampleUpload(files: 0)
    let job = sampleJob(over: upload)
    let queue = try DatabaseQueue(path: path)
    try SQLiteSchema.migrator.migrate(queue, upTo: "5: owners, keys, usage")
    try await queue.write { database in
      try database.execute(
        sql: "INSERT INTO upload (id, created_ms, expires_ms) VALUES (?, ?, ?)",
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
    let store = try SQLiteStore(path: path)
    #expect(try await store.job(job.id)?.withoutVersion == job)
    let claimed = try await store.claim(
      for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    #expect(claimed?.job.model == nil)
  }
}

@Suite("Registered models in PostgreSQL", .enabled(if: PostgresServer.isInstalled))
struct PostgresModelTests {
  @Test(
    "the tables refuse what would change a version, or take it from those who use it",
    arguments: refused)
  func constraints(statement: String) async throws {
    let store = try await PostgresDatabase().makeStore()
    try await addModels(to: store)
    // integrity_constraint_violation: of a check or a trigger, or of a foreign key.
    await #expect {
      try await store.write { _ = try $0.execute(statement) }
    } throws: { ($0 as? JobsError)?.cause?.hasPrefix("SQLSTATE 235") == true }
    #expect(try await store.modelCounts().versions == 3)
  }

  @Test("processes number versions together, and delete none that a job was just given")
  func races() async throws {
    let database = try await PostgresDatabase()
    try await race(of: [
      try await database.makeStore(), try await database.makeStore(),
      try await database.makeStore(),
    ])
  }
}
