import Backends
import Foundation
import TestSupport
import Testing

@Suite("Data folder")
struct DataFolderTests {
  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? NSNumber).intValue
  }

  private func folder(_ folder: TemporaryFolder, mode: mode_t) throws -> String {
    let path = folder.path("data")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(chmod(path, mode) == 0)
    return path
  }

  @Test("a new one is for its owner alone, as is the folder in it")
  func new() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a/data")
    #expect(try DataFolder.prepare(path) == .closed)
    #expect(try mode(path) == 0o700)
    #expect(try mode(DataFolder.temporary(in: path)) == 0o700)
    #expect(try DataFolder.prepare(path) == .closed)
  }

  @Test(
    "one that others could enter is closed, if it is empty or was used before",
    arguments: [nil, "harrier.sqlite", "blobs"])
  func closed(content: String?) throws {
    let parent = try TemporaryFolder()
    let path = try folder(parent, mode: 0o755)
    if let content { try parent.write("", to: "data/\(content)") }
    #expect(try DataFolder.prepare(path) == .justClosed)
    #expect(try mode(path) == 0o700)
    #expect(try DataFolder.prepare(path) == .closed)
  }

  @Test("one with other things in it stays as it is, and so does one that everybody may write to")
  func leftAlone() throws {
    let parent = try TemporaryFolder()
    let path = try folder(parent, mode: 0o755)
    try parent.write("", to: "data/letters")
    guard case .open = try DataFolder.prepare(path) else {
      Issue.record("it was closed")
      return
    }
    #expect(try mode(path) == 0o755)

    let shared = try TemporaryFolder()
    let temporary = try folder(shared, mode: 0o1777)
    guard case .open = try DataFolder.prepare(temporary) else {
      Issue.record("it was closed")
      return
    }
    #expect(try mode(temporary) == 0o1777)
  }
}
