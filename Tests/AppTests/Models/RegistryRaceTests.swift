import Foundation
import Jobs
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("Model registry: what happens meanwhile")
struct RegistryRaceTests {
  private let folder: TemporaryFolder
  private let bench: ModelBench
  private let blobs: InterruptedBlobs

  init() throws {
    let folder = try TemporaryFolder()
    bench = try ModelBench { $0.dataDirectory = folder.path }
    blobs = InterruptedBlobs(bench.blobs)
    self.folder = folder
  }

  private var registry: ModelRegistry {
    ModelRegistry(
      store: bench.store, blobs: blobs, versions: bench.versions, folder: FolderOfOne(),
      header: nil, probe: bench.probe, settings: bench.settings, logger: ModelBench.logger,
      now: { startOfTests })
  }

  private func administration() throws -> ModelAdministration {
    try ModelAdministration(
      store: bench.store, blobs: bench.blobs, versions: bench.versions, folder: FolderOfOne(),
      header: nil, probe: bench.probe, settings: bench.settings, user: "ann",
      logger: ModelBench.logger)
  }

  /// Action and ids of each line of the audit log.
  private func audited() throws -> [[String: String]] {
    try String(contentsOfFile: bench.settings.auditLogPath, encoding: .utf8).split(separator: "\n")
      .map { line in
        let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let ids = (json?["ids"] as? [String: Any] ?? [:]).compactMapValues { $0 as? String }
        return ids.merging(["action": json?["action"] as? String ?? ""]) { id, _ in id }
      }
  }

  /// Moves production to a version while pictures are looked at.
  private func moveDuringCheck(to number: Int) {
    let bench = bench
    bench.probe.find { _, pictures in
      try await bench.promote(number, .unchecked)
      return ProbedPictures(
        labels: ["ship"], pictures: pictures.map { _ in ModelBench.found(0..<10) })
    }
  }

  @Test("golden pictures that are put while a version is registered are not passed over")
  func goldenMeanwhile() async throws {
    try await bench.publishVersions("first")
    let bench = bench
    blobs.afterwards { _ in try await bench.putGolden(GoldenDemand(minRecall: 1)) }
    let refusal = await bench.refusal {
      _ = try await registry.publish(
        try await bench.candidate("bad"), as: "aerial", alias: "production", by: "ann")
    }
    #expect(refusal?.version.number == 2)
    #expect(try await bench.production() == 1)
  }

  @Test("a request whose process was killed before its alias moved moves it when it comes again")
  func resumed() async throws {
    try await bench.publishVersions("first")
    let key: (String) -> IdempotencyKey = { IdempotencyKey(caller: "ann", key: "k", bodyHash: $0) }
    _ = try await registry.register(
      try await bench.candidate("good"), as: "aerial", idempotency: key, by: "ann")
    for _ in 0..<2 {
      let again = try await registry.publish(
        try await bench.candidate("good"), as: "aerial", alias: "production", idempotency: key,
        by: "ann")
      guard case .repeated = again else {
        Issue.record("it is no repetition")
        return
      }
    }
    #expect(try await bench.store.moves(of: "production", of: "aerial").map(\.to) == [1, 2])
  }

  @Test("an alias that was moved while a version was checked stays there")
  func movedMeanwhile() async throws {
    try await bench.publishVersions("first", "good", "good 3")
    try await bench.putGolden()
    moveDuringCheck(to: 3)
    let error = await #expect(throws: JobsError.self) { try await bench.promote(2) }
    #expect(error?.code == .modelConflict)
    #expect(try await bench.production() == 3)
  }

  @Test("one that was moved to the same version meanwhile is there, and that is no conflict")
  func movedToTheSame() async throws {
    try await bench.publishVersions("first", "good")
    try await bench.putGolden()
    moveDuringCheck(to: 2)
    #expect(try await bench.promote(2) == nil)
    #expect(try await bench.production() == 2)
  }

  // MARK: - Lost answers

