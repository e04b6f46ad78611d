import Jobs
import TestSupport
import Testing

@Suite("Memory blob store")
struct MemoryBlobStoreTests {
  @Test("the memory blob store keeps the rules of every blob store", arguments: BlobRule.all)
  func rules(rule: BlobRule) async throws {
    try await rule.check(try MemoryBlobStore())
  }

  @Test(
    "keys are what the service itself builds",
    arguments: ["uploads/upl_01abc/img_01abc", "jobs/job_1/12/img_1.detections", "a", "A-_.b"])
  func validKeys(key: String) { #expect(BlobKey.isValid(key)) }

  @Test("what could leave the store's folder is no key", arguments: invalidBlobKeys)
  func invalidKeys(key: String) { #expect(!BlobKey.isValid(key)) }
}
