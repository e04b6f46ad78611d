import Foundation
import TestSupport
import Testing

/// A server by HTTPS with a certificate of its own, and the tools that look at it from outside.
struct SecureServer {
  let folder: TemporaryFolder
  let authority: TestAuthority
  /// The files that the server reads; a test may replace them.
  let files: TestAuthority.Pair
  let process: ServerProcess

  var address: String { "https://localhost:\(process.port)" }

  static func start(
    key: TestAuthority.KeyKind = .ecdsa, workers: Int = 0, environment: [String: String] = [:],
    arguments: [String] = []
  ) async throws -> SecureServer {
    let folder = try TemporaryFolder()
    let authority = try await TestAuthority("authority", in: folder)
    let files = try await authority.issue("server", key: key)
    let process = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "\(workers)"] + arguments,
      environment: [
        "HARRIER_TLS_CERTIFICATE": files.certificate, "HARRIER_TLS_KEY": files.key,
        "HARRIER_RATE_LIMIT": "0",
      ].merging(environment) { $1 })
    return SecureServer(folder: folder, authority: authority, files: files, process: process)
  }

  /// Writes another pair over the files, or one of them.
  func replace(certificate: String? = nil, key: String? = nil) throws {
    for (source, target) in [(certificate, files.certificate), (key, files.key)] {
      guard let source else { continue }
      try Data(contentsOf: URL(fileURLWithPath: source)).write(
        to: URL(fileURLWithPath: target), options: .atomic)
    }
  }

  /// curl that trusts the authority; a path that begins with a slash is one of the server's.
  func curl(_ arguments: String...) async throws -> HarrierProcess.Output {
    try await curl(arguments)
  }

  func curl(
    _ arguments: [String], onFirstOutput: (@Sendable (pid_t) -> Void)? = nil
  ) async throws -> HarrierProcess.Output {
    try await HarrierProcess(
      program: "curl",
      ["--silent", "--show-error", "--max-time", "600", "--cacert", authority.pair.certificate]
        + arguments.map { $0.hasPrefix("/api/") || $0.hasPrefix("/health") ? address + $0 : $0 }
    ).run(onFirstOutput: onFirstOutput)
  }

  /// The last line of an answer by `--write-out`.
  func status(_ arguments: String...) async throws -> String {
    try await curl(
      arguments + [
        "--output", folder.path("answer"), "--write-out", "%{http_version} %{http_code}",
      ]
    ).text
  }

  /// `openssl s_client`, which ends after the handshake.
  func handshake(_ arguments: String...) async throws -> HarrierProcess.Output {
    try await HarrierProcess(
      program: "openssl", ["s_client", "-connect", "localhost:\(process.port)"] + arguments
    ).run()
  }

  /// Of the certificate that a new connection gets.
  func servedSerial() async throws -> String {
    let certificate = try folder.write(try await handshake().text, to: UUID().uuidString)
    return try await Self.serial(of: certificate)
  }

  /// Of the first certificate in a file.
  static func serial(of path: String) async throws -> String {
    let output = try await HarrierProcess(
      program: "openssl", ["x509", "-noout", "-serial", "-in", path]
    ).run()
    try #require(output.status == 0, "\(output.standardError)")
    return output.text
  }
}
