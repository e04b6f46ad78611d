import Foundation
import Jobs

/// The folders and files of a `DirectoryBlobStore`. Every call blocks.
struct BlobTree: Sendable {
  private let blobs: String
  let temporary: TemporaryFiles

  /// How often a change is tried again that another process makes impossible at the same moment. Each try
  /// lasts microseconds; the other would have to hit the same gap every time.
  private static let tries = 100

  init(root: String) throws {
    blobs = root + "/blobs"
    try TemporaryFiles.makeFolder(blobs)
    temporary = try TemporaryFiles(folder: root + "/tmp")
    try syncFolder(root)
  }

  func keep(fileAt path: String, as key: String) throws {
    let target = try self.path(of: key)
    guard let file = try OpenFile.open(path, flags: O_RDONLY) else {
      throw JobsError(.storageError, "A temporary file is gone", cause: path)
    }
    try file.sync()
    for _ in 0..<Self.tries {
      try makeFolders(of: key)
      if rename(path, target) == 0 { return try syncFolders(of: key) }
      // `delete` of another blob has removed a folder that was still empty.
      guard errno == ENOENT else { throw JobsError.storage("rename", target) }
    }
    throw JobsError(.storageError, "The file store's folders vanish", cause: target)
  }

  func put(_ bytes: [UInt8], as key: String) throws {
    let path = temporary.path()
    do {
      try temporary.create(path).write(bytes)
      try keep(fileAt: path, as: key)
    } catch {
      // What is left all the same is swept later.
      unlink(path)
      throw error
    }
  }

  /// nil when there is none.
  func open(_ key: String) throws -> OpenFile? {
    try OpenFile.open(try path(of: key), flags: O_RDONLY)
  }

  /// A second name of the blob's file, which stays when the blob is deleted.
  /// - Throws: `JobsError(.blobNotFound)`.
  func link(_ key: String) throws -> TemporaryLink {
    let source = try path(of: key)
    guard try OpenFile.open(source, flags: O_RDONLY) != nil else {
      throw JobsError(.blobNotFound, "The stored file is gone")
    }
    let path = temporary.path()
    if Foundation.link(source, path) == 0 { return TemporaryLink(path: path, isOwn: true) }
    guard errno != ENOENT else { throw JobsError(.blobNotFound, "The stored file is gone") }
    // A file system without second names, or a full or read-only one: the file can be read all the same, as
    // long as nobody deletes it.
    return TemporaryLink(path: source, isOwn: false)
  }

  /// Not synced: a blob that a power cut brings back belongs to no row, and is swept.
  func delete(_ key: String) throws {
    let path = try path(of: key)
    guard unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR || errno == EISDIR else {
      throw JobsError.storage("unlink", path)
    }
    removeEmptyFolders(of: key)
  }

  func deleteAll(under prefix: String) throws {
    try removeAll(in: try path(of: prefix))
    removeEmptyFolders(of: prefix)
  }

  func names(under prefix: String, after name: String?, limit: Int) throws -> [BlobName] {
    let folder = try path(of: prefix)
    var names: [String] = []
    try FolderNames.forEach(in: folder) { found in
      guard BlobKey.isValid(found), name.map({ found > $0 }) ?? true else { return }
      names.append(found)
      // The folder may have any number of names; only the first ones are held.
      if names.count - 1000 > limit { names = Array(names.sorted().prefix(limit)) }
    }
    return try names.sorted().prefix(limit).compactMap { name in
      let path = "\(folder)/\(name)"
      return try FolderNames.status(path).map { BlobName(name: name, modifiedAt: Date($0.st_mtim)) }
    }
  }

  func checkWritable() throws {
    try temporary.checkWritable()
    guard access(blobs, W_OK | X_OK) == 0 else { throw JobsError.storage("access", blobs) }
  }
}

// Folders.
extension BlobTree {
  private func path(of key: String) throws -> String {
    guard BlobKey.isValid(key) else { throw JobsError.invalidBlobKey(key) }
    return "\(blobs)/\(key)"
  }

  /// From the outermost to the one that has the blob; without `blobs` itself.
  private func folders(of key: String) -> [String] {
    var path = blobs
    return key.split(separator: "/").dropLast().map { segment in
      path += "/\(segment)"
      return path
    }
  }

  private func makeFolders(of key: String) throws {
    for folder in folders(of: key) where mkdir(folder, TemporaryFiles.folderMode) != 0 {
      // Without its parent the rename that follows fails, and all is tried again.
      guard errno == EEXIST || errno == ENOENT else { throw JobsError.storage("mkdir", folder) }
    }
  }

  /// All of them: another process may have made a folder and not have synced its name yet. What is on the
  /// disk already costs microseconds.
  private func syncFolders(of key: String) throws {
    for folder in folders(of: key).reversed() + [blobs] { try syncFolder(folder) }
  }

  /// A folder that is gone has nothing to keep: its blobs were deleted meanwhile.
  private func syncFolder(_ path: String) throws {
    try OpenFile.open(path, flags: O_RDONLY | O_DIRECTORY)?.sync()
  }

  /// An empty folder that stays harms nobody.
  private func removeEmptyFolders(of key: String) {
    for folder in folders(of: key).reversed() where rmdir(folder) != 0 { return }
  }

  /// Removes a folder and all in it.
  private func removeAll(in folder: String) throws {
    for _ in 0..<Self.tries {
      try FolderNames.forEach(in: folder) { name in
        let path = "\(folder)/\(name)"
        if unlink(path) == 0 || errno == ENOENT { return }
        guard errno == EISDIR else { throw JobsError.storage("unlink", path) }
        try removeAll(in: path)
      }
      if rmdir(folder) == 0 || errno == ENOENT || errno == ENOTDIR { return }
      // A blob that was kept meanwhile.
      guard errno == ENOTEMPTY || errno == EEXIST else { throw JobsError.storage("rmdir", folder) }
    }
  }
}

/// A second name of a blob's file, removed with the object.
final class TemporaryLink: Sendable {
  let path: String
  private let isOwn: Bool

  init(path: String, isOwn: Bool) {
    self.path = path
    self.isOwn = isOwn
  }

  deinit {
    // What cannot be removed is swept later.
    if isOwn { unlink(path) }
  }
}
