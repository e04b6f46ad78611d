import Foundation
import Jobs

/// The folder of what is being written. Every call blocks.
struct TemporaryFiles: Sendable {
  private let folder: String

  /// Only the service's own user has to do with the pictures.
  static let folderMode: mode_t = 0o700
  private static let fileMode: mode_t = 0o600
  private static let heldSuffix = ".held"

  /// Makes the folder where it is missing.
  init(folder: String) throws {
    self.folder = folder
    try Self.makeFolder(folder)
  }

  static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: NSNumber(value: folderMode)])
    } catch {
      throw JobsError(.storageError, "The file store's folders cannot be made", cause: "\(error)")
    }
  }

  /// A name that nobody else uses.
  func path() -> String { "\(folder)/\(UUID().uuidString)" }

  func create(_ path: String) throws -> OpenFile {
    let flags = O_WRONLY | O_CREAT | O_EXCL
    guard let file = try OpenFile.open(path, flags: flags, mode: Self.fileMode) else {
      throw JobsError(.storageError, "The file store's folders are gone", cause: path)
    }
    return file
  }

  /// A new file that is locked while it is open, and so no longer than this process lives.
  func createHeld() throws -> (path: String, file: OpenFile) {
    let path = path() + Self.heldSuffix
    let file = try create(path)
    guard try file.lock() else { throw JobsError(.storageError, "A temporary file was taken") }
    return (path, file)
  }

  /// Removes the held files of processes that are gone. One that is young may be about to be locked.
  func sweepHeld(olderThan time: Date) throws {
    try FolderNames.forEach(in: folder) { name in
      let path = "\(folder)/\(name)"
      guard name.hasSuffix(Self.heldSuffix), let status = try FolderNames.status(path),
        Date(status.st_ctim) < time, let file = try OpenFile.open(path, flags: O_RDONLY),
        try file.lock()
      else { return }
      guard unlink(path) == 0 || errno == ENOENT else { throw JobsError.storage("unlink", path) }
    }
  }

  /// Removes those that nobody has changed since, and folders with all that is in them: a process that was killed left
  /// what it had unpacked there.
  func sweep(olderThan time: Date) throws -> Int {
    var swept = 0
    try FolderNames.forEach(in: folder) { name in
      let path = "\(folder)/\(name)"
      // The time of the last change of content or names: a link to an old blob is young.
      guard let status = try FolderNames.status(path), Date(status.st_ctim) < time else { return }
      if status.st_mode & S_IFMT == S_IFDIR {
        do {
          try FileManager.default.removeItem(atPath: path)
        } catch let error as CocoaError where error.code == .fileNoSuchFile {
          return
        } catch {
          throw JobsError(.storageError, "A temporary folder cannot be removed", cause: "\(error)")
        }
        swept += 1
      } else if unlink(path) == 0 {
        swept += 1
      } else if errno != ENOENT {
        throw JobsError.storage("unlink", path)
      }
    }
    return swept
  }

  func checkWritable() throws {
    let path = path()
    defer { unlink(path) }
    try create(path).write([UInt8](repeating: 0, count: 4096))
  }
}

/// What is in a folder.
enum FolderNames {
  /// None for a folder that is not there.
  static func forEach(in folder: String, _ body: (String) throws -> Void) throws {
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

  /// nil for a name that is not there.
  static func status(_ path: String) throws -> stat? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw JobsError.storage("lstat", path)
    }
    return status
  }
}

extension Date {
  init(_ time: timespec) {
    self.init(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9)
  }
}
