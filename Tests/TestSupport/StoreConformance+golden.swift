public import Foundation
public import Jobs
import Testing

/// A set of two pictures that guards `production`.
public func sampleGoldenSet(
  _ name: String = "aerial", aliases: Set<String> = ["production"]
) -> GoldenSet {
  GoldenSet(
    id: GoldenSetID(at: startOfTests), name: name,
    pictures: [
      GoldenPicture(
        filename: "Küste 'ü'.jpg", sizeBytes: 585_530, sha256: String(repeating: "ab", count: 32),
        expected: 9),
      GoldenPicture(
        filename: "a/b \"c\".tif", sizeBytes: 7, sha256: String(repeating: "0", count: 64),
        expected: 0),
    ], classes: ["plane": 9, "Küste 'ü'": 0],
    demand: GoldenDemand(minRecall: 0.1, minPrecision: 1.0 / 3, aliases: aliases),
    createdAt: startOfTests + 0.125, createdBy: "ann")
}

/// What a version has found in such a set.
public func sampleVerdict(
  of number: Int, by set: GoldenSet, passed: Bool, at time: Date = startOfTests
) -> GoldenVerdict {
  let counts = GoldenCounts(expected: 9, found: 8, matched: 7)
  return GoldenVerdict(
    version: ModelVersionID(name: set.name, number: number), setID: set.id, passed: passed,
    figures: GoldenFigures(
      total: counts,
      pictures: set.pictures.map { GoldenFigures.Part(name: $0.filename, counts: counts) },
      classes: [GoldenFigures.Part(name: "Küste 'ü'", counts: counts)]),
    checkedAt: time, checkedBy: passed ? "bob" : nil)
}

extension ModelStore {
  /// Where production of `aerial` goes when golden pictures are asked.
  @discardableResult
  fileprivate func moveChecked(_ alias: String = "production", to number: Int) async throws
    -> AliasMove?
  {
    try await move(
      alias, of: "aerial", to: number, expecting: .anywhere, .checked, by: nil, now: startOfTests)
  }
}

