import Foundation
import Jobs

/// A file descriptor and the name it was opened by. Its calls block; any thread may use it.
final class OpenFile: Sendable {
  let sizeBytes: Int
  private let descriptor: Int32
  private let path: String

  private init(descriptor: Int32, path: String, sizeBytes: Int) {
    self.descriptor = descriptor
    self.path = path
    self.sizeBytes = sizeBytes
  }

  /// Opens a file, or a folder with `O_DIRECTORY`.
  /// - Returns: nil when there is none of that name.
  /// - Throws: `JobsError(.storageError)` when it may not be opened.
  static func open(_ path: String, flags: Int32, mode: mode_t = 0) throws -> OpenFile? {
    let descriptor = Foundation.open(path, flags | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw JobsError.storage("open", path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = JobsError.storage("fstat", path)
      close(descriptor)
      throw error
    }
    let file = OpenFile(descriptor: descriptor, path: path, sizeBytes: Int(status.st_size))
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    return isFolder == (flags & O_DIRECTORY != 0) ? file : nil
  }

  deinit { close(descriptor) }

  /// Fewer bytes only at the end.
  func read(at offset: Int, count: Int) throws -> [UInt8] {
    let start = min(max(0, offset), sizeBytes)
    let wanted = min(max(0, count), sizeBytes - start)
    return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      while filled < wanted {
        let result = pread(
          descriptor, buffer.baseAddress?.advanced(by: filled), wanted - filled,
          off_t(start + filled))
        if result == 0 { return }
        if result < 0 {
          if errno == EINTR { continue }
          throw JobsError.storage("pread", path)
        }
        filled += result
      }
    }
  }

  func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let result = Foundation.write(
          descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
        if result < 0 {
          if errno == EINTR { continue }
          throw JobsError.storage("write", path)
        }
        written += result
      }
    }
  }

  /// Locks the file for this descriptor alone until it is closed, as it is when the process ends (flock(2)).
  /// - Returns: false when somebody else holds it.
  func lock() throws -> Bool {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK { return false }
      guard errno == EINTR else { throw JobsError.storage("flock", path) }
    }
    return true
  }

  /// Returns when the file, or the names in the folder, survive a power cut.
  func sync() throws {
    while fsync(descriptor) != 0 {
      if errno == EINTR { continue }
      // Some network file systems have no sync for folders, and need none.
      if errno == EINVAL { return }
      throw JobsError.storage("fsync", path)
    }
  }
}

extension JobsError {
  /// What the last system call says went wrong. To be called at once, before another call changes `errno`.
  static func storage(_ call: String, _ path: String) -> JobsError {
    let reason = errno
    let message =
      switch reason {
      case ENOSPC, EDQUOT: "The disk is full"
      case EFBIG: "A file would be larger than this process may write"
      case EROFS: "The file store is read-only"
      case EACCES, EPERM: "The file store refuses access"
      case EMFILE, ENFILE: "Too many files are open"
      case EIO: "The disk fails"
      default: "The file store failed"
      }
    return JobsError(
      .storageError, message, cause: "\(call) \(path): \(String(cString: strerror(reason)))")
  }
}
