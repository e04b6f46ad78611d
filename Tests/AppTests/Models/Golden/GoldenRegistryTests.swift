import Foundation
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Aliases that golden pictures guard")
struct GoldenRegistryTests {
  private let bench: ModelBench

  init() throws { bench = try ModelBench() }

  private func code(_ body: () async throws -> Void) async -> JobsError.Code? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? JobsError)?.code
    }
  }

  @Test("a version that passes is checked once, and the alias moves; another set asks again")
  func passes() async throws {
    try await bench.publishVersions("first", "good")
    let set = try await bench.putGolden()
    #expect(try await bench.promote(2)?.to == 2)
    #expect(bench.probe.looks == 1)
    let id = ModelVersionID(name: "aerial", number: 2)
    let kept = try #require(try await bench.store.verdict(of: id, by: set.id))
    #expect(kept.passed && kept.checkedBy == "bob" && kept.checkedAt == startOfTests)
    #expect(kept.figures.total == GoldenCounts(expected: 20, found: 20, matched: 20))
    try await bench.promote(1, .unchecked)
    try await bench.promote(2)
    #expect(bench.probe.looks == 1)
    try await bench.promote(1, .unchecked)
    try await bench.putGolden()
    try await bench.promote(2)
    #expect(bench.probe.looks == 2)
  }

  /// By hand: of ten boxes in two pictures each, two are missing in the first one, and one is too much there: recall
  /// 18/20, precision 18/19.
  @Test("one that does not is refused with its figures and the worst pictures, and the alias stays")
  func fails() async throws {
    try await bench.publishVersions("first", "bad")
    try await bench.putGolden(GoldenDemand(minRecall: 0.91, minPrecision: 0.9))
    let refusal = await bench.refusal { try await bench.promote(2) }
    #expect(refusal?.alias == "production")
    #expect(
      refusal?.verdict?.figures.total == GoldenCounts(expected: 20, found: 19, matched: 18))
    #expect(
      refusal?.worstPictures == [
        GoldenFigures.Part(
          name: "one.jpg", counts: GoldenCounts(expected: 10, found: 9, matched: 8))
      ])
    #expect(
      refusal?.reason
        == "recall 0.9 of at least 0.91, precision 0.9473 of at least 0.9: 2 of 20 boxes missing, 1 extra"
    )
    #expect(try await bench.production() == 1)
    // A second try does not run it again, and does not move either.
    _ = await bench.refusal { try await bench.promote(2) }
    #expect(bench.probe.looks == 1)
  }

  @Test("the demanded shares themselves are enough")
  func enough() async throws {
    try await bench.publishVersions("first", "bad")
    try await bench.putGolden(GoldenDemand(minRecall: 0.9, minPrecision: 18.0 / 19))
    #expect(try await bench.promote(2)?.to == 2)
  }

  @Test("unchecked moves, rollbacks and other aliases look at no pictures")
  func free() async throws {
    try await bench.publishVersions("first", "bad", "bad 2")
    try await bench.putGolden(GoldenDemand(minRecall: 1))
    try await bench.promote(2, .unchecked)
    _ = try await bench.registry.store.rollBack(
      "production", of: "aerial", expecting: .anywhere, by: nil, now: startOfTests)
    #expect(try await bench.production() == 1)
    _ = try await bench.registry.move(
      "candidate", of: "aerial", to: 3, expecting: .at(nil), by: nil)
    #expect(bench.probe.looks == 0)
  }

  @Test("what would not move in any case is not checked")
  func pointless() async throws {
    try await bench.publishVersions("first", "good")
    try await bench.putGolden()
    #expect(try await bench.promote(1) == nil)
    #expect(await code { try await bench.promote(9) } == .modelNotFound)
    #expect(
      await code {
        _ = try await bench.registry.move(
          "production", of: "aerial", to: 2, expecting: .at(2), by: nil)
      } == .modelConflict)
    #expect(bench.probe.looks == 0)
  }

  @Test("a version that crashes or takes too long does not pass, and that is not kept")
  func crashes() async throws {
    let bench = try ModelBench { $0.goldenCheck = .milliseconds(20) }
    try await bench.publishVersions("first", "good")
    let set = try await bench.putGolden()
    bench.probe.find { _, _ in throw DetectionError(.modelLoadError, "it crashes the engine") }
    let crash = await bench.refusal { try await bench.promote(2) }
    #expect(crash?.reason == "it crashes the engine" && crash?.verdict == nil)
    bench.probe.find { _, _ in
      // Returns when it is cancelled.
      for await _ in AsyncStream<Void>.makeStream().stream {}
      throw CancellationError()
    }
    let slow = await bench.refusal { try await bench.promote(2) }
    #expect(slow?.reason.contains("within") == true && slow?.alias == "production")
    #expect(try await bench.store.verdicts(by: set.id, limit: 9).isEmpty)
    #expect(try await bench.production() == 1)
  }

  @Test("a picture that cannot be decoded says nothing about the version, and is named")
  func damagedPicture() async throws {
    try await bench.publishVersions("first", "good")
    let set = try await bench.putGolden()
    bench.probe.find { _, pictures in
      throw DetectionError(.corruptedFile, "\(pictures[1]): the file ends too early")
    }
    let error = await #expect(throws: DetectionError.self) { try await bench.promote(2) }
    #expect(error?.code == .corruptedFile)
    #expect(error?.message == "two.jpg: the file ends too early")
    #expect(try await bench.store.verdicts(by: set.id, limit: 9).isEmpty)
  }

  @Test("a set that is replaced while it is checked decides nothing")
  func replaced() async throws {
    try await bench.publishVersions("first", "good")
    try await bench.putGolden()
    let bench = bench
    bench.probe.find { _, pictures in
      try await bench.putGolden()
      return ProbedPictures(
        labels: ["ship"], pictures: pictures.map { _ in ModelBench.found(0..<10) })
    }
    #expect(await code { try await bench.promote(2) } == .modelConflict)
    #expect(try await bench.production() == 1)
  }

  @Test("of moves that come together the version is checked once")
  func together() async throws {
    try await bench.publishVersions("first", "good")
    try await bench.putGolden()
    // One registry, as a process has it.
    let registry = bench.registry
    let moves = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try await registry.move(
            "production", of: "aerial", to: 2, expecting: .anywhere, by: nil) != nil
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(moves.count(where: \.self) == 1)
    #expect(bench.probe.looks == 1)
  }

  // MARK: - Registering

  private func publish(
    _ content: String, key: String? = nil
  ) async throws -> ModelRegistration {
    try await bench.registry.publish(
      try await bench.candidate(content), as: "aerial", alias: "production",
      idempotency: { hash in
        key.map { IdempotencyKey(caller: "ann", key: $0, bodyHash: hash) }
      }, by: "ann")
  }

  @Test("a version that is registered with a guarded alias takes it when it passes")
  func registered() async throws {
    try await bench.publishVersions("first")
    try await bench.putGolden()
    #expect(try await publish("good").version.id.number == 2)
    #expect(try await bench.production() == 2)
  }

  @Test("one that does not pass is registered all the same, once, and the alias stays")
  func registeredOnly() async throws {
    try await bench.publishVersions("first")
    try await bench.putGolden(GoldenDemand(minRecall: 1))
    let refusal = await bench.refusal { _ = try await publish("bad", key: "k") }
    #expect(refusal?.version.number == 2)
    // The same request is answered the same.
    let again = await bench.refusal { _ = try await publish("bad", key: "k") }
    #expect(again == refusal)
    #expect(try await bench.store.registeredModel(named: "aerial")?.numbers == [1, 2])
    #expect(try await bench.production() == 1)
    let version = try #require(
      try await bench.store.modelVersion(ModelReference(name: "aerial", selector: .number(2))))
    #expect(try await bench.blobs.open(version.content.blobKeys[0]) != nil)
  }

  @Test("a request that is sent again does not take the alias back")
  func repeated() async throws {
    try await bench.publishVersions("first")
    try await bench.putGolden()
    _ = try await publish("good", key: "k")
    try await bench.promote(1, .unchecked)
    guard case .repeated = try await publish("good", key: "k") else {
      Issue.record("it is no repetition")
      return
    }
    #expect(try await bench.production() == 1)
  }

  // MARK: - Files

  @Test("the model sees the pictures as they were sent, and nothing is left beside the sets")
  func files() async throws {
    try await bench.publishVersions("first", "good")
    let first = try await bench.putGolden()
    bench.probe.find { _, pictures in
      let texts = try pictures.map { try String(contentsOfFile: $0, encoding: .utf8) }
      #expect(texts == ["one.jpg", "two.jpg"])
      return ProbedPictures(
        labels: ["ship"], pictures: pictures.map { _ in ModelBench.found(0..<10) })
    }
    try await bench.promote(2)
    #expect(try await bench.blobs.sweepTemporaryFiles(olderThan: .distantFuture) == 0)
    let second = try await bench.putGolden()
    let files = Set(try await bench.keptFiles())
    #expect(!files.contains("\(first.id)") && files.contains("\(second.id)"))
    #expect(files.count == 3)
    _ = try await bench.registry.removeGoldenSet(of: "aerial")
    #expect(try await bench.keptFiles().count == 2)
    try await bench.putGolden()
    _ = try await bench.registry.deleteModel(named: "aerial")
    #expect(try await bench.keptFiles().isEmpty)
  }

  @Test("pictures of a model that is not registered are not kept")
  func unknownModel() async throws {
    #expect(await code { try await bench.putGolden() } == .modelNotFound)
    #expect(try await bench.keptFiles().isEmpty)
  }

  @Test("pictures of this machine stay where they are, and are golden")
  func copies() async throws {
    try await bench.publishVersions("first")
    let path = Checkout.imageFixture("jpeg-444.jpg")
    let size = try ImageHeader.read(from: try FileBytes(path: path), limits: ImageLimits())
    let marked = try COCOLabels(
      json: Array(
        """
        {"images": [{"id": 1, "file_name": "jpeg-444.jpg", "width": \(size.width), "height": \(size.height)}],
         "categories": [{"id": 1, "name": "ship"}, {"id": 2, "name": "plane"}],
         "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]}]}
        """.utf8))
    let set = try await bench.registry.putGoldenSet(
      copying: [path], marked, demand: GoldenDemand(), of: "aerial", by: nil)
    #expect(set.classes == ["ship": 1, "plane": 0])
    // stat and sha256sum
    #expect(set.pictures.map(\.sizeBytes) == [1413])
    #expect(try await bench.blobs.bytes(set.pictureKeys[0], limit: 2000).count == 1413)
    #expect(FileManager.default.fileExists(atPath: path))
    let error = await #expect(throws: DetectionError.self) {
      _ = try await bench.registry.putGoldenSet(
        copying: [Checkout.sample("scene-1.txt")], marked, demand: GoldenDemand(), of: "aerial",
        by: nil)
    }
    #expect(error?.message.contains("scene-1.txt") == true)
  }
}

