public import Foundation
public import Jobs
import Testing

/// What is submitted: an ONNX model whose hash is made of a digit.
public func sampleSubmission(
  _ name: String = "aerial", _ digit: String = "1", document: String? = nil, alias: String? = nil
) -> ModelSubmission {
  ModelSubmission(
    name: name,
    content: ModelContent(
      filesID: ModelFilesID(at: startOfTests), format: .onnx, sizeBytes: 12_345_678,
      sha256: String(repeating: digit, count: 64), document: document, task: "obb",
      layout: "oriented", classNames: ["plane", "Küste 'ü'", ""], inputWidth: 640,
      inputHeight: 512), alias: alias, createdBy: "ann")
}

public let wideModelLimits = ModelLimits(models: 100, versions: 100)

extension ModelStore {
  /// Registers with limits that nobody reaches.
  @discardableResult
  public func register(
    _ submission: ModelSubmission, at time: Date = startOfTests
  ) async throws -> ModelRegistration {
    try await register(submission, idempotency: nil, limits: wideModelLimits, now: time)
  }

  /// Versions 1 up to `count`, each another file.
  func addVersions(_ count: Int, of name: String = "aerial") async throws {
    for digit in 1...count { try await register(sampleSubmission(name, "\(digit)")) }
  }

  func number(_ reference: String) async throws -> Int? {
    let reference = try #require(ModelReference(reference))
    return try await modelVersion(reference)?.id.number
  }

  @discardableResult
  func move(
    _ alias: String, to number: Int, expecting expectation: AliasExpectation = .anywhere,
    at time: Date = startOfTests
  ) async throws -> AliasMove? {
    try await move(
      alias, of: "aerial", to: number, expecting: expectation, by: "bob", now: time)
  }

  @discardableResult
  func rollBack(
    _ alias: String, expecting expectation: AliasExpectation = .anywhere
  ) async throws -> AliasMove {
    try await rollBack(alias, of: "aerial", expecting: expectation, by: "eve", now: startOfTests)
  }
}

/// Checks that `body` is refused with a code.
func expectRefused(
  _ code: JobsError.Code, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async {
  await #expect(sourceLocation: sourceLocation) {
    try await body()
  } throws: { ($0 as? JobsError)?.code == code }
}

extension StoreRule {
  static let models = [
    StoreRule("a version is read as it was registered, by number, by alias and by name alone") {
      store in
      var submission = sampleSubmission(document: "{\"names\": [\"ü\"]}\n")
      submission.content.format = .openVINO
      let registration = try await store.register(submission, at: startOfTests + 0.125)
      let version = ModelVersion(
        id: ModelVersionID(name: "aerial", number: 1), content: submission.content,
        createdAt: startOfTests + 0.125, createdBy: "ann")
      #expect(registration == .registered(version))
      for text in ["aerial", "aerial@1", "aerial@production"] {
        let reference = try #require(ModelReference(text))
        #expect(try await store.modelVersion(reference) == version, "\(text)")
      }
      for text in ["other", "other@1", "aerial@2", "aerial@candidate"] {
        let reference = try #require(ModelReference(text))
        #expect(try await store.modelVersion(reference) == nil, "\(text)")
      }
      #expect(try await store.hasModelFiles(submission.content.filesID))
      #expect(try await !store.hasModelFiles(ModelFilesID(at: startOfTests)))
    },
    StoreRule("the first version takes production, later ones only when somebody says so") {
      store in
      try await store.addVersions(3)
      #expect(try await store.number("aerial") == 1)
      #expect(
        try await store.registeredModel(named: "aerial")
          == RegisteredModel(name: "aerial", numbers: [1, 2, 3], aliases: ["production": 1]))
      try await store.register(sampleSubmission("aerial", "4", alias: "candidate"))
      #expect(try await store.number("aerial@candidate") == 4)
      #expect(try await store.number("aerial") == 1)
    },
    StoreRule("without production a name means the newest version") { store in
      try await store.addVersions(2)
      _ = try await store.remove(
        "production", of: "aerial", expecting: .anywhere, by: nil, now: startOfTests)
      #expect(try await store.number("aerial") == 2)
    },
    StoreRule("the same files and document are one version, whose alias moves all the same") {
      store in
      try await store.addVersions(2)
      let again = try await store.register(sampleSubmission("aerial", "2", alias: "candidate"))
      guard case .known(let version) = again else {
        Issue.record("\(again)")
        return
      }
      #expect(version.id.number == 2)
      #expect(try await store.number("aerial@candidate") == 2)
      let documented = try await store.register(sampleSubmission("aerial", "2", document: "{}"))
      #expect(documented.version.id.number == 3)
      let other = try await store.register(sampleSubmission("other", "2"))
      #expect(other.version.id == ModelVersionID(name: "other", number: 1))
    },
    StoreRule("versions that are registered at once get different numbers, without a gap") {
      store in
      let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
        for digit in "0123456789abcdef" {
          group.addTask {
            try await store.register(sampleSubmission("aerial", "\(digit)")).version.id.number
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(numbers.sorted() == Array(1...16))
      #expect(try await store.registeredModel(named: "aerial")?.aliases == ["production": 1])
    },
    StoreRule("no more models and versions are registered than may be") { store in
      let limits = ModelLimits(models: 2, versions: 2)
      func register(_ name: String, _ digit: String) async throws {
        _ = try await store.register(
          sampleSubmission(name, digit), idempotency: nil, limits: limits, now: startOfTests)
      }
      try await register("a", "1")
      try await register("b", "1")
      await expectRefused(.modelConflict) { try await register("c", "1") }
      try await register("a", "2")
      await expectRefused(.modelConflict) { try await register("a", "3") }
      // What is there already needs no room.
      try await register("a", "2")
      #expect(
        try await store.modelCounts()
          == ModelCounts(models: 2, versions: 3, bytes: 3 * 12_345_678))
    },
    StoreRule("an idempotency key registers one version, and refuses another body") { store in
      func register(
        _ digit: String, hash: String, caller: String = "a", at time: Date = startOfTests
      ) async throws -> ModelRegistration {
        try await store.register(
          sampleSubmission("aerial", digit),
          idempotency: IdempotencyKey(caller: caller, key: "k", bodyHash: hash),
          limits: wideModelLimits, now: time)
      }
      let first = try await register("1", hash: "x")
      #expect(try await register("1", hash: "x") == .repeated(first.version))
      await expectRefused(.idempotencyConflict) { _ = try await register("2", hash: "y") }
      #expect(try await register("2", hash: "y", caller: "b").version.id.number == 2)
      let late = try await register("3", hash: "z", at: startOfTests + 86_400)
      #expect(late.version.id.number == 3)
      #expect(try await store.number("aerial@3") == 3)
    },
    StoreRule("models are listed by name, versions newest first, both in pages") { store in
      for name in ["b", "a.1", "B", "c"] { try await store.addVersions(2, of: name) }
      let first = try await store.registeredModels(after: nil, limit: 2)
      #expect(first.map(\.name) == ["B", "a.1"])
      #expect(first[0].numbers == [1, 2])
      #expect(try await store.registeredModels(after: "a.1", limit: 9).map(\.name) == ["b", "c"])
      let newest = try await store.versions(of: "b", below: nil, limit: 1)
      #expect(newest.map(\.id.number) == [2])
      #expect(try await store.versions(of: "b", below: 2, limit: 9).map(\.id.number) == [1])
      #expect(try await store.versions(of: "nobody", below: nil, limit: 9).isEmpty)
      #expect(try await store.registeredModel(named: "nobody") == nil)
    },
  ]

