import Foundation
import Jobs

extension ServiceSettings {
  /// What webhooks are signed with: the setting, else what the installation's processes share, else that of the
  /// data folder.
  /// - Throws: `JobsError` when it can be neither read nor made.
  func webhookSecret(sharedIn secrets: (any SecretStore)?) async throws -> WebhookSecret {
    if let secret = webhookSecret.flatMap({ WebhookSecret($0) }) { return secret }
    let file = SecretFile(
      path: "\(dataDirectory)/webhook-secret", setting: "webhook_secret", form: "whsec_BASE64",
      isValid: { WebhookSecret($0) != nil }, make: { WebhookSecret.random().text })
    guard let secret = WebhookSecret(try await text("webhook", file, secrets)) else {
      throw JobsError(.databaseError, "The secret of webhooks that is kept is none")
    }
    return secret
  }

  /// What the service's own tokens are signed with: what the installation's processes share, else that of the data
  /// folder. Who deletes it ends all tokens and sessions.
  /// - Throws: `JobsError` when it can be neither read nor made.
  func tokenSecret(sharedIn secrets: (any SecretStore)?) async throws -> [UInt8] {
    let file = SecretFile(
      path: "\(dataDirectory)/token-secret", setting: "auth", form: "BASE64 of 32 bytes or more",
      isValid: { Self.tokenSecret($0) != nil },
      make: { Data(Self.randomTokenSecret()).base64EncodedString() })
    guard let secret = Self.tokenSecret(try await text("token", file, secrets)) else {
      throw JobsError(.databaseError, "The secret of tokens that is kept is none")
    }
    return secret
  }

  private func text(
    _ name: String, _ file: SecretFile, _ secrets: (any SecretStore)?
  ) async throws -> String {
    guard let secrets else { return try await file.text() }
    return try await secrets.secret(named: name, orKeep: file.make())
  }

  private static func tokenSecret(_ text: String) -> [UInt8]? {
    Data(base64Encoded: text).flatMap { $0.count >= 32 ? Array($0) : nil }
  }

  /// 32 bytes of the system's secure generator.
  static func randomTokenSecret() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }
}
