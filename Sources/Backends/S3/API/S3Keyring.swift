import NIOPosix
import Synchronization

/// The access key in use, and where the next one comes from.
final class S3Keyring: Sendable {
  private let source: S3CredentialsSource
  private let threads: NIOThreadPool
  private let current: Mutex<S3Credentials>

  /// Blocks while a file is read.
  init(_ source: S3CredentialsSource, threads: NIOThreadPool) throws {
    self.source = source
    self.threads = threads
    current = Mutex(try source.read())
  }

  var credentials: S3Credentials { current.withLock { $0 } }

  /// Reads a source that may have changed, as files with temporary credentials do.
  /// - Returns: whether there is another access key than the refused one.
  func replace(_ refused: S3Credentials) async throws -> Bool {
    guard case .file = source else { return false }
    let source = source
    let next = try await threads.runIfActive { try source.read() }
    current.withLock { $0 = next }
    return next != refused
  }
}
