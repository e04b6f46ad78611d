import Foundation
import Synchronization

/// A SeaweedFS on loopback: a real server that speaks S3 and checks signatures.
public final class S3Server: Sendable {
  public static let accessKeyID = "harriertests"
  public static let secretAccessKey = "harriertestsecret"

  /// Its buckets are also the subdomains of this name, which no name server knows.
  public static let domain = "s3.test"

  private static let path = Checkout.path(".deps/seaweedfs/weed")
  /// scripts/test-tools installs it.
  public static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

  public let port: Int
  private let folder: TemporaryFolder
  private let arguments: [String]
  private typealias Running = (child: ChildProcess, identifier: pid_t, ended: DispatchSemaphore)
  private let process = Mutex<Running?>(nil)

  /// One for all tests, which keep to buckets of their own.
  public static func shared() async throws -> S3Server { try await start.value }

  private static let start = Task {
    let server = try S3Server()
    try await server.run()
    return server
  }

  /// All that run: the test runner ends by exit(), and nothing else tells of it.
  private static let running = Mutex<Set<pid_t>>([])
  private static let endWithRunner: Void = {
    atexit { S3Server.running.withLock { $0.forEach { kill($0, SIGKILL) } } }
  }()

  /// A server with its own data, which does not run yet.
  public init() throws {
    folder = try TemporaryFolder()
    let identities = try folder.write(
      """
      {"identities": [{"name": "tests", "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        "credentials": [{"accessKey": "\(Self.accessKeyID)", "secretKey": "\(Self.secretAccessKey)"}]}]}
      """, to: "s3.json")
    let data = folder.path("data")
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    // All at once, so that no two are the same. SeaweedFS has a second port for each of its parts.
    let ports = try freePorts(8)
    port = ports[0]
    arguments = [
      "server", "-dir=\(data)", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
      "-master.port=\(ports[2])", "-master.port.grpc=\(ports[3])",
      "-master.volumeSizeLimitMB=256",
      "-volume.port=\(ports[4])", "-volume.port.grpc=\(ports[5])", "-volume.max=20",
      "-volume.minFreeSpace=1",
      "-filer", "-filer.port=\(ports[6])", "-filer.port.grpc=\(ports[7])",
      "-filer.localSocket=\(folder.path("filer.sock"))",
      "-s3", "-s3.port=\(port)", "-s3.port.grpc=\(ports[1])", "-s3.config=\(identities)",
      "-s3.domainName=\(Self.domain)",
      "-s3.localSocket=\(folder.path("s3.sock"))", "-s3.port.iceberg=0", "-s3.port.lance=0",
    ]
  }

  deinit { stop() }

  /// Starts it and returns when it answers. A server that was stopped has its data still.
  public func run() async throws {
    let log = folder.path("log")
    let child = ChildProcess(
      path: "/bin/sh", arguments: ["-c", #"exec "$0" "$@" 2>"$LOG""#, Self.path] + arguments,
      environment: ["LOG": log, "HOME": folder.path, "PATH": "/usr/bin:/bin"],
      directory: folder.path)
    _ = Self.endWithRunner
    let ended = DispatchSemaphore(value: 0)
    let started = AsyncStream.makeStream(of: pid_t.self)
    child.launch { sign in
      switch sign {
      case .started(let process): started.continuation.yield(process)
      case .output: break
      case .ended:
        started.continuation.finish()
        ended.signal()
      }
    }
    guard let identifier = await started.stream.first(where: { _ in true }) else {
      throw TestToolError("SeaweedFS cannot be started")
    }
    Self.running.withLock { _ = $0.insert(identifier) }
    process.withLock { $0 = (child, identifier, ended) }
    let clock = ContinuousClock()
    let end = clock.now + .seconds(180)
    while clock.now < end, kill(identifier, 0) == 0 {
      do {
        // 403 for anonymous clients: it has read its identities and its filer answers.
        if try await httpGet("\(endpoint)/").status == 403 { return }
      } catch {
        // It does not listen yet.
      }
      try await clock.sleep(for: .milliseconds(50))
    }
    throw TestToolError(
      "SeaweedFS does not answer: \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
  }

  /// Kills it and returns when it is gone.
  public func stop() {
    guard
      let process = process.withLock({ process in
        defer { process = nil }
        return process
      })
    else { return }
    process.child.kill()
    process.ended.wait()
    Self.running.withLock { _ = $0.remove(process.identifier) }
  }

  /// Where Harrier keeps its files.
  private static let bucket = "harrier-cluster"

  /// Makes it, unless it is there.
  public func makeBucket() async throws {
    let made = try await HarrierProcess(
      program: "curl",
      [
        "-sS", "--fail-with-body", "-X", "PUT", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user",
        "\(Self.accessKeyID):\(Self.secretAccessKey)", "\(endpoint)/\(Self.bucket)",
      ]
    ).run()
    guard made.status == 0 || made.text.contains("BucketAlreadyOwnedByYou") else {
      throw TestToolError("\(made.text)\(made.standardError)")
    }
  }

  /// What a process of Harrier is started with; `endpoint` is that of a relay to the server.
  public func settings(prefix: String, endpoint: String? = nil) -> [String: String] {
    [
      "HARRIER_STORAGE_URL": "s3://\(Self.bucket)/\(prefix)?endpoint=\(endpoint ?? self.endpoint)",
      "HARRIER_STORAGE_ACCESS_KEY": Self.accessKeyID,
      "HARRIER_STORAGE_SECRET_KEY": Self.secretAccessKey,
    ]
  }

  public var endpoint: String { "http://127.0.0.1:\(port)" }
}

/// Ports that were free a moment ago, all different.
private func freePorts(_ count: Int) throws -> [Int] {
  var ports: Set<Int> = []
  while ports.count < count { ports.insert(try freePort()) }
  return Array(ports)
}
