import Foundation
import Jobs
import NIOPosix
import TestSupport
import Testing

@testable import Backends

@Suite("Directory blob store")
struct DirectoryBlobStoreTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func store() throws -> DirectoryBlobStore {
    try DirectoryBlobStore(path: folder.path("data"), threads: .singleton)
  }

  @Test("the directory blob store keeps the rules of every blob store", arguments: BlobRule.all)
  func rules(rule: BlobRule) async throws {
    try await rule.check(try store())
  }

  @Test("a blob is a plain file under its key; nothing else is left")
  func layout() async throws {
    let store = try store()
    try await store.put(Array("pixels".utf8), as: "uploads/upl_1/img_1")
    #expect(try folder.files() == ["data/blobs/uploads/upl_1/img_1"])
    #expect(
      try String(contentsOfFile: folder.path("data/blobs/uploads/upl_1/img_1"), encoding: .utf8)
        == "pixels")
  }

  @Test("what was kept is there when another process opens the folder")
  func reopened() async throws {
    try await store().put([1, 2, 3], as: "uploads/upl_1/img_1")
    #expect(try await store().bytes("uploads/upl_1/img_1", limit: 3) == [1, 2, 3])
  }

  @Test("what a killed process left in the temporary folder is no blob, and is swept")
  func leftovers() async throws {
    let store = try store()
    let path = try await store.temporaryPath()
    try Data("half a picture".utf8).write(to: URL(fileURLWithPath: path))
    let next = try self.store()
    #expect(try await next.names(under: "uploads", after: nil, limit: 9).isEmpty)
    #expect(try await next.sweepTemporaryFiles(olderThan: Date() + 60) == 1)
    #expect(try folder.files().isEmpty)
  }

  @Test("the last blob takes its folders with it")
  func emptyFolders() async throws {
    let store = try store()
    try await store.put([1], as: "jobs/job_1/1/a")
    try await store.put([1], as: "jobs/job_2/1/a")
    try await store.delete(["jobs/job_1/1/a"])
    #expect(try names("data/blobs/jobs") == ["job_2"])
    try await store.deleteAll(under: "jobs/job_2")
    #expect(try names("data/blobs").isEmpty)
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path(path))
  }

  @Test("two processes keep and delete in the same folder without hindering each other")
  func keepAgainstDelete() async throws {
    let stores = [try store(), try store()]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<4 {
        let store = stores[task % 2]
        group.addTask {
          for round in 0..<50 {
            let key = "jobs/job_1/\(round % 3)/\(task)"
            try await store.put([UInt8(round)], as: key)
            #expect(try await store.bytes(key, limit: 1) == [UInt8(round)])
            try await store.delete([key])
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try folder.files().isEmpty)
  }

  @Test("a blob of 1 GB is kept and read without being held in memory")
  func bigBlob() async throws {
    let store = try store()
    let path = try await store.temporaryPath()
    try Data().write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    // Only the last piece takes room on the disk.
    let last = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try file.seek(toOffset: 1023 << 20)
    try file.write(contentsOf: last)
    try file.close()
    let before = try residentMebibytes()
    try await store.keep(fileAt: path, as: "uploads/upl_1/img_1")
    let reader = try #require(try await store.open("uploads/upl_1/img_1"))
    #expect(reader.sizeBytes == 1 << 30)
    for index in 0..<1023 {
      #expect(try await reader.read(at: index << 20, count: 1 << 20).count == 1 << 20)
    }
    #expect(try await reader.read(at: 1023 << 20, count: 2 << 20) == last)
    // A quarter of the blob, for what tests beside this one take meanwhile.
    #expect(try residentMebibytes() - before < 256)
  }

  private func residentMebibytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.filter(\.isNumber))) / 1024
  }

  @Test("a cancelled call ends, and leaves nothing half-kept")
  func cancellation() async throws {
    let store = try store()
    let task = Task { try await store.put([1], as: "uploads/upl_1/img_1") }
    task.cancel()
    let result = await task.result
    let names = try await store.names(under: "uploads/upl_1", after: nil, limit: 9)
    switch result {
    case .success: #expect(names.count == 1)
    case .failure: #expect(names.isEmpty)
    }
    #expect(try await store.sweepTemporaryFiles(olderThan: .distantFuture) == 0)
  }
}