@Suite("Golden pictures before they are kept")
struct GoldenDraftTests {
  private func picture(_ name: String, _ boxes: [BoundingBox] = []) -> GoldenDraft.Picture {
    var picture = GoldenDraft.Picture(
      filename: name, path: "/nowhere", sizeBytes: 10, sha256: "",
      size: PixelSize(width: 100, height: 50))
    picture.expected = boxes.map { ExpectedBox(label: "ship", box: $0) }
    return picture
  }

  private let box = BoundingBox(xMin: 0, yMin: 0, xMax: 10, yMax: 10)

  private func draft(
    _ pictures: [GoldenDraft.Picture], aliases: Set<String> = [], maxBytes: Int = 1000
  ) throws -> GoldenDraft {
    try GoldenDraft(
      pictures: pictures, labels: ["ship"], demand: GoldenDemand(aliases: aliases),
      maxBytes: maxBytes)
  }

  private func fault(_ body: () throws -> GoldenDraft) -> String {
    do {
      _ = try body()
      return ""
    } catch {
      return (error as? DetectionError)?.message ?? "\(error)"
    }
  }

  @Test("boxes end at the picture's border")
  func clipped() throws {
    let draft = try draft([
      picture("a", [BoundingBox(xMin: -5, yMin: 40, xMax: 10, yMax: 60)])
    ])
    #expect(
      draft.pictures[0].expected[0].box == BoundingBox(xMin: 0, yMin: 40, xMax: 10, yMax: 50))
  }

  @Test("sets that say nothing, or too much, are refused")
  func refused() {
    let outside = BoundingBox(xMin: 100, yMin: 0, xMax: 110, yMax: 10)
    let crowd = Array(repeating: box, count: 3001)
    #expect(fault { try draft([]) }.contains("1 to 100 pictures"))
    #expect(fault { try draft([picture("a")]) }.contains("no box"))
    #expect(fault { try draft([picture("a", [outside])]) }.contains("box 1 of a"))
    #expect(fault { try draft([picture("a", crowd)]) }.contains("3001 boxes"))
    #expect(
      fault { try draft((0..<101).map { picture("\($0)", [box]) }) }.contains("not 101"))
    #expect(
      fault { try draft([picture("a", [box]), picture("b")], maxBytes: 19) }.contains("19 bytes"))
    #expect(
      fault { try draft([picture("a", [box])], aliases: Set((0..<17).map { "a\($0)" })) }
        .contains("16 aliases"))
  }

  @Test("pictures and labels belong together by their names, whatever their folders")
  func matched() throws {
    func labels(_ images: String) throws -> COCOLabels {
      try COCOLabels(
        json: Array(
          """
          {"images": [\(images)], "categories": [{"id": 1, "name": "ship"}],
           "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5]}]}
          """.utf8))
    }
    func draft(_ names: [String], _ images: String) throws -> GoldenDraft {
      try GoldenDraft(
        pictures: names.map { picture($0) }, marked: try labels(images), demand: GoldenDemand(),
        maxBytes: 1000)
    }
    let (a, b) = (#"{"id": 1, "file_name": "x/a.jpg"}"#, #"{"id": 2, "file_name": "b.jpg"}"#)
    let found = try draft(["b.jpg", "a.jpg"], "\(a), \(b)")
    #expect(found.pictures.map(\.expected.count) == [0, 1])
    #expect(fault { try draft(["a.jpg", "b.jpg"], a) }.contains("picture b.jpg"))
    #expect(fault { try draft(["a.jpg"], "\(a), \(b)") }.contains("image b.jpg"))
    #expect(fault { try draft(["a.jpg", "a.jpg"], a) }.contains("two pictures"))
    let other = #"{"id": 1, "file_name": "a.jpg", "width": 50, "height": 100}"#
    #expect(fault { try draft(["a.jpg"], other) }.contains("100x50"))
  }
}
