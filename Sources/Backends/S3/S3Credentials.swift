import Foundation
import Jobs

/// An access key. No description of it shows the secret or the session token.
public struct S3Credentials: Sendable, Equatable {
  public let accessKeyID: String
  let secretAccessKey: String
  /// Of temporary credentials.
  let sessionToken: String?

  public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }

  /// The text without what is secret, should a server have put it there.
  func redacted(_ text: String) -> String {
    [secretAccessKey, sessionToken ?? "", accessKeyID].filter { !$0.isEmpty }.reduce(text) {
      $0.replacingOccurrences(of: $1, with: "***")
    }
  }
}

extension S3Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    "access key \(accessKeyID.prefix(4))***\(sessionToken == nil ? "" : " with a session token")"
  }
  public var debugDescription: String { description }
  /// What `dump` shows.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where an access key comes from. Files are read again when the server no longer takes the key.
public enum S3CredentialsSource: Sendable {
  case explicit(S3Credentials)
  /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for temporary ones, `AWS_SESSION_TOKEN`.
  case environment([String: String])
  /// A file as `~/.aws/credentials`.
  case file(path: String, profile: String)

  /// Credentials files have a few lines a profile.
  private static let maxFileBytes = 1 << 20

  /// What the environment says: its own keys, else `AWS_SHARED_CREDENTIALS_FILE` or `~/.aws/credentials`
  /// with the profile `AWS_PROFILE` or `default`.
  public static func standard(environment: [String: String]) -> S3CredentialsSource {
    if environment["AWS_ACCESS_KEY_ID"] != nil || environment["AWS_SECRET_ACCESS_KEY"] != nil {
      return .environment(environment)
    }
    return .file(
      path: environment["AWS_SHARED_CREDENTIALS_FILE"]
        ?? "\(environment["HOME"] ?? "")/.aws/credentials",
      profile: environment["AWS_PROFILE"] ?? "default")
  }

  /// Blocks while it reads a file.
  /// - Throws: `JobsError(.storageError)` that says what is missing, and never shows a value.
  public func read() throws -> S3Credentials {
    switch self {
    case .explicit(let credentials):
      return try Self.checked(
        [
          "id": credentials.accessKeyID, "secret": credentials.secretAccessKey,
          "token": credentials.sessionToken ?? "",
        ], id: "id", secret: "secret", token: "token", in: "settings")
    case .environment(let values):
      return try Self.checked(
        values, id: "AWS_ACCESS_KEY_ID", secret: "AWS_SECRET_ACCESS_KEY",
        token: "AWS_SESSION_TOKEN", in: "environment")
    case .file(let path, let profile):
      return try Self.checked(
        try Self.profile(profile, in: try Self.text(of: path)), id: "aws_access_key_id",
        secret: "aws_secret_access_key", token: "aws_session_token",
        in: "profile \(profile) of the credentials file")
    }
  }

  private static func checked(
    _ values: [String: String], id: String, secret: String, token: String, in place: String
  ) throws -> S3Credentials {
    func value(_ name: String) throws -> String? {
      guard let value = values[name], !value.isEmpty else { return nil }
      // It goes into a header line.
      guard value.utf8.allSatisfy({ (33...126).contains($0) }) else {
        throw error("\(name) in the \(place) has a blank or a character that is not ASCII")
      }
      return value
    }
    guard let accessKeyID = try value(id) else { throw error("\(id) is missing in the \(place)") }
    guard let secretAccessKey = try value(secret) else {
      throw error("\(secret) is missing in the \(place)")
    }
    return S3Credentials(
      accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: try value(token))
  }

  private static func text(of path: String) throws -> String {
    guard let file = try OpenFile.open(path, flags: O_RDONLY) else {
      throw JobsError(.storageError, "S3: there is no credentials file", cause: path)
    }
    guard file.sizeBytes <= maxFileBytes else { throw error("the credentials file is too large") }
    return String(decoding: try file.read(at: 0, count: file.sizeBytes), as: UTF8.self)
  }

  /// The `name = value` lines below `[profile]`; `#` and `;` begin comments, as the AWS command line has it:
  /// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
  private static func profile(_ profile: String, in text: String) throws -> [String: String] {
    var values: [String: String]?
    var isInside = false
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
        let name = line[line.index(after: line.startIndex)..<end]
        isInside = name.trimmingCharacters(in: .whitespaces) == profile
        if isInside { values = values ?? [:] }
      } else if isInside, let equals = line.firstIndex(of: "=") {
        let name = line[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
        values?[name] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      }
    }
    guard let values else { throw error("the credentials file has no profile \(profile)") }
    return values
  }

  private static func error(_ words: String) -> JobsError {
    JobsError(.storageError, "S3: \(words)")
  }
}
