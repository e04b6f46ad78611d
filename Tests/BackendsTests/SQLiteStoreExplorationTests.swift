import GRDB
import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("SQLite store, exploration of one job")
struct SQLiteStoreExplorationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func makeStore(_ name: String = "harrier") async throws -> SQLiteStore {
    let store = try SQLiteStore(path: folder.path("\(name).sqlite"))
    // These commits need not outlive a power cut.
    try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
    return store
  }

  /// Smaller than the memory store's own exploration, since each step is a transaction here.
  @Test("every step of a small scene says and shows on SQLite what it does in memory")
  func everything() async throws {
    let small = JobScene(
      images: 1, percentages: [.a: 50, .b: 50], maxDeaths: 2, maxAttempts: 2)
    let graph = try await JobExploration(small) { try await $0.open(MemoryStore()) }.run()
    let sequences = graph.cover()
    let differences = try await withThrowingTaskGroup(of: [String].self) { group in
      for half in 0..<2 {
        let store = try await makeStore("\(half)")
        group.addTask {
          var differences: [String] = []
          for sequence in sequences.indices where sequence % 2 == half {
            guard differences.isEmpty else { break }
            differences += try await Self.difference(on: sequences[sequence], small, store)
          }
          return differences
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    for difference in differences { Issue.record("\(difference)") }
    let steps = sequences.reduce(0) { $0 + $1.actions.count }
    print(
      "Compared: \(graph.transitions) transitions, \(sequences.count) sequences, \(steps) steps")
    #expect(sequences.reduce(0) { $0 + $1.actions.count - $1.known } == graph.transitions)
    #expect(graph.transitions > 1000)
  }

  /// At most one.
  private static func difference(
    on sequence: JobSequence, _ scene: JobScene, _ store: SQLiteStore
  ) async throws -> [String] {
    var pair = try await StorePair(scene.renewed(), store)
    for (index, action) in sequence.actions.enumerated() {
      if let difference = try await pair.take(action, looks: sequence.looks.contains(index)) {
        return ["\(sequence.actions[...index]): \(difference)"]
      }
    }
    try await pair.close()
    return []
  }

  /// Through the scene that the memory store explores whole.
  @Test(
    "random walks say and show on SQLite what they do in memory",
    arguments: [1, UInt64.random(in: 2...UInt64.max)])
  func walks(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let scene = JobScene(maxDeaths: 3, maxAttempts: 4)
    let store = try await makeStore()
    for _ in 0..<40 {
      var pair = try await StorePair(scene.renewed(), store)
      var taken: [JobAction] = []
      for _ in 0..<30 {
        guard let action = try await pair.next(using: &random) else { break }
        taken.append(action)
        let difference = try await pair.take(action, looks: true)
        guard difference == nil else {
          Issue.record("seed \(seed), \(taken): \(difference ?? "")")
          return
        }
      }
      try await pair.close()
    }
  }
}

/// One job on the same way through a store in memory and through SQLite.
private struct StorePair {
  private let scene: JobScene
  private let store: SQLiteStore
  private var expected: JobRun
  private var found: JobRun
  /// Of the new job.
  private let versions: (expected: Int, found: Int)

  init(_ scene: JobScene, _ store: SQLiteStore) async throws {
    self.scene = scene
    self.store = store
    expected = JobRun(scene, try await scene.open(MemoryStore()))
    found = JobRun(scene, try await scene.open(store))
    versions = (1, try await store.latestVersion())
  }

  /// What may happen next, at random; what ends the job is rare, so that the way is long.
  func next(using random: inout SeededGenerator) async throws -> JobAction? {
    let view = try await expected.look()
    let actions = scene.actions(after: expected.history, view)
    let quiet = actions.filter { action in
      switch action {
      case .cancel, .finish(_, .completed), .finish(_, .failed): false
      default: true
      }
    }
    let isBold = quiet.isEmpty || Int.random(in: 0..<10, using: &random) == 0
    return (isBold ? actions : quiet).randomElement(using: &random)
  }

  /// In what the stores differ then; nil when in nothing.
  mutating func take(_ action: JobAction, looks: Bool) async throws -> String? {
    let answers = (await expected.take(action), await found.take(action))
    guard answers.0.withoutVersion == answers.1.withoutVersion else {
      return "\(answers.0), but on SQLite \(answers.1)"
    }
    guard looks else { return nil }
    let views = (try await expected.look(), try await found.look())
    guard views.0.withoutVersion == views.1.withoutVersion,
      views.0.job.version - versions.expected == views.1.job.version - versions.found
    else { return "\(views.0), but on SQLite \(views.1), from versions \(versions)" }
    return nil
  }

  /// So that the next job is the only one that is due.
  func close() async throws {
    _ = try await store.cancel(scene.job.id, now: found.history.now)
  }
}

extension JobView {
  /// Other jobs of the store raise the numbers.
  fileprivate var withoutVersion: JobView {
    var view = self
    view.job = job.withoutVersion
    view.latestVersion = 0
    return view
  }
}

extension JobAnswer {
  fileprivate var withoutVersion: JobAnswer {
    switch self {
    case .claimed(var claimed):
      claimed.job = claimed.job.withoutVersion
      return .claimed(claimed)
    case .cancel(.cancelled(let job)):
      return .cancel(.cancelled(job.withoutVersion))
    case .cancel(.alreadyEnded(let job)):
      return .cancel(.alreadyEnded(job.withoutVersion))
    case .cancel(.notFound), .done, .refused, .nothingDue, .error:
      return self
    }
  }
}
