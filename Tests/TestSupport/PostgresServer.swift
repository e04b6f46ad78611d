import Foundation
import Synchronization

/// A PostgreSQL on loopback, with its own port and folder; one for all tests, each with a database of its own.
public struct PostgresServer: Sendable {
  /// Debian keeps the programs of each version apart.
  private static let programs: String? = {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return versions.compactMap(Int.init).max().map { "\(root)/\($0)/bin" }
  }()

  public static let isInstalled = programs != nil

  private static let user = "harrier"
  public static let password = "p:w@rd/1"

  public let port: Int
  /// Of the certificate that the server shows; it names `localhost`.
  public let certificate: String

  private static let start = Task {
    let folder = NSTemporaryDirectory() + "/harrier-tests-postgres-\(UUID().uuidString)"
    return try await run(in: folder)
  }

  /// The one server.
  public static func shared() async throws -> PostgresServer { try await start.value }

  /// The URL of a new, empty database. `parameters` are libpq's; `port` is that of a relay to the server.
  public func makeDatabase(_ parameters: String = "", port: Int? = nil) async throws -> String {
    let name = "test_\(UUID().uuidString.replacing("-", with: "").lowercased())"
    try await run("CREATE DATABASE \(name)")
    return url(of: name, parameters, port: port)
  }

  public func url(
    of database: String, _ parameters: String = "", password: String = PostgresServer.password,
    port: Int? = nil
  ) -> String {
    let escaped = password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    return
      "postgresql://\(Self.user):\(escaped)@localhost:\(port ?? self.port)/\(database)?\(parameters)"
  }

  /// Runs a statement as the superuser, outside of every test's connections; returns its rows.
  @discardableResult
  public func run(_ sql: String, in database: String = "postgres") async throws -> String {
    let output = try await HarrierProcess(
      program: "psql", ["-qXAt", "-v", "ON_ERROR_STOP=1", "-c", sql, url(of: database)], in: "/"
    ).run()
    guard output.status == 0 else { throw PostgresServerError(output.standardError) }
    return output.text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  // MARK: - Starting

  private static let process = Atomic<pid_t>(0)
  private static let folder = Mutex("")

  private static func run(in path: String) async throws -> PostgresServer {
    guard let programs else { throw PostgresServerError("PostgreSQL is not installed") }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    folder.withLock { $0 = path }
    let isRoot = getuid() == 0
    // PostgreSQL refuses to run as root; Debian's package brings a user for it.
    let prefix =
      isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
    try Data(password.utf8).write(to: URL(fileURLWithPath: "\(path)/password"))
    try await tool(
      [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "\(path)/server.key",
        "-out", "\(path)/server.crt",
      ])
    if isRoot { try await tool(["chown", "-R", "postgres:postgres", path]) }
    try await tool(
      prefix + [
        "\(programs)/initdb", "--pgdata=\(path)/data", "--username=\(user)",
        "--pwfile=\(path)/password", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
        "--no-sync", "--no-instructions",
      ])
    if isRoot { try await tool(["chmod", "755", path]) }
    let port = try freePort()
    let command = prefix + ["\(programs)/postgres", "-D", "\(path)/data"] + settings(port, path)
    try await spawn(command, log: "\(path)/log")
    return PostgresServer(port: port, certificate: "\(path)/server.crt")
  }

  private static func settings(_ port: Int, _ path: String) -> [String] {
    [
      "port=\(port)", "listen_addresses=localhost", "unix_socket_directories=", "fsync=off",
      "max_connections=400", "shared_buffers=64MB", "ssl=on",
      "ssl_cert_file=\(path)/server.crt", "ssl_key_file=\(path)/server.key",
      // Nobody has this name: who asks for synchronous_commit=on waits at its commit until it is ended.
      "synchronous_standby_names=nobody", "synchronous_commit=local",
    ].flatMap { ["-c", $0] }
  }

  /// Returns when it accepts connections.
  private static func spawn(_ command: [String], log: String) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = URL(fileURLWithPath: "/")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardError = pipe
    let lines = AsyncStream<String> { continuation in
      pipe.fileHandleForReading.readabilityHandler = { handle in
        let data = handle.availableData
        // Read to the end, so that the server never waits for a reader.
        guard !data.isEmpty else {
          handle.readabilityHandler = nil
          return continuation.finish()
        }
        continuation.yield(String(decoding: data, as: UTF8.self))
      }
    }
    try process.run()
    Self.process.store(process.processIdentifier, ordering: .relaxed)
    // The runner ends by exit(): nothing else tells of it. SIGQUIT is PostgreSQL's immediate shutdown.
    atexit {
      kill(PostgresServer.process.load(ordering: .relaxed), SIGQUIT)
      let folder = PostgresServer.folder.withLock { $0 }
      // It writes until it has ended, which takes a moment. A leftover hurts nobody.
      for _ in 0..<100 where FileManager.default.fileExists(atPath: folder) {
        try? FileManager.default.removeItem(atPath: folder)
        poll(nil, 0, 20)
      }
    }
    var text = ""
    for await line in lines {
      text += line
      if text.contains("ready to accept connections") { return }
    }
    throw PostgresServerError(text)
  }

  private static func tool(_ command: [String]) async throws {
    let output = try await HarrierProcess(program: command[0], Array(command.dropFirst()), in: "/")
      .run()
    guard output.status == 0 else { throw PostgresServerError(output.standardError) }
  }
}

/// What PostgreSQL said instead of doing its work.
public struct PostgresServerError: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
