import Foundation
import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("PostgreSQL store, races of several processes", .enabled(if: PostgresServer.isInstalled))
struct PostgresRaceTests {
  private let stores: [PostgresStore]

  init() async throws {
    let database = try await PostgresDatabase()
    // Each with its own connections, as processes have them.
    stores = [
      try await database.makeStore(), try await database.makeStore(),
      try await database.makeStore(),
    ]
  }

  @Test(
    "of many workers and clients at the same time, exactly one ends each job",
    arguments: [1, UInt64.random(in: 2...UInt64.max)], [nil, 2])
  func everybody(seed: UInt64, runningLimit: Int?) async throws {
    _ = try await race(of: stores, seed: seed, runningLimit: runningLimit)
  }

  @Test("of the rescuers of a lease that ran out, exactly one gets the job")
  func rescuers() async throws {
    let upload = sampleUpload()
    try await stores[0].insert(upload)
    _ = try await stores[0].insert(sampleJob(over: upload), idempotency: nil)
    var last: Claim?
    for round in 1...100 {
      let now = startOfTests + 10 * Double(round)
      let winners = try await everywhere { store in
        try await store.claim(
          for: WorkerID("w"), lease: .seconds(10), maxDeaths: 1000, now: now)
      }.compactMap(\.self)
      #expect(winners.count == 1, "round \(round)")
      let winner = try #require(winners.first)
      #expect(winner.job.attempt == round)
      if let last { #expect(winner.claim.token > last.token) }
      for store in stores { #expect(try await store.holds(winner.claim)) }
      last = winner.claim
    }
  }

  @Test(
    "of requests with one idempotency key at the same time, one starts a job and all are told which"
  )
  func idempotency() async throws {
    let upload = sampleUpload()
    try await stores[0].insert(upload)
    for round in 0..<20 {
      let key = IdempotencyKey(caller: "a", key: "\(round)", bodyHash: "1")
      let answers = try await everywhere { store in
        let job = sampleJob(over: upload)
        return switch try await store.insert(job, idempotency: key) {
        case .inserted: (job.id, true)
        case .repeated(let first): (first.id, false)
        }
      }
      #expect(answers.count { $0.1 } == 1)
      #expect(Set(answers.map(\.0)).count == 1)
    }
    #expect(try await stores[0].counts().queued == 20)
  }

  @Test("however many insert at the same time, no more jobs wait than may")
  func queuedLimit() async throws {
    let upload = sampleUpload()
    try await stores[0].insert(upload)
    let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<30 {
        let store = stores[index % stores.count]
        group.addTask {
          do {
            _ = try await store.insert(
              sampleJob(over: upload), idempotency: nil, queuedLimit: 7)
            return true
          } catch let error as JobsError where error == .queueFull {
            return false
          }
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(accepted == 7)
    #expect(try await stores[1].counts().queued == 7)
  }

  @Test("an upload is deleted or gets a job, never both")
  func deletion() async throws {
    for _ in 0..<20 {
      let upload = sampleUpload()
      try await stores[0].insert(upload)
      let job = sampleJob(over: upload)
      async let deletion = stores[0].tryDeleting(upload.id)
      async let insertion = stores[1].tryInserting(job)
      let (isDeleted, isInserted) = (try await deletion, try await insertion)
      #expect(isDeleted != isInserted)
      #expect(try await stores[2].upload(upload.id) == (isDeleted ? nil : upload))
      #expect((try await stores[2].job(job.id) != nil) == isInserted)
    }
  }

  @Test("senders of several processes never claim the same delivery")
  func deliveries() async throws {
    let upload = sampleUpload()
    try await stores[0].insert(upload)
    for _ in 0..<40 {
      var job = sampleJob(over: upload)
      job.callbackURL = "https://example.org/"
      _ = try await stores[0].insert(job, idempotency: nil)
      _ = try await stores[0].cancel(job.id, now: startOfTests)
    }
    let claimed = try await everywhere { store in
      var mine: [EventID] = []
      // Passed over is what another one is just claiming.
      for _ in 0..<40 {
        mine += try await store.claimDeliveries(
          upTo: 2, lease: .seconds(10), maxAttempts: 12, now: startOfTests
        ).map(\.id)
      }
      return mine
    }.flatMap(\.self)
    #expect(claimed.count == 40)
    #expect(Set(claimed).count == 40)
  }

  @Test("entries that several processes add to one log at once are all kept and numbered")
  func logs() async throws { try await followLog(of: stores) }

  @Test("however many workers ask, an owner never has more in hand than may, and all gets done")
  func runningLimits() async throws {
    let faults = try await OwnerRace(stores).run()
    #expect(faults.isEmpty, "\(faults.prefix(5))")
  }

  @Test("however many insert at the same time, no more of an owner's jobs wait than may")
  func ownerQueueLimit() async throws { try await expectOwnerQueueLimit(of: stores) }

  private func everywhere<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresStore) async throws -> Value
  ) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
      for store in stores { group.addTask { try await body(store) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}

extension PostgresStore {
  fileprivate func tryDeleting(_ id: UploadID) async throws -> Bool {
    do {
      return try await delete(id) != nil
    } catch let error as JobsError where error.code == .uploadInUse {
      return false
    }
  }

  fileprivate func tryInserting(_ job: Job) async throws -> Bool {
    do {
      return try await insert(job, idempotency: nil) == .inserted
    } catch let error as JobsError where error.code == .uploadNotFound {
      return false
    }
  }
}
