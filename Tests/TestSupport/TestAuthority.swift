import Foundation

/// A certificate authority of a test, made by openssl.
public struct TestAuthority: Sendable {
  /// A certificate and its key, as paths of PEM files.
  public struct Pair: Sendable {
    public let certificate: String
    public let key: String
  }

  public enum KeyKind: String, Sendable {
    case ecdsa = "ec -pkeyopt ec_paramgen_curve:prime256v1"
    case rsa = "rsa:2048"
  }

  public let pair: Pair
  private let folder: TemporaryFolder

  /// Its files go with the folder.
  public init(_ name: String, in folder: TemporaryFolder) async throws {
    self.folder = folder
    pair = Pair(certificate: folder.path("\(name).crt"), key: folder.path("\(name).key"))
    try await openssl(
      "req -x509 -newkey \(KeyKind.ecdsa.rawValue) -nodes -days 2 -subj /CN=\(name) -keyout \(pair.key) -out \(pair.certificate)"
    )
  }

  /// A certificate for this machine, or for a client; the number of days is -1 for one that has expired.
  public func issue(
    _ name: String, key: KeyKind = .ecdsa, days: Int = 2, isClient: Bool = false
  ) async throws -> Pair {
    let issued = Pair(certificate: folder.path("\(name).crt"), key: folder.path("\(name).key"))
    let request = folder.path("\(name).csr")
    try await openssl(
      "req -newkey \(key.rawValue) -nodes -subj /CN=\(name) -keyout \(issued.key) -out \(request)")
    let extensions = try folder.write(
      isClient
        ? "extendedKeyUsage=clientAuth\n"
        : "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n",
      to: "\(name).ext")
    try await openssl(
      "x509 -req -in \(request) -CA \(pair.certificate) -CAkey \(pair.key) -CAcreateserial -days \(days) -extfile \(extensions) -out \(issued.certificate)"
    )
    return issued
  }

  @discardableResult
  private func openssl(_ command: String) async throws -> String {
    let output = try await HarrierProcess(
      program: "openssl", command.split(separator: " ").map(String.init)
    ).run()
    guard output.status == 0 else {
      throw TestToolError("openssl \(command):\n\(output.standardError)")
    }
    return output.text
  }
}
