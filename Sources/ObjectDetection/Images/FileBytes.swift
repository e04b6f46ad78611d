import Foundation

/// The bytes of a regular file, read where they are asked for. Blocks.
public final class FileBytes: ByteSource, Sendable {
  private let descriptor: Int32
  /// When it was opened.
  public let count: Int

  /// - Throws: `DetectionError(.fileNotFound)`, whose message does not name the file.
  public init(path: String) throws {
    // Opening a pipe without O_NONBLOCK would wait for its writer.
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason = errno
      throw DetectionError(
        .fileNotFound, reason == ENOENT || reason == ENOTDIR ? "no such file" : "cannot be read",
        cause: String(cString: strerror(reason)))
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw DetectionError(.fileNotFound, "not a file")
    }
    count = Int(status.st_size)
    // Of files that say they are empty, those of the kernel may be none that can be read.
    _ = try read(at: 0, count: 1)
  }

  deinit { close(descriptor) }

  public func read(at offset: Int, count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
      while filled < buffer.count {
        let result = pread(
          descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled,
          off_t(offset + filled))
        if result == 0 { return }
        if result < 0, errno == EINTR { continue }
        guard result > 0 else {
          let reason = String(cString: strerror(errno))
          throw DetectionError(.fileNotFound, "cannot be read", cause: reason)
        }
        filled += result
      }
    }
  }
}
