import Foundation
import Jobs
import NIOHTTP1
import NIOPosix
import TestSupport

@testable import Backends

/// A prefix of its own in the tests' bucket, and a store on it.
struct S3Sandbox {
  let location: S3Location
  let folder: TemporaryFolder
  let store: S3BlobStore
  /// Of the same server, without faults on the way.
  let client: S3Client

  static let bucket = "harrier-tests"
  static let credentials = S3Credentials(
    accessKeyID: S3Server.accessKeyID, secretAccessKey: S3Server.secretAccessKey)

  /// - Parameter endpoint: of a proxy before the server, or nil for the server itself.
  init(
    endpoint: String? = nil, server: S3Server? = nil, prefix: String = "tests/\(UUID().uuidString)",
    credentials: S3CredentialsSource = .explicit(S3Sandbox.credentials), limits: S3Limits = .quick
  ) async throws {
    let direct: String
    if let server {
      direct = server.endpoint
    } else {
      direct = try await Self.start.value.endpoint
    }
    location = try Self.location(endpoint: endpoint ?? direct, prefix: prefix)
    folder = try TemporaryFolder()
    store = try S3BlobStore(
      location: location, credentials: credentials, temporaryFolder: folder.path("tmp"),
      presigns: true, threads: .singleton, limits: limits)
    client = try Self.client(endpoint: direct, prefix: prefix)
  }

  private static let start = Task {
    let server = try await S3Server.shared()
    try await makeBucket(on: server)
    return server
  }

  static func makeBucket(on server: S3Server) async throws {
    _ = try await client(endpoint: server.endpoint, prefix: "").send(S3Request(method: .PUT))
  }

  private static func client(endpoint: String, prefix: String) throws -> S3Client {
    S3Client(
      location: try location(endpoint: endpoint, prefix: prefix), limits: S3Limits(),
      threads: .singleton,
      keyring: try S3Keyring(.explicit(credentials), threads: .singleton))
  }

  static func location(endpoint: String, prefix: String) throws -> S3Location {
    let path = S3Signer.encode(prefix, keeping: "/")
    return try S3Location("s3://\(bucket)/\(path)?endpoint=\(endpoint)&region=us-east-1")
  }

  /// A file with these bytes at a path that the store has given.
  func file(_ bytes: [UInt8]) async throws -> String {
    let path = try await store.temporaryPath()
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  func temporaryURL(for key: String) async throws -> String? {
    try await store.temporaryURL(
      for: key, lifetime: .seconds(600), contentType: "image/png", contentDisposition: "inline")
  }

  /// The objects below the sandbox's prefix, without it.
  func objects() async throws -> [String] {
    var keys: [String] = []
    let root = location.object("")
    try await client.list(root, after: nil) { object in
      keys.append(String(object.key.dropFirst(root.count)))
      return true
    }
    return keys
  }

  /// Multipart uploads that have begun and not ended.
  func openUploads() async throws -> [S3Upload] {
    try await client.uploads(location.object(""), before: .distantFuture)
  }
}

extension S3Limits {
  /// Waits that a test has time for, and the smallest parts.
  static let quick: S3Limits = {
    var limits = S3Limits()
    limits.firstDelay = .milliseconds(5)
    limits.longestDelay = .milliseconds(20)
    limits.answerTimeout = .seconds(60)
    limits.healthAnswerTimeout = .seconds(60)
    limits.patience = .seconds(240)
    limits.partBytes = 5 << 20
    limits.pieceBytes = 2 << 20
    return limits
  }()
}

/// Bytes of which no two pieces are the same: blocks of noise, each with its number.
func noise(_ count: Int) -> [UInt8] {
  var state: UInt64 = 0x9e37_79b9_7f4a_7c15
  let block = (0..<1 << 14).map { _ -> UInt8 in
    // Knuth's MMIX constants.
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + block.count)
  while bytes.count < count {
    let number = UInt32(bytes.count / block.count)
    bytes += block
    withUnsafeBytes(of: number.littleEndian) { digits in
      bytes.replaceSubrange(bytes.count - block.count..<bytes.count - block.count + 4, with: digits)
    }
  }
  return Array(bytes.prefix(count))
}
