/// Secrets that all processes of an installation share, such as the one that webhooks are signed with.
public protocol SecretStore: Sendable {
  /// The secret of that name. `candidate` becomes it where there is none; of several candidates at once the first.
  func secret(named name: String, orKeep candidate: String) async throws -> String
}
