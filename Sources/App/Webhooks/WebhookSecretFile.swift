import Foundation
import Jobs
import NIOPosix

/// The secret that an installation in one folder signs with when the operator has set none: made at the first start,
/// and kept where only the service's own user reads it.
enum WebhookSecretFile {
  private static let name = "webhook-secret"
  private static let mode: mode_t = 0o600
  /// A secret has some hundred characters.
  private static let maxBytes = 4096

  /// That of the data folder.
  /// - Throws: `JobsError(.storageError)` when the file can be neither read nor made.
  static func secret(in folder: String) async throws -> WebhookSecret {
    let path = "\(folder)/\(name)"
    return try await NIOThreadPool.singleton.runIfActive {
      if let secret = try read(path) { return secret }
      try make(path)
      guard let secret = try read(path) else { throw failure("is gone", path, ENOENT) }
      return secret
    }
  }

  /// nil when there is none.
  private static func read(_ path: String) throws -> WebhookSecret? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("cannot be read", path, errno)
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let text = String(decoding: try file.read(upToCount: maxBytes) ?? Data(), as: UTF8.self)
    guard let secret = WebhookSecret(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw failure("holds no secret of the form whsec_BASE64", path, 0)
    }
    return secret
  }

  /// Several processes may start at once: the first whole file gets the name, and all read that one.
  private static func make(_ path: String) throws {
    let temporary = "\(path).\(UUID().uuidString)"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure("cannot be made", temporary, errno) }
    defer { unlink(temporary) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data((WebhookSecret.random().text + "\n").utf8))
    try file.synchronize()
    guard link(temporary, path) == 0 || errno == EEXIST else {
      throw failure("cannot be made", path, errno)
    }
  }

  private static func failure(_ words: String, _ path: String, _ error: Int32) -> JobsError {
    JobsError(
      .storageError, "webhook_secret: the file \(path) \(words)",
      cause: error == 0 ? nil : String(cString: strerror(error)))
  }
}

extension ServiceSettings {
  /// What webhooks are signed with: the setting, else what the installation's processes share, else that of the
  /// data folder.
  /// - Throws: `JobsError` when it can be neither read nor made.
  func webhookSecret(sharedIn secrets: (any SecretStore)?) async throws -> WebhookSecret {
    if let secret = webhookSecret.flatMap({ WebhookSecret($0) }) { return secret }
    guard let secrets else { return try await WebhookSecretFile.secret(in: dataDirectory) }
    let text = try await secrets.secret(named: "webhook", orKeep: WebhookSecret.random().text)
    guard let secret = WebhookSecret(text) else {
      throw JobsError(.databaseError, "The secret of webhooks that is kept is none")
    }
    return secret
  }
}
