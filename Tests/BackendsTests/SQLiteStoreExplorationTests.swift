import GRDB
import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("SQLite store, exploration of one job")
struct SQLiteStoreExplorationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Fewer deaths and attempts than the memory store's own exploration: each step here is a transaction.
  private static let scene = JobScene(maxDeaths: 2, maxAttempts: 3)

  @Test("whatever happens to a job, the SQLite store says and shows what the memory store does")
  func differences() async throws {
    let store = try SQLiteStore(path: folder.path("harrier.sqlite"))
    // These commits need not outlive a power cut.
    try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
    let graph = try await JobExploration(Self.scene) { try await $0.open(MemoryStore()) }.run()
    let sequences = graph.cover()
    var steps = 0
    for sequence in sequences {
      let scene = Self.scene.renewed()
      var expected = JobRun(scene, try await scene.open(MemoryStore()))
      var found = JobRun(scene, try await scene.open(store))
      for (index, action) in sequence.enumerated() {
        let pair = [try await expected.takeSeen(action), try await found.takeSeen(action)]
        guard pair[0] == pair[1] else {
          Issue.record("\(sequence[...index]): \(pair[0]), but SQLite: \(pair[1])")
          return
        }
        steps += 1
      }
      // So that the next job is the only one that is due.
      _ = try await store.cancel(scene.job.id, now: found.history.now)
    }
    print(
      "Compared: \(graph.transitions) transitions, \(sequences.count) sequences, \(steps) steps")
    #expect(steps >= graph.transitions)
  }
}

/// What a step answered and what it left, without the numbers that other jobs in the store raise.
private struct SeenStep: Equatable {
  var answer: JobAnswer
  var view: JobView
  var versionGrew: Bool
}

extension JobRun {
  fileprivate mutating func takeSeen(_ action: JobAction) async throws -> SeenStep {
    let version = try await look().job.version
    let answer = await take(action)
    var view = try await look()
    let versionGrew = view.job.version > version
    view.job = view.job.withoutVersion
    view.latestVersion = 0
    return SeenStep(answer: answer.withoutVersion, view: view, versionGrew: versionGrew)
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
