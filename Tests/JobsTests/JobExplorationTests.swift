import Jobs
import TestSupport
import Testing

@Suite("Exploration of one job")
struct JobExplorationTests {
  @Test("whatever two workers, a client and time do to a job, no invariant breaks")
  func everything() async throws {
    let scene = JobScene(maxDeaths: 3, maxAttempts: 4)
    let graph = try await JobExploration(scene) { try await $0.open(MemoryStore()) }.run()
    for violation in graph.violations.prefix(5) { Issue.record("\(violation)") }
    print("Explored: \(graph.situations.count) situations, \(graph.transitions) transitions")
    // Far less would mean that an action was not tried.
    #expect(graph.situations.count > 1000)
    #expect(graph.transitions > 10 * graph.situations.count)
    for state in JobState.allCases {
      #expect(graph.situations.contains { $0.state == state }, "\(state)")
    }
  }

  @Test("a fault of a store is found, by the invariant that it breaks", arguments: StoreFault.all)
  func finds(fault: StoreFault) async throws {
    let scene = JobScene(maxDeaths: 2, maxAttempts: 3)
    let exploration = JobExploration(scene) { fault.put(into: try await $0.open(MemoryStore())) }
    let graph = try await exploration.run { $0.invariant == fault.broken }
    let found = graph.violations.filter { $0.invariant == fault.broken }
    #expect(found.count == 1, "broken instead: \(Set(graph.violations.map(\.invariant)))")
  }

  @Test("every invariant has a fault that breaks it")
  func complete() {
    #expect(Set(StoreFault.all.map(\.broken)) == Set(JobInvariant.all.map(\.name)))
  }
}
