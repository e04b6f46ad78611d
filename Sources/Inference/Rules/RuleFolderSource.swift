import Crypto
public import NIOPosix
public import ObjectDetection
import Synchronization

/// The rule sets of a folder. A file is read once, and again only when it has changed, also one that is
/// broken; who asks for a file that is being read waits for that reading.
public final class RuleFolderSource: RuleSource {
  typealias Read = @Sendable (_ text: [UInt8], _ file: String) async throws -> PrologOutcome

  private struct Entry {
    var stamp: RuleFileStamp
    let sha256: String
    let result: Result<RuleSet, DetectionError>
    /// nil where only a change of the file can change the result.
    let expiry: ContinuousClock.Instant?
  }

  private struct State {
    /// By name.
    var entries: [String: Entry] = [:]
    /// One reading of a file at a time.
    var turnstiles: [String: Turnstile] = [:]
  }

  /// A machine that was too busy for a file, or has no SWI-Prolog, is not asked again at once.
  private static let retryAfter = Duration.seconds(30)

  private let folder: RuleFolder
  private let threads: NIOThreadPool
  private let parallelReads: Int
  private let now: @Sendable () -> ContinuousClock.Instant
  private let readText: Read
  private let state = Mutex(State())

  /// Files are read on `threads`.
  public convenience init(
    folder: RuleFolder, threads: NIOThreadPool, reader: PrologReader = PrologReader()
  ) {
    self.init(folder: folder, threads: threads, parallelReads: reader.limits.processes) {
      try await reader.outcome(of: $0, file: $1)
    }
  }

  init(
    folder: RuleFolder, threads: NIOThreadPool, parallelReads: Int = 2,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, read: @escaping Read
  ) {
    self.folder = folder
    self.threads = threads
    self.parallelReads = parallelReads
    self.now = now
    readText = read
  }

  /// All installed files, sorted by name.
  ///
  /// - Throws: `DetectionError(.reasoningError)` when the folder cannot be listed.
  public func ruleSets() async throws -> [InstalledRuleSet] {
    try await entries().map { name, entry in
      InstalledRuleSet(name: name, result: entry.flatMap(\.result))
    }
  }

  /// - Throws: `DetectionError` with `.rulesNotFound`, or `.reasoningError` if it cannot be used.
  public func ruleSet(named name: String) async throws -> RuleSet {
    try await entry(name).result.get()
  }

  /// How many wait for another one's reading of a file.
  func waiting(for name: String) -> Int {
    state.withLock { $0.turnstiles[name] }?.waiting ?? 0
  }

  private func entries() async throws -> [(name: String, entry: Result<Entry, DetectionError>)] {
    let names = try await threads.runIfActive { [folder] in try folder.names() }
    state.withLock { state in
      let installed = Set(names)
      state.entries = state.entries.filter { installed.contains($0.key) }
      state.turnstiles = state.turnstiles.filter { installed.contains($0.key) }
    }
    var found: [String: Result<Entry, DetectionError>] = [:]
    try await withThrowingTaskGroup(of: (String, Result<Entry, DetectionError>).self) { group in
      for (index, name) in names.enumerated() {
        // So that not all texts are in memory at a time.
        if index >= parallelReads, let (name, entry) = try await group.next() {
          found[name] = entry
        }
        group.addTask {
          do {
            return (name, .success(try await self.entry(name)))
          } catch let error as DetectionError {
            return (name, .failure(error))
          }
        }
      }
      for try await (name, entry) in group { found[name] = entry }
    }
    // A file that was removed meanwhile is not there.
    return names.compactMap { name in
      guard let entry = found[name] else { return nil }
      if case .failure(let error) = entry, error.code == .rulesNotFound { return nil }
      return (name, entry)
    }
  }

  private func entry(_ name: String) async throws -> Entry {
    let stamp = try await threads.runIfActive { [folder] in try folder.stamp(name) }
    if let known = known(name, stamp) { return known }
    let turnstile = state.withLock { state in
      let turnstile = state.turnstiles[name] ?? Turnstile(capacity: 1)
      state.turnstiles[name] = turnstile
      return turnstile
    }
    return try await turnstile.pass {
      // Whoever passed before may have read it.
      if let known = known(name, stamp) { return known }
      let entry = try await read(name)
      state.withLock { $0.entries[name] = entry }
      return entry
    }
  }

  private func known(_ name: String, _ stamp: RuleFileStamp) -> Entry? {
    guard let entry = state.withLock({ $0.entries[name] }), entry.stamp == stamp,
      isCurrent(entry)
    else { return nil }
    return entry
  }

  private func isCurrent(_ entry: Entry) -> Bool { entry.expiry.map { now() < $0 } ?? true }

  private func read(_ name: String) async throws -> Entry {
    let (stamp, text) = try await threads.runIfActive { [folder] in try folder.contents(name) }
    let sha256 = SHA256.hash(data: text).hexadecimal
    if var known = state.withLock({ $0.entries[name] }), known.sha256 == sha256, isCurrent(known) {
      // Touched, but not changed.
      known.stamp = stamp
      return known
    }
    let file = RuleFolder.file(name)
    let outcome = try await readText(text, file)
    var expiry: ContinuousClock.Instant?
    if case .interrupted = outcome { expiry = now() + Self.retryAfter }
    return Entry(
      stamp: stamp, sha256: sha256,
      result: Result { () throws(DetectionError) in
        try Self.ruleSet(name, sha256, text, outcome)
      },
      expiry: expiry)
  }

  private static func ruleSet(
    _ name: String, _ sha256: String, _ text: [UInt8], _ outcome: PrologOutcome
  ) throws(DetectionError) -> RuleSet {
    let solutions = try outcome.get()
    do {
      return RuleSet(
        name: name, sha256: sha256, source: String(decoding: text, as: UTF8.self),
        table: try RuleTable(solutions))
    } catch {
      throw error.naming(RuleFolder.file(name))
    }
  }
}

extension PrologReader {
  /// The rule set in a file that need not be installed, and all solutions behind its table. Blocks while it reads.
  ///
  /// - Throws: `DetectionError` with `.rulesNotFound` or `.reasoningError`, naming the file.
  public func ruleSet(
    inFile path: String
  ) async throws -> (set: RuleSet, solutions: [ConfidenceModifier]) {
    let text = try RuleFile(
      path: path, shownName: path, textBytes: limits.textBytes,
      missing: DetectionError(.rulesNotFound, "\(path): there is no such file")
    ).contents().text
    let solutions = try await table(of: text, file: path)
    let set = RuleSet(
      name: ResourceName.ofFile(path), sha256: SHA256.hash(data: text).hexadecimal,
      source: String(decoding: text, as: UTF8.self), table: try Self.table(of: solutions, path))
    return (set, solutions)
  }

  private static func table(
    of solutions: [ConfidenceModifier], _ file: String
  ) throws(DetectionError) -> RuleTable {
    do { return try RuleTable(solutions) } catch { throw error.naming(file) }
  }
}
