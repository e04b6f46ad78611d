import Foundation
import TestSupport
import Testing

@Suite("harrier serve and harrier worker")
struct ServeCommandTests {
  @Test(
    "a wrong setting stops the start with one line that names it and where it came from",
    arguments: [
      (["--port", "abc"], [:], "--port"), ([], ["HARRIER_PORT": "70000"], "HARRIER_PORT"),
      ([], ["HARRIER_PROT": "80"], "HARRIER_PROT"),
      (["--workers=-1"], [:], "--workers"),
      ([], ["HARRIER_RATE_LIMIT": "many"], "HARRIER_RATE_LIMIT"),
      (["--config", "/no/such/file.yaml"], [:], "/no/such/file.yaml"),
    ] as [([String], [String: String], String)])
  func wrongSetting(
    arguments: [String], environment: [String: String], name: String
  ) async throws {
    let folder = try TemporaryFolder()
    let output = try await harrier(
      arguments: ["serve", "--data-dir", folder.path("data")] + arguments,
      environment: environment)
    #expect(output.status == 2)
    #expect(output.errorLines.count == 1, "\(output.standardError)")
    #expect(output.standardError.contains(name), "\(output.standardError)")
  }

  @Test("--print-config prints a file that is read back")
  func printConfig() async throws {
    let folder = try TemporaryFolder()
    let printed = try await harrier("serve", "--print-config", "--port", "8081")
    #expect(printed.status == 0)
    #expect(printed.text.contains("\nport: 8081\n"))
    let file = try folder.write(printed.text, to: "harrier.yaml")
    let again = try await harrier("serve", "--print-config", "--config", file)
    #expect(again.text == printed.text)
  }

  @Test("a port that is taken is one clear line")
  func portTaken() async throws {
    let port = try await SharedServer.port()
    let folder = try TemporaryFolder()
    let output = try await harrier(
      "serve", "--workers", "0", "--data-dir", folder.path("data"), "--port", "\(port)")
    #expect(output.status == 1)
    #expect(output.errorLines.last?.contains("\(port)") == true, "\(output.standardError)")
    #expect(output.errorLines.last?.contains("in use") == true, "\(output.standardError)")
  }

  @Test("a database that is none stops the start, and stays as it is")
  func corruptDatabase() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      String(repeating: "this is no database ", count: 500), to: "data/harrier.sqlite")
    let output = try await harrier(
      "serve", "--workers", "0", "--data-dir", folder.path("data"), "--port", "0")
    #expect(output.status == 1)
    #expect(output.standardError.contains("database"), "\(output.standardError)")
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("this is no database"))
  }

  @Test(
    "a database with a damaged page stops the start, which says so", arguments: [0.1, 0.5, 0.75, 1])
  func damagedPage(place: Double) async throws {
    let folder = try TemporaryFolder()
    let first = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    #expect(await first.stop() == 0)
    // A server that stops may leave its last changes in the log beside the file.
    let checkpoint = """
      import sqlite3
      database = sqlite3.connect("\(folder.path("data/harrier.sqlite"))")
      database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
      database.close()
      """
    #expect(try await HarrierProcess(program: "python3", ["-c", checkpoint]).run().status == 0)
    // SQLite's pages have 4096 bytes; the first one tells that it is a database.
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.path("data/harrier.sqlite")))
    let pages = Double(try file.seekToEnd() / 4096)
    try file.seek(toOffset: 4096 * UInt64(max(1, (pages * place - 1).rounded())))
    try file.write(contentsOf: Data(repeating: 0xA5, count: 2048))
    try file.close()
    let output = try await harrier(
      "serve", "--workers", "0", "--data-dir", folder.path("data"), "--port", "0")
    #expect(output.status == 1)
    #expect(output.standardError.contains("database is damaged"), "\(output.standardError)")
  }

  @Test("its workers end with the server, even when it is killed")
  func workersEnd() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "2"])
    let workers = try await workers(of: server, count: 2)
    server.kill(SIGKILL)
    _ = await server.waitForEnd()
    try await eventually { !workers.contains(where: isRunning) }
  }

  @Test("a worker that dies is started again")
  func workerRestarted() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(dataDirectory: folder.path("data"))
    let workers = try await workers(of: server, count: 1)
    kill(workers[0], SIGKILL)
    await server.waitForLog("A worker has ended")
    let client = ServiceClient(baseURL: server.baseURL)
    let job = try await client.runJob(
      [("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))],
      config: #"{"sahi":{"enabled":false}}"#)
    #expect(
      try await client.get("/api/v1/jobs/\(job)/status").data["status"] as? String == "completed")
    #expect(await server.stop() == 0)
  }

  @Test(
    "SIGTERM ends open event streams and waiting polls and exits with 0; the next start goes on with the job"
  )
  func gracefulShutdown() async throws {
    let folder = try TemporaryFolder()
    var stopped: (job: String, log: String) = ("", "")
    // On a busy machine a job may have ended before the server is told to: the next one takes longer.
    for count in [1, 2, 4, 8] where !stopped.log.contains("Job given back") {
      let server = try await ServerProcess.start(dataDirectory: folder.path("data"))
      stopped.job = try await stopDuringJob(server, pictures: count)
      stopped.log = server.log
    }
    #expect(stopped.log.contains("Job given back"), "\(stopped.log)")
    // The next start goes on with it.
    let next = try await ServerProcess.start(dataDirectory: folder.path("data"))
    let status = try await ServiceClient(baseURL: next.baseURL).waitForEnd(of: stopped.job).data
    #expect(status["status"] as? String == "completed")
    #expect(status["attempt"] as? Int == 1)
    #expect(await next.stop() == 0)
  }

  /// Stops a server that has begun with a job, and whose events somebody reads; returns the job.
  private func stopDuringJob(_ server: ServerProcess, pictures count: Int) async throws -> String {
    let client = ServiceClient(baseURL: server.baseURL)
    let large = try Checkout.data(Checkout.sample("scene-large.jpg"))
    let id = try await client.startJob(
      (0..<count).map { ("large-\($0).jpg", large) }, config: #"{"model":"aerial15-obb"}"#)
    let (opened, isOpen) = AsyncStream.makeStream(of: Void.self)
    let events = Task {
      defer { isOpen.finish() }
      return try await HarrierProcess(
        program: "curl",
        ["-sS", "--no-buffer", "\(server.baseURL)/api/v1/jobs/\(id)/events"]
      ).run { _ in isOpen.yield() }
    }
    for await _ in opened { break }
    await server.waitForLog("Job begins")
    #expect(await server.stop() == 0)
    let seen = try await events.value
    #expect(seen.status == 0 && seen.text.contains("event: status"), "\(seen.standardError)")
    return id
  }

  /// The processes that the log names, once there are so many.
  private func workers(of server: ServerProcess, count: Int) async throws -> [pid_t] {
    var found: [pid_t] = []
    try await eventually {
      found = server.log.matches(of: /A worker has started.*?"pid":"(\d+)"/).compactMap {
        pid_t($0.1)
      }
      return found.count >= count
    }
    return found
  }

  /// A zombie does not run.
  private func isRunning(_ process: pid_t) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = status.lastIndex(of: ")")
    else { return false }
    return !status[end...].hasPrefix(") Z")
  }
}