extension StoreRule {
  static let golden = [
    StoreRule("a golden set is read as it was kept, and another one takes its place") { store in
      try await store.addVersions(1)
      #expect(try await store.goldenSet(of: "aerial") == nil)
      let first = sampleGoldenSet()
      #expect(try await store.put(first) == nil)
      #expect(try await store.goldenSet(of: "aerial") == first)
      #expect(try await store.hasGoldenSet(first.id))
      let second = sampleGoldenSet(aliases: [])
      #expect(try await store.put(second) == first)
      #expect(try await store.goldenSet(of: "aerial") == second)
      #expect(try await !store.hasGoldenSet(first.id))
      #expect(try await store.removeGoldenSet(of: "aerial") == second)
      #expect(try await store.goldenSet(of: "aerial") == nil)
      await expectRefused(.modelNotFound) { _ = try await store.removeGoldenSet(of: "aerial") }
    },
    StoreRule("only a registered model has golden pictures, each its own") { store in
      await expectRefused(.modelNotFound) { _ = try await store.put(sampleGoldenSet()) }
      try await store.addVersions(1)
      try await store.addVersions(1, of: "other")
      let (one, other) = (sampleGoldenSet(), sampleGoldenSet("other"))
      _ = try await store.put(one)
      #expect(try await store.put(other) == nil)
      #expect(try await store.goldenSet(of: "aerial") == one)
      #expect(try await store.goldenSet(of: "other") == other)
    },
    StoreRule("a verdict is read as it was kept, and a later one takes its place") { store in
      try await store.addVersions(3)
      let set = sampleGoldenSet()
      _ = try await store.put(set)
      let failed = sampleVerdict(of: 1, by: set, passed: false)
      try await store.keep(failed)
      #expect(try await store.verdict(of: failed.version, by: set.id) == failed)
      let passed = sampleVerdict(of: 1, by: set, passed: true, at: startOfTests + 5.5)
      try await store.keep(passed)
      #expect(try await store.verdict(of: passed.version, by: set.id) == passed)
      let third = sampleVerdict(of: 3, by: set, passed: true)
      try await store.keep(third)
      #expect(try await store.verdicts(by: set.id, limit: 10) == [third, passed])
      #expect(try await store.verdicts(by: set.id, limit: 1) == [third])
      let second = ModelVersionID(name: "aerial", number: 2)
      #expect(try await store.verdict(of: second, by: set.id) == nil)
    },
    StoreRule("a verdict goes with its set, and about what is gone none is kept") { store in
      try await store.addVersions(2)
      let set = sampleGoldenSet()
      _ = try await store.put(set)
      let verdict = sampleVerdict(of: 2, by: set, passed: true)
      try await store.keep(verdict)
      _ = try await store.put(sampleGoldenSet())
      #expect(try await store.verdict(of: verdict.version, by: set.id) == nil)
      await expectRefused(.modelConflict) { try await store.keep(verdict) }
      let newest = try #require(try await store.goldenSet(of: "aerial"))
      await expectRefused(.modelNotFound) {
        try await store.keep(sampleVerdict(of: 9, by: newest, passed: true))
      }
    },
    StoreRule("a guarded alias moves only to a version that has passed this very set") { store in
      try await store.addVersions(3)
      try await store.moveChecked(to: 2)
      let set = sampleGoldenSet()
      _ = try await store.put(set)
      await expectRefused(.modelConflict) { try await store.moveChecked(to: 3) }
      try await store.keep(sampleVerdict(of: 3, by: set, passed: false))
      await expectRefused(.modelConflict) { try await store.moveChecked(to: 3) }
      #expect(try await store.number("aerial") == 2)
      try await store.keep(sampleVerdict(of: 3, by: set, passed: true))
      try await store.moveChecked(to: 3)
      #expect(try await store.number("aerial") == 3)
      // Another set knows nothing of that.
      _ = try await store.put(sampleGoldenSet())
      await expectRefused(.modelConflict) { try await store.moveChecked(to: 1) }
      // It is there already.
      #expect(try await store.moveChecked(to: 3) == nil)
    },
    StoreRule("other aliases, moves that are not checked and rollbacks wait for no golden set") {
      store in
      try await store.addVersions(3)
      _ = try await store.put(sampleGoldenSet())
      try await store.moveChecked("candidate", to: 2)
      #expect(try await store.number("aerial@candidate") == 2)
      try await store.move("production", to: 3)
      #expect(try await store.number("aerial") == 3)
      #expect(try await store.rollBack("production").to == 1)
      _ = try await store.removeGoldenSet(of: "aerial")
      try await store.moveChecked(to: 2)
      #expect(try await store.number("aerial") == 2)
    },
    StoreRule("verdicts go with their version, golden pictures with the last one") { store in
      try await store.addVersions(3)
      try await store.addVersions(1, of: "other")
      let set = sampleGoldenSet()
      _ = try await store.put(set)
      _ = try await store.put(sampleGoldenSet("other"))
      for number in 1...3 {
        try await store.keep(sampleVerdict(of: number, by: set, passed: true))
      }
      _ = try await store.deleteVersion(ModelVersionID(name: "aerial", number: 2))
      #expect(
        try await store.verdicts(by: set.id, limit: 10).map(\.version.number) == [3, 1])
      _ = try await store.deleteModel(named: "aerial")
      #expect(try await store.goldenSet(of: "aerial") == nil)
      #expect(try await !store.hasGoldenSet(set.id))
      #expect(try await store.verdicts(by: set.id, limit: 10).isEmpty)
      #expect(try await store.goldenSet(of: "other") != nil)
      // One after the other is the same: registered anew, the model has none.
      _ = try await store.remove(
        "production", of: "other", expecting: .anywhere, by: nil, now: startOfTests)
      _ = try await store.deleteVersion(ModelVersionID(name: "other", number: 1))
      try await store.register(sampleSubmission("other", "5"))
      #expect(try await store.goldenSet(of: "other") == nil)
    },
  ]
}
