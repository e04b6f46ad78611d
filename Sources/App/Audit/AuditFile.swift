import Foundation
import Jobs
import Synchronization

/// A file that lines are added to and nothing else. Each line is one write at the file's end, so that several
/// processes may share it; a file that was moved away (logrotate) is begun anew.
final class AuditFile: Sendable {
  private static let mode: mode_t = 0o600

  private let path: String
  private let state = Mutex(State())

  private struct State {
    var descriptor: Int32 = -1
    /// Of the file that is open.
    var inode: UInt64?
  }

  /// - Throws: `JobsError(.storageError)` when the file can be neither made nor written to.
  init(path: String) throws {
    self.path = path
    try state.withLock { try open(&$0) }
  }

  deinit {
    state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
  }

  /// Blocks for a write into the system's memory.
  /// - Throws: `JobsError(.storageError)`; then at most a part of the line is there, as when a disk is full.
  func append(_ line: String) throws {
    try state.withLock { state in
      if state.inode == nil || state.inode != inode() { try open(&state) }
      let bytes = Array(line.utf8)
      let count = bytes.withUnsafeBytes { write(state.descriptor, $0.baseAddress, $0.count) }
      guard count == bytes.count else { throw failure("cannot be written to") }
    }
  }

  private func open(_ state: inout State) throws {
    if state.descriptor >= 0 { close(state.descriptor) }
    // No link of somebody else's leads the lines elsewhere.
    state.descriptor = Foundation.open(
      path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, Self.mode)
    guard state.descriptor >= 0 else { throw failure("cannot be opened") }
    state.inode = inode()
  }

  /// Of what has the name now; nil when nothing has.
  private func inode() -> UInt64? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value
  }

  private func failure(_ words: String) -> JobsError {
    JobsError(
      .storageError, "audit_log: the file \(path) \(words)", cause: String(cString: strerror(errno))
    )
  }
}
