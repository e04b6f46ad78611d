import Foundation
import Synchronization

/// A Redis on loopback that a test owns: it can be killed, started again, frozen and thawed.
public final class RedisServer: Sendable {
  private static let path = "/usr/bin/redis-server"
  public static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

  /// What a server demands of its clients.
  public struct Demands: Sendable {
    /// TLS and nothing else.
    public var encryption: Bool
    /// The password of the user `default`.
    public var password: String?
    /// Name and password of one more user; `default` is off then.
    public var user: (name: String, password: String)?
    /// What that user may do, in the words of an ACL.
    public var rights: String
    /// HELLO is unknown, as before version 6 and behind some proxies.
    public var isOld: Bool

    public init(
      encryption: Bool = false, password: String? = nil,
      user: (name: String, password: String)? = nil, rights: String = "~* &* +@all",
      isOld: Bool = false
    ) {
      self.encryption = encryption
      self.password = password
      self.user = user
      self.rights = rights
      self.isOld = isOld
    }
  }

  public let port: Int
  private let folder: TemporaryFolder
  private let configuration: String
  private let starts: AsyncStream<ChildProcess>.Continuation
  private let child = Mutex<ChildProcess?>(nil)

  /// The certificate to trust, when the server demands encryption.
  public var certificate: String { folder.path("cert.pem") }

  private init(
    _ demands: Demands, port: Int, folder: TemporaryFolder,
    starts: AsyncStream<ChildProcess>.Continuation
  ) throws {
    self.port = port
    self.folder = folder
    self.starts = starts
    var lines = ["bind 127.0.0.1", "dir \(folder.path)", "save \"\"", "appendonly no"]
    if demands.encryption {
      lines += [
        "port 0", "tls-port \(port)", "tls-cert-file \(folder.path("cert.pem"))",
        "tls-key-file \(folder.path("key.pem"))", "tls-ca-cert-file \(folder.path("cert.pem"))",
        "tls-auth-clients no",
      ]
    } else {
      lines.append("port \(port)")
    }
    if let password = demands.password { lines.append("requirepass \(password)") }
    if let user = demands.user {
      lines += [
        "user default off", "user \(user.name) on >\(user.password) \(demands.rights)",
      ]
    }
    if demands.isOld { lines.append("rename-command HELLO \"\"") }
    configuration = try folder.write(
      lines.joined(separator: "\n") + "\n", to: "redis.conf")
  }

  /// Runs one while `body` runs. It may not listen yet when `body` begins.
  public static func running(
    _ demands: Demands = Demands(),
    _ body: @Sendable @escaping (RedisServer) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    if demands.encryption { try await makeCertificate(in: folder) }
    let (children, starts) = AsyncStream.makeStream(of: ChildProcess.self)
    let server = try RedisServer(demands, port: freePort(), folder: folder, starts: starts)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await child in children {
          let output = try await child.run(on: redisThreads)
          if output.status != 128 + SIGKILL { throw TestToolError(output.text) }
        }
      }
      group.addTask {
        defer {
          server.kill()
          starts.finish()
        }
        server.start()
        try await body(server)
      }
      try await group.waitForAll()
    }
  }

  /// Starts it, empty, when it was killed.
  public func start() {
    // It ends with the tests, however they end.
    let next = ChildProcess(
      path: "/usr/bin/setpriv", arguments: ["--pdeathsig", "KILL", Self.path, configuration],
      environment: [:], directory: folder.path)
    child.withLock { $0 = next }
    starts.yield(next)
  }

  /// SIGKILL.
  public func kill() { child.withLock { $0 }?.kill() }

  /// SIGSTOP: it keeps its connections and answers nothing.
  public func freeze() { child.withLock { $0 }?.signal(SIGSTOP) }

  /// SIGCONT.
  public func thaw() { child.withLock { $0 }?.signal(SIGCONT) }

  /// Signed by itself, for loopback.
  private static func makeCertificate(in folder: TemporaryFolder) async throws {
    let child = ChildProcess(
      path: "/usr/bin/openssl",
      arguments: [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-keyout", folder.path("key.pem"), "-out", folder.path("cert.pem"), "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
      ], environment: [:], directory: folder.path)
    let output = try await child.run(on: redisThreads)
    if output.status != 0 { throw TestToolError(output.standardError) }
  }
}

/// As many as there are servers that run.
private let redisThreads: OperationQueue = {
  let queue = OperationQueue()
  queue.maxConcurrentOperationCount = 64
  return queue
}()
