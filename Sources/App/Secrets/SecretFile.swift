import Foundation
import Jobs
import NIOPosix

/// A secret that an installation in one folder makes for itself when the operator has set none: made at the first
/// start, and kept where only the service's own user reads it.
struct SecretFile: Sendable {
  private static let mode: mode_t = 0o600
  /// A secret has some hundred characters.
  private static let maxBytes = 4096

  let path: String
  /// Of the setting, for errors.
  let setting: String
  /// What it must be, for people: `whsec_BASE64`.
  let form: String
  let isValid: @Sendable (String) -> Bool
  let make: @Sendable () -> String

  /// The secret that is there, or a new one.
  /// - Throws: `JobsError(.storageError)` when the file can be neither read nor made.
  func text() async throws -> String {
    try await NIOThreadPool.singleton.runIfActive {
      if let secret = try read() { return secret }
      try write()
      guard let secret = try read() else { throw failure("is gone", ENOENT) }
      return secret
    }
  }

  /// nil when there is none.
  private func read() throws -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("cannot be read", errno)
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let text = String(decoding: try file.read(upToCount: Self.maxBytes) ?? Data(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    guard isValid(text) else { throw failure("holds no secret of the form \(form)", 0) }
    return text
  }

  /// Several processes may start at once: the first whole file gets the name, and all read that one.
  private func write() throws {
    let temporary = "\(path).\(UUID().uuidString)"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, Self.mode)
    guard descriptor >= 0 else { throw failure("cannot be made", errno) }
    defer { unlink(temporary) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data((make() + "\n").utf8))
    try file.synchronize()
    guard link(temporary, path) == 0 || errno == EEXIST else {
      throw failure("cannot be made", errno)
    }
  }

  private func failure(_ words: String, _ error: Int32) -> JobsError {
    JobsError(
      .storageError, "\(setting): the file \(path) \(words)",
      cause: error == 0 ? nil : String(cString: strerror(error)))
  }
}