  @Test("files of a version stay when its row is there, whatever error came")
  func modelRowIsThere() async throws {
    let store = bench.store
    blobs.afterwards { key in
      var submission = sampleSubmission()
      submission.content.filesID = try #require(
        ModelFilesID(String(key.split(separator: "/")[1])))
      try await store.register(submission)
      throw JobsError(.databaseError, "The answer is lost")
    }
    await #expect(throws: JobsError.self) {
      _ = try await registry.publish(try await bench.candidate("model"), as: "aerial", by: nil)
    }
    let version = try #require(
      try await store.modelVersion(ModelReference(name: "aerial", selector: .number(1))))
    #expect(try await bench.keptFiles() == ["\(version.content.filesID)"])
  }

  @Test("golden pictures stay when their row is there, whatever error came")
  func goldenRowIsThere() async throws {
    try await bench.publishVersions("first")
    let store = bench.store
    let before = try await bench.keptFiles()
    blobs.afterwards { key in
      var set = sampleGoldenSet()
      set.id = try #require(GoldenSetID(String(key.split(separator: "/")[1])))
      _ = try await store.put(set)
      throw JobsError(.databaseError, "The answer is lost")
    }
    await #expect(throws: JobsError.self) {
      _ = try await registry.putGoldenSet(try await bench.draft(), of: "aerial", by: nil)
    }
    let set = try #require(try await store.goldenSet(of: "aerial"))
    #expect(try await Set(bench.keptFiles()) == Set(before + ["\(set.id)"]))
  }

  @Test(
    "without a row they go, but when the store cannot be reached they are left to the sweeper",
    arguments: [(JobsError.Code.databaseError, 0), (.unavailable, 1)])
  func noRow(code: JobsError.Code, left: Int) async throws {
    blobs.afterwards { _ in throw JobsError(code, "No answer") }
    await #expect(throws: JobsError.self) {
      _ = try await registry.publish(try await bench.candidate("model"), as: "aerial", by: nil)
    }
    #expect(try await bench.keptFiles().count == left)
  }

  // MARK: - On the command line

  @Test("of a symbolic link the bytes are registered")
  func links() async throws {
    try folder.write("model", to: "files/best.onnx")
    let link = folder.path("link.onnx")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "files/best.onnx")
    let blobs = bench.blobs
    bench.probe.answer { path in
      let kind = try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
      #expect(kind == .typeRegular)
      return ScriptedProbe.found
    }
    let version = try await administration().publish(
      [link], document: nil, as: "aerial", alias: nil
    ).version
    let kept = try await blobs.bytes(version.content.blobKeys[0], limit: 9)
    #expect(String(decoding: kept, as: UTF8.self) == "model")
    #expect(FileManager.default.fileExists(atPath: link))
  }

  @Test("of a symbolic link to a picture the bytes are golden")
  func linkedPicture() async throws {
    try await bench.publishVersions("first")
    try folder.copy(Checkout.imageFixture("jpeg-444.jpg"), to: "files/a.jpg")
    let link = folder.path("a.jpg")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "files/a.jpg")
    let marked = try COCOLabels(
      json: Array(
        """
        {"images": [{"id": 1, "file_name": "a.jpg"}], "categories": [{"id": 1, "name": "ship"}],
         "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]}]}
        """.utf8))
    let set = try await bench.registry.putGoldenSet(
      copying: [link], marked, demand: GoldenDemand(), of: "aerial", by: nil)
    // stat
    #expect(try await bench.blobs.bytes(set.pictureKeys[0], limit: 2000).count == 1413)
  }

  @Test("what is registered has its line in the audit log, whatever becomes of the alias")
  func auditLines() async throws {
    try await bench.publishVersions("first", "good")
    try await bench.putGolden()
    moveDuringCheck(to: 2)
    let path = try folder.write("good 3", to: "m.onnx")
    let administration = try administration()
    await #expect(throws: JobsError.self) {
      _ = try await administration.publish(
        [path], document: nil, as: "aerial", alias: "production")
    }
    #expect(try audited().map { $0["action"] } == ["models publish"])
    let first = try audited()
    #expect(first.map { $0["model"] } == ["aerial@3"], "\(first)")
    _ = try await administration.publish([path], document: nil, as: "aerial", alias: "candidate")
    #expect(
      try audited().map { $0["action"] } == ["models publish", "models publish", "models promote"])
    #expect(try audited().map { $0["alias"] } == [nil, nil, "candidate"])
  }
}

/// Something happens when the first blob was kept.
private final class InterruptedBlobs: BlobStore {
  typealias Script = @Sendable (_ key: String) async throws -> Void

  private let blobs: MemoryBlobStore
  private let script = Mutex<Script?>(nil)

  init(_ blobs: MemoryBlobStore) { self.blobs = blobs }

  func afterwards(_ script: @escaping Script) { self.script.withLock { $0 = script } }

  func keep(fileAt path: String, as key: String) async throws {
    try await blobs.keep(fileAt: path, as: key)
    let script = self.script.withLock { script in
      defer { script = nil }
      return script
    }
    try await script?(key)
  }

  func temporaryPath() async throws -> String { try await blobs.temporaryPath() }

  func put(_ bytes: [UInt8], as key: String) async throws { try await blobs.put(bytes, as: key) }

  func open(_ key: String) async throws -> (any BlobReader)? { try await blobs.open(key) }

  func withLocalFile<Result: Sendable>(
    _ key: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result { try await blobs.withLocalFile(key, body) }

  func delete(_ keys: [String]) async throws { try await blobs.delete(keys) }

  func names(under prefix: String, after name: String?, limit: Int) async throws -> [BlobName] {
    try await blobs.names(under: prefix, after: name, limit: limit)
  }

  func deleteAll(under prefix: String) async throws { try await blobs.deleteAll(under: prefix) }

  func sweepTemporaryFiles(olderThan time: Date) async throws -> Int {
    try await blobs.sweepTemporaryFiles(olderThan: time)
  }

  func checkWritable() async throws { try await blobs.checkWritable() }
}
