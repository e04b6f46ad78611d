public import Foundation
public import Jobs
public import NIOPosix

/// Blobs as files of one folder: `tmp` has what is being written, `blobs` what is kept, each under its key.
/// Several processes may use one folder at once.
public struct DirectoryBlobStore: BlobStore {
  private let tree: BlobTree
  private let threads: NIOThreadPool

  /// Makes the folders that are missing; blocks for it. All later calls block on `threads` only.
  /// - Throws: `JobsError(.storageError)` when the folders cannot be made or opened.
  public init(path: String, threads: NIOThreadPool) throws {
    tree = try BlobTree(root: path)
    self.threads = threads
  }

  public func temporaryPath() async throws -> String { tree.temporary.path() }

  public func keep(fileAt path: String, as key: String) async throws {
    try await blocking { try $0.keep(fileAt: path, as: key) }
  }

  public func put(_ bytes: [UInt8], as key: String) async throws {
    try await blocking { try $0.put(bytes, as: key) }
  }

  public func open(_ key: String) async throws -> (any BlobReader)? {
    guard let file = try await blocking({ try $0.open(key) }) else { return nil }
    return FileBlobReader(file: file, threads: threads)
  }

  public func withLocalFile<Result: Sendable>(
    _ key: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    let link = try await blocking { try $0.link(key) }
    defer { withExtendedLifetime(link) {} }
    return try await body(link.path)
  }

  public func delete(_ keys: [String]) async throws {
    try await blocking { tree in
      for key in keys { try tree.delete(key) }
    }
  }

  public func names(
    under prefix: String, after name: String?, limit: Int
  ) async throws -> [BlobName] {
    try await blocking { try $0.names(under: prefix, after: name, limit: limit) }
  }

  public func deleteAll(under prefix: String) async throws {
    try await blocking { try $0.deleteAll(under: prefix) }
  }

  public func sweepTemporaryFiles(olderThan time: Date) async throws -> Int {
    try await blocking { try $0.temporary.sweep(olderThan: time) }
  }

  public func checkWritable() async throws {
    try await blocking { try $0.checkWritable() }
  }

  private func blocking<Value: Sendable>(
    _ body: @escaping @Sendable (BlobTree) throws -> Value
  ) async throws -> Value {
    try await threads.runIfActive { try body(tree) }
  }
}

/// A blob's file that is open: it can be read when its name is gone.
private struct FileBlobReader: BlobReader {
  let file: OpenFile
  let threads: NIOThreadPool
  var sizeBytes: Int { file.sizeBytes }

  func read(at offset: Int, count: Int) async throws -> [UInt8] {
    try await threads.runIfActive { try file.read(at: offset, count: count) }
  }
}
