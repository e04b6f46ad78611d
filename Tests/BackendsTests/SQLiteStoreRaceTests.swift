import Foundation
import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("SQLite store, races of two processes")
struct SQLiteStoreRaceTests {
  private let folder: TemporaryFolder
  private let stores: [SQLiteStore]

  init() throws {
    folder = try TemporaryFolder()
    let path = folder.path("harrier.sqlite")
    // Two pools of connections to one file, as two processes have them.
    stores = [try SQLiteStore(path: path), try SQLiteStore(path: path)]
  }

  @Test(
    "of many workers and clients at the same time, exactly one ends each job",
    arguments: [1, UInt64.random(in: 2...UInt64.max)], [nil, 2])
  func everybody(seed: UInt64, runningLimit: Int?) async throws {
    let ends = try await race(of: stores, seed: seed, runningLimit: runningLimit)
    #expect(ends.isSuperset(of: [.completed, .cancelled]), "seed \(seed)")
  }

  @Test("entries that two processes add to one log at once are all kept and numbered")
  func logs() async throws { try await followLog(of: stores) }

  @Test("however many workers ask, an owner never has more in hand than may, and all gets done")
  func runningLimits() async throws {
    let faults = try await OwnerRace(stores).run()
    #expect(faults.isEmpty, "\(faults.prefix(5))")
  }

  @Test("however many insert at the same time, no more of an owner's jobs wait than may")
  func ownerQueueLimit() async throws { try await expectOwnerQueueLimit(of: stores) }

  @Test("of two rescuers of a lease that ran out, exactly one gets the job")
  func rescuers() async throws {
    let upload = sampleUpload()
    try await stores[0].insert(upload)
    _ = try await stores[0].insert(sampleJob(over: upload), idempotency: nil)
    var last: Claim?
    for round in 1...200 {
      let now = startOfTests + 10 * Double(round)
      async let first = stores[0].rescue(now)
      async let second = stores[1].rescue(now)
      let winners = [try await first, try await second].compactMap(\.self)
      #expect(winners.count == 1, "round \(round)")
      let winner = try #require(winners.first)
      #expect(winner.job.attempt == round)
      if let last {
        #expect(winner.claim.token > last.token)
        for store in stores { #expect(try await !store.holds(last)) }
      }
      for store in stores { #expect(try await store.holds(winner.claim)) }
      last = winner.claim
    }
  }
}

extension SQLiteStore {
  fileprivate func rescue(_ now: Date) async throws -> ClaimedJob? {
    try await claim(for: WorkerID("w"), lease: .seconds(10), maxDeaths: 1000, now: now)
  }
}
