import Foundation
import Jobs

/// The folders and files of a `DirectoryBlobStore`. Every call blocks.
struct BlobTree: Sendable {
  private let blobs: String
  private let temporary: String

  /// How often a change is tried again that another process makes impossible at the same moment. Each try
  /// lasts microseconds; the other would have to hit the same gap every time.
  private static let tries = 100

  /// Only the service's own user and group have to do with the pictures.
  private static let folderMode: mode_t = 0o750
  private static let fileMode: mode_t = 0o640

  init(root: String) throws {
    blobs = root + "/blobs"
    temporary = root + "/tmp"
    do {
      for folder in [blobs, temporary] {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true,
          attributes: [.posixPermissions: NSNumber(value: Self.folderMode)])
      }
    } catch {
      throw JobsError(.storageError, "The file store's folders cannot be made", cause: "\(error)")
    }
    try syncFolder(root)
  }

  func temporaryPath() -> String { "\(temporary)/\(UUID().uuidString)" }

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
    let path = temporaryPath()
    do {
      try create(path).write(bytes)
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
    let path = temporaryPath()
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
    try forEachName(in: folder) { found in
      guard BlobKey.isValid(found), name.map({ found > $0 }) ?? true else { return }
      names.append(found)
      // The folder may have any number of names; only the first ones are held.
      if names.count - 1000 > limit { names = Array(names.sorted().prefix(limit)) }
    }
    return try names.sorted().prefix(limit).compactMap { name in
      let path = "\(folder)/\(name)"
      return try status(path).map { BlobName(name: name, modifiedAt: Date($0.st_mtim)) }
    }
  }

  func sweepTemporaryFiles(olderThan time: Date) throws -> Int {
    var swept = 0
    try forEachName(in: temporary) { name in
      let path = "\(temporary)/\(name)"
      // The time of the last change of content or names: a link to an old blob is young.
      guard let status = try status(path), Date(status.st_ctim) < time,
        status.st_mode & S_IFMT != S_IFDIR
      else { return }
      if unlink(path) == 0 {
        swept += 1
      } else if errno != ENOENT {
        throw JobsError.storage("unlink", path)
      }
    }
    return swept
  }

  func checkWritable() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    try create(path).write([UInt8](repeating: 0, count: 4096))
    guard access(blobs, W_OK | X_OK) == 0 else { throw JobsError.storage("access", blobs) }
  }

  private func create(_ path: String) throws -> OpenFile {
    let flags = O_WRONLY | O_CREAT | O_EXCL
    guard let file = try OpenFile.open(path, flags: flags, mode: Self.fileMode) else {
      throw JobsError(.storageError, "The file store's folders are gone", cause: path)
    }
    return file
  }

  private func status(_ path: String) throws -> stat? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw JobsError.storage("lstat", path)
    }
    return status
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
    for folder in folders(of: key) where mkdir(folder, Self.folderMode) != 0 {
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
      try forEachName(in: folder) { name in
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

  /// None for a folder that is not there.
  private func forEachName(in folder: String, _ body: (String) throws -> Void) throws {
    guard let stream = opendir(folder) else {
      if errno == ENOENT || errno == ENOTDIR { return }
      throw JobsError.storage("opendir", folder)
    }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw JobsError.storage("readdir", folder) }
        return
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { try body(name) }
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

extension Date {
  fileprivate init(_ time: timespec) {
    self.init(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9)
  }
}
