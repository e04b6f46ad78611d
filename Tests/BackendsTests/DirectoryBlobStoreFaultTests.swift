import Foundation
import Jobs
import NIOPosix
import TestSupport
import Testing

@testable import Backends

@Suite("Directory blob store, when the disk refuses")
struct DirectoryBlobStoreFaultTests {
  private let folder: TemporaryFolder
  private static let key = "uploads/upl_1/img_1"

  init() throws { folder = try TemporaryFolder() }

  private func store() throws -> DirectoryBlobStore {
    try DirectoryBlobStore(path: folder.path("data"), threads: .singleton)
  }

  @Test(
    "a file in the place of the store's folder is a clear error", arguments: ["data", "data/tmp"])
  func fileInPlaceOfFolder(name: String) async throws {
    try folder.write("a file", to: name)
    await expectRefusal(.storageError) { _ = try store() }
    #expect(try String(contentsOfFile: folder.path(name), encoding: .utf8) == "a file")
  }

  @Test("a file in the place of a key's folder refuses the key, and the file to keep stays")
  func fileInPlaceOfKey() async throws {
    let store = try store()
    try await store.put([1], as: "uploads/upl_1")
    let path = try await store.temporaryPath()
    try Data("x".utf8).write(to: URL(fileURLWithPath: path))
    await expectRefusal(.storageError) { try await store.keep(fileAt: path, as: Self.key) }
    #expect(FileManager.default.fileExists(atPath: path))
    await expectRefusal(.storageError) { try await store.put([1], as: Self.key) }
    #expect(try folder.files().count == 2, "what could not be put is removed")
  }

  @Test("a folder in the place of a blob is no blob, and is not replaced")
  func folderInPlaceOfBlob() async throws {
    let store = try store()
    try await store.put([1], as: Self.key)
    #expect(try await store.open("uploads/upl_1") == nil)
    await expectRefusal(.storageError) { try await store.put([1], as: "uploads/upl_1") }
    #expect(try await store.bytes(Self.key, limit: 1) == [1])
  }

  @Test("a store whose folders were removed says that it cannot be written")
  func removedFolders() async throws {
    let store = try store()
    try FileManager.default.removeItem(atPath: folder.path("data"))
    await expectRefusal(.storageError) { try await store.checkWritable() }
    await expectRefusal(.storageError) { try await store.put([1], as: Self.key) }
    #expect(try await store.open(Self.key) == nil)
  }

  @Test("a full disk is named, and nothing half-written stays", .enabled(if: SmallDisk.isPermitted))
  func fullDisk() async throws {
    let disk = try SmallDisk(at: folder.path)
    defer { withExtendedLifetime(disk) {} }
    let store = try store()
    try await store.put([1, 2, 3], as: Self.key)
    await expectMessage("The disk is full") {
      try await store.put([UInt8](repeating: 7, count: 2 << 20), as: "uploads/upl_1/img_2")
    }
    #expect(try folder.files() == ["data/blobs/\(Self.key)"])
    #expect(try await store.bytes(Self.key, limit: 3) == [1, 2, 3])
    try await store.checkWritable()
    try folder.write(Data(count: 960 << 10), to: "filler")
    await expectMessage("The disk is full") {
      // The page that is left may take one of them.
      for _ in 0..<64 {
        try await store.put([UInt8](repeating: 7, count: 4096), as: UUID().uuidString)
      }
    }
    await expectMessage("The disk is full") { try await store.checkWritable() }
  }

  @Test("a read-only disk is named, and can be read", .enabled(if: SmallDisk.isPermitted))
  func readOnlyDisk() async throws {
    let disk = try SmallDisk(at: folder.path)
    defer { withExtendedLifetime(disk) {} }
    let store = try store()
    try await store.put([1, 2, 3], as: Self.key)
    try disk.makeReadOnly()
    await expectMessage("The file store is read-only") { try await store.checkWritable() }
    await expectMessage("The file store is read-only") { try await store.put([1], as: "b") }
    await expectMessage("The file store is read-only") { try await store.delete([Self.key]) }
    #expect(try await store.bytes(Self.key, limit: 3) == [1, 2, 3])
    let bytes = try await store.withLocalFile(Self.key) { path in
      try Data(contentsOf: URL(fileURLWithPath: path))
    }
    #expect(bytes == Data([1, 2, 3]))
  }

  private func expectMessage(_ message: String, _ body: () async throws -> Void) async {
    await #expect {
      try await body()
    } throws: { error in
      (error as? JobsError)?.code == .storageError && (error as? JobsError)?.message == message
    }
  }
}

/// A file system of one mebibyte in memory, mounted on a folder for one test.
private final class SmallDisk {
  private let path: String

  /// Only root may mount, and not in every container.
  static let isPermitted: Bool = {
    guard let folder = try? TemporaryFolder() else { return false }
    return (try? SmallDisk(at: folder.path)) != nil
  }()

  init(at path: String) throws {
    self.path = path
    guard mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0 else {
      throw CocoaError(.featureUnsupported)
    }
  }

  func makeReadOnly() throws {
    guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
    else { throw CocoaError(.featureUnsupported) }
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }
}
