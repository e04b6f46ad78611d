import Foundation
import NIOPosix
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@testable import Inference

@Suite("The rule sets of a folder")
struct RuleFolderSourceTests {
  /// Counts readings, and gives what it is told.
  private final class Readings: Sendable {
    let texts = Mutex<[String]>([])
    let outcome: Mutex<PrologOutcome>
    /// In seconds.
    let time = Mutex(0)
    private let start = ContinuousClock.now

    init(
      _ outcome: PrologOutcome = .table([ConfidenceModifier(first: "a", second: "b", weight: 1)])
    ) {
      self.outcome = Mutex(outcome)
    }

    var count: Int { texts.withLock { $0.count } }

    func source(
      _ folder: TemporaryFolder, during: @escaping @Sendable () async throws -> Void = {}
    ) -> RuleFolderSource {
      RuleFolderSource(
        folder: RuleFolder(path: folder.path), threads: .singleton,
        now: { self.start + .seconds(self.time.withLock { $0 }) }
      ) { text, _ in
        self.texts.withLock { $0.append(String(decoding: text, as: UTF8.self)) }
        try await during()
        return self.outcome.withLock { $0 }
      }
    }
  }

  private let folder: TemporaryFolder
  private let failure = DetectionError(.reasoningError, "x.pl:1:1: odd")

  init() throws { folder = try TemporaryFolder() }

  @Test("a rule set is read by SWI-Prolog and known by the hash of its bytes")
  func real() async throws {
    let text = "confidence_modifier(a,b,1.5).\n"
    try folder.write(text, to: "x.pl")
    let source = RuleFolderSource(
      folder: RuleFolder(path: folder.path), threads: .singleton, reader: RuleFixture.reader)
    let set = try await source.ruleSet(named: "x")
    #expect(set.name == "x")
    #expect(set.source == text)
    #expect(
      set.table == (try RuleTable([ConfidenceModifier(first: "a", second: "b", weight: 1.5)])))
    // printf 'confidence_modifier(a,b,1.5).\n' | sha256sum
    #expect(set.sha256 == "2e2e1f542b3b01071b034edcb92b36b9d199f31453f22316f62a15237f1348ee")
    #expect(try await source.ruleSets().map { try $0.result.get() } == [set])
  }

  @Test("a file is read again only when it has changed")
  func change() async throws {
    let readings = Readings()
    let source = readings.source(folder)
    try folder.write("one", to: "x.pl")
    let first = try await source.ruleSet(named: "x")
    #expect(try await source.ruleSet(named: "x") == first)
    #expect(readings.count == 1)
    try folder.write("three", to: "x.pl")
    #expect(try await source.ruleSet(named: "x").sha256 != first.sha256)
    #expect(readings.texts.withLock { $0 } == ["one", "three"])
  }

  @Test("a file that was touched, but not changed, starts no process")
  func touched() async throws {
    let readings = Readings()
    let source = readings.source(folder)
    for _ in 0..<3 {
      try folder.write("same", to: "x.pl")
      _ = try await source.ruleSet(named: "x")
    }
    #expect(readings.count == 1)
  }

  @Test("a broken file is read once, and again when it is mended")
  func broken() async throws {
    let readings = Readings(.refused(failure))
    let source = readings.source(folder)
    try folder.write("broken", to: "x.pl")
    for _ in 0..<3 {
      await #expect(throws: failure) { try await source.ruleSet(named: "x") }
    }
    readings.time.withLock { $0 = 1_000_000 }
    await #expect(throws: failure) { try await source.ruleSet(named: "x") }
    #expect(readings.count == 1)
    readings.outcome.withLock { $0 = .table([]) }
    try folder.write("it is mended", to: "x.pl")
    #expect(try await source.ruleSet(named: "x").table.modifiers == [])
  }

  @Test("a file that was not to blame is read again half a minute later")
  func interrupted() async throws {
    let readings = Readings(.interrupted(failure))
    let source = readings.source(folder)
    try folder.write("text", to: "x.pl")
    await #expect(throws: failure) { try await source.ruleSet(named: "x") }
    readings.time.withLock { $0 = 29 }
    await #expect(throws: failure) { try await source.ruleSet(named: "x") }
    #expect(readings.count == 1)
    readings.outcome.withLock { $0 = .table([]) }
    readings.time.withLock { $0 = 30 }
    #expect(try await source.ruleSet(named: "x").table.modifiers == [])
    #expect(readings.count == 2)
  }

  @Test("those who ask at the same time share one reading")
  func shared() async throws {
    let readings = Readings()
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    let source = readings.source(folder) { for await _ in gate { break } }
    try folder.write("text", to: "x.pl")
    let asking = (0..<5).map { _ in Task { try await source.ruleSet(named: "x") } }
    while source.waiting(for: "x") < 4 { await Task.yield() }
    opener.finish()
    for task in asking { _ = try await task.value }
    #expect(readings.count == 1)
  }

  @Test("when the one who reads is cancelled, the next one reads")
  func cancelledReader() async throws {
    let readings = Readings()
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    let source = readings.source(folder) {
      for await _ in gate { break }
      try Task.checkCancellation()
    }
    try folder.write("text", to: "x.pl")
    let first = Task { try await source.ruleSet(named: "x") }
    while readings.count < 1 { await Task.yield() }
    let second = Task { try await source.ruleSet(named: "x") }
    while source.waiting(for: "x") < 1 { await Task.yield() }
    first.cancel()
    opener.finish()
    await #expect(throws: CancellationError.self) { try await first.value }
    #expect(try await second.value.name == "x")
    #expect(readings.count == 2)
  }

  @Test("the listing tells of every file what it is")
  func listing() async throws {
    for name in ["b.pl", "a.pl", ".hidden.pl", "no name.pl", "c.txt"] {
      try folder.write("text", to: name)
    }
    try FileManager.default.createDirectory(
      atPath: folder.path("d.pl"), withIntermediateDirectories: false)
    let readings = Readings()
    let source = readings.source(folder)
    let listing = try await source.ruleSets()
    #expect(listing.map(\.name) == ["a", "b", "d"])
    #expect(try listing[0].result.get().table.modifiers.count == 1)
    #expect(
      throws: DetectionError(.reasoningError, "d.pl: it is not a regular file")
    ) { try listing[2].result.get() }
    #expect(readings.count == 2)
  }

  @Test("a folder that is not there is not named")
  func noFolder() async throws {
    let source = RuleFolderSource(
      folder: RuleFolder(path: "/nonexistent/secret"), threads: .singleton)
    let error = await #expect(throws: DetectionError.self) { try await source.ruleSets() }
    #expect(error?.code == .reasoningError)
    #expect(error?.message == "The rule sets cannot be listed")
  }

  @Test("a table that RuleTable refuses names the file")
  func refusedTable() async throws {
    try folder.write("text", to: "x.pl")
    let readings = Readings(
      .table([ConfidenceModifier(first: "a", second: "b", weight: .infinity)]))
    let error = await #expect(throws: DetectionError.self) {
      try await readings.source(folder).ruleSet(named: "x")
    }
    #expect(error?.message.hasPrefix("x.pl: ") == true)
  }
}