  static let aliases = [
    StoreRule("an alias moves to a version that is there, from where it is expected") { store in
      try await store.addVersions(3)
      let move = try await store.move("production", to: 2, expecting: .at(1))
      #expect(
        move
          == AliasMove(
            number: 2, alias: "production", from: 1, to: 2, movedAt: startOfTests, movedBy: "bob"))
      #expect(try await store.number("aerial") == 2)
      await expectRefused(.modelConflict) {
        try await store.move("production", to: 3, expecting: .at(1))
      }
      await expectRefused(.modelConflict) {
        try await store.move("production", to: 3, expecting: .at(nil))
      }
      await expectRefused(.modelNotFound) { try await store.move("production", to: 4) }
      #expect(try await store.move("production", to: 2) == nil)
      #expect(try await store.move("candidate", to: 3, expecting: .at(nil))?.from == nil)
      #expect(
        try await store.registeredModel(named: "aerial")?.aliases
          == ["production": 2, "candidate": 3])
    },
    StoreRule("of moves at once that expect the same, one happens") { store in
      try await store.addVersions(9)
      let moved = await withTaskGroup(of: Bool.self) { group in
        for number in 2...9 {
          group.addTask {
            (try? await store.move("production", to: number, expecting: .at(1))) ?? nil != nil
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(moved == 1)
      #expect(try await store.moves(of: "production", of: "aerial").count == 2)
    },
    StoreRule("each move is kept: who, when, from where, and what it took back") { store in
      try await store.addVersions(2)
      try await store.move("production", to: 2, at: startOfTests + 1)
      try await store.rollBack("production")
      _ = try await store.remove(
        "production", of: "aerial", expecting: .at(1), by: nil, now: startOfTests + 2)
      func move(
        _ number: Int, _ from: Int?, _ to: Int?, _ seconds: Double, _ by: String?,
        undoes: Int? = nil
      ) -> AliasMove {
        AliasMove(
          number: number, alias: "production", from: from, to: to,
          movedAt: startOfTests + seconds, movedBy: by, undoes: undoes)
      }
      #expect(
        try await store.moves(of: "production", of: "aerial") == [
          move(1, nil, 1, 0, "ann"), move(2, 1, 2, 1, "bob"), move(3, 2, 1, 0, "eve", undoes: 2),
          move(4, 1, nil, 2, nil),
        ])
      #expect(try await store.moves(of: "candidate", of: "aerial").isEmpty)
    },
    StoreRule("a rollback after a rollback goes further back") { store in
      try await store.addVersions(4)
      try await store.move("production", to: 2)
      try await store.move("production", to: 3)
      #expect(try await store.rollBack("production", expecting: .at(3)).to == 2)
      await expectRefused(.modelConflict) {
        try await store.rollBack("production", expecting: .at(3))
      }
      #expect(try await store.rollBack("production").to == 1)
      await expectRefused(.modelConflict) { try await store.rollBack("production") }
      try await store.move("production", to: 4)
      #expect(try await store.rollBack("production").to == 1)
      #expect(try await store.number("aerial") == 1)
      await expectRefused(.modelNotFound) { try await store.rollBack("candidate") }
    },
    StoreRule("a rollback passes over versions that are gone") { store in
      try await store.addVersions(3)
      try await store.move("production", to: 2)
      try await store.move("production", to: 3)
      _ = try await store.deleteVersion(ModelVersionID(name: "aerial", number: 2))
      #expect(try await store.rollBack("production").to == 1)
    },
    StoreRule("an alias is removed from where it is expected, and once") { store in
      try await store.addVersions(1)
      try await store.move("candidate", to: 1)
      func remove(_ expectation: AliasExpectation) async throws -> AliasMove {
        try await store.remove(
          "candidate", of: "aerial", expecting: expectation, by: "bob", now: startOfTests)
      }
      await expectRefused(.modelConflict) { _ = try await remove(.at(2)) }
      #expect(try await remove(.at(1)).from == 1)
      await expectRefused(.modelNotFound) { _ = try await remove(.anywhere) }
      #expect(try await store.registeredModel(named: "aerial")?.aliases == ["production": 1])
    },
  ]

  static let modelDeletions = [
    StoreRule("a version that an alias is at is not deleted") { store in
      try await store.addVersions(2)
      let (first, second) = (
        ModelVersionID(name: "aerial", number: 1), ModelVersionID(name: "aerial", number: 2)
      )
      await expectRefused(.modelInUse) { _ = try await store.deleteVersion(first) }
      #expect(try await store.deleteVersion(second).id == second)
      await expectRefused(.modelNotFound) { _ = try await store.deleteVersion(second) }
      #expect(try await store.number("aerial@2") == nil)
      #expect(try await store.number("aerial@1") == 1)
    },
    StoreRule("a version that a job runs is not deleted, nor is its model, until the job has ended")
    { store in
      try await store.addVersions(2)
      let second = try #require(
        try await store.modelVersion(ModelReference(name: "aerial", selector: .number(2))))
      let upload = sampleUpload()
      try await store.insert(upload)
      var job = sampleJob(over: upload)
      job.model = second.pin
      _ = try await store.insert(job, idempotency: nil)
      #expect(try await store.job(job.id)?.model == second.pin)
      await expectRefused(.modelInUse) { _ = try await store.deleteVersion(second.id) }
      let claimed = try #require(try await store.claim(at: startOfTests))
      #expect(claimed.job.model == second.pin)
      await expectRefused(.modelInUse) { _ = try await store.deleteVersion(second.id) }
      await expectRefused(.modelInUse) { _ = try await store.deleteModel(named: "aerial") }
      try await store.finish(claimed.claim, .completed(summary: "{}"), now: startOfTests)
      _ = try await store.deleteVersion(second.id)
      #expect(try await store.job(job.id)?.model == second.pin)
    },
    StoreRule("a job whose version is gone, or is another one, is refused") { store in
      try await store.addVersions(2)
      let upload = sampleUpload()
      try await store.insert(upload)
      let gone = ModelPin(
        id: ModelVersionID(name: "aerial", number: 3), sha256: String(repeating: "3", count: 64))
      let other = ModelPin(
        id: ModelVersionID(name: "aerial", number: 2), sha256: String(repeating: "3", count: 64))
      for pin in [gone, other] {
        var job = sampleJob(over: upload)
        job.model = pin
        await expectRefused(.modelNotFound) { _ = try await store.insert(job, idempotency: nil) }
        #expect(try await store.job(job.id) == nil)
      }
    },
    StoreRule("a model is deleted as a whole, and its numbers are not given again") { store in
      try await store.addVersions(3)
      try await store.addVersions(1, of: "other")
      try await store.move("candidate", to: 3)
      #expect(try await store.deleteModel(named: "aerial").map(\.id.number) == [1, 2, 3])
      await expectRefused(.modelNotFound) { _ = try await store.deleteModel(named: "aerial") }
      #expect(try await store.registeredModels(after: nil, limit: 9).map(\.name) == ["other"])
      #expect(try await store.moves(of: "candidate", of: "aerial").isEmpty)
      let anew = try await store.register(sampleSubmission())
      #expect(anew.version.id.number == 4)
      #expect(try await store.registeredModel(named: "aerial")?.aliases == ["production": 4])
      #expect(try await store.number("aerial@candidate") == nil)
    },
    StoreRule("the number of a version that was deleted is not given again") { store in
      try await store.addVersions(2)
      _ = try await store.deleteVersion(ModelVersionID(name: "aerial", number: 2))
      #expect(try await store.register(sampleSubmission("aerial", "2")).version.id.number == 3)
    },
  ]
}
