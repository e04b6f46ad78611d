import Jobs
import TestSupport
import Testing

@Suite("Memory store")
struct MemoryStoreTests {
  @Test("the memory store keeps the rules of every store", arguments: StoreRule.all)
  func rules(rule: StoreRule) async throws {
    try await rule.check(MemoryStore())
  }
}
