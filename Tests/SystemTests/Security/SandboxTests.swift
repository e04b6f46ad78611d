import Foundation
import TestSupport
import Testing

/// What a worker may still do. On a kernel without Landlock or seccomp these fail: it is what they are for.
@Suite("Workers have reduced rights")
struct SandboxTests {
  static let picture = ("a.jpg", Checkout.imageFixture("jpeg-444.jpg"))
  static let config = #"{"sahi":{"enabled":false}}"#

  /// What `--check-sandbox` prints.
  struct Report: Decodable {
    struct Entry: Decodable { var tried: String, answer: String }

    var in_force: [String]
    var missing: [String]
    var network: String
    var wrong: [Entry]
    var refused: [Entry]
    var allowed: [Entry]

    init(_ output: HarrierProcess.Output) throws {
      self = try JSONDecoder().decode(Self.self, from: output.standardOutput)
    }
  }

  @Test(
    "a worker of a server has no new privileges, a filter, limits, and a temporary folder of its own"
  )
  func process() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"),
      environment: ["HARRIER_WORKER_MAX_MEMORY_BYTES": "3221225472"])
    await server.waitForLog("This worker has reduced rights")
    let line = try #require(
      server.log.split(separator: "\n").first { $0.contains("This worker has reduced rights") },
      "\(server.log)")
    for part in ["limits", "landlock", "seccomp"] { #expect(line.contains(#""\#(part)":"on""#)) }
    let pid = try #require(server.log.firstMatch(of: /A worker has started.*?"pid":"(\d+)"/)?.1)
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    #expect(status.contains("NoNewPrivs:\t1\n"), "\(status)")
    #expect(status.contains("Seccomp:\t2\n"), "\(status)")
    // Of root's power, where root runs the tests, no more than to change files of others.
    let power = try #require(status.firstMatch(of: /CapPrm:\t([0-9a-f]+)/)?.1)
    #expect(try #require(UInt64(power, radix: 16)) & ~0b1011 == 0, "\(power)")
    let limits = try String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(limits.contains { $0.starts(with: ["Max", "core", "file", "size", "0", "0"]) })
    #expect(
      limits.contains { $0.starts(with: ["Max", "data", "size", "3221225472", "3221225472"]) })
    #expect(
      limits.contains { $0.starts(with: ["Max", "file", "size"]) && $0[3] != "unlimited" })
    #expect(await server.stop() == 0)
  }

  @Test("what a worker has no use for is refused, and what it needs is not")
  func check() async throws {
    let folder = try TemporaryFolder()
    try folder.write("whsec_of_another", to: "data/webhook-secret")
    let output = try await harrier(
      "worker", "--check-sandbox", "--data-dir", folder.path("data"))
    let report = try Report(output)
    #expect(output.status == 0, "\(output.standardError)")
    #expect(report.wrong.isEmpty, "\(report.wrong)")
    #expect(report.missing.isEmpty)
    #expect(report.network == "none")
    let refused = Set(report.refused.map(\.tried))
    let data = folder.path("data")
    for expected in [
      "read /", "read /etc/shadow", "read \(data)/webhook-secret", "make a file in \(data)",
      "make a file in /tmp", "start a program", "become a program", "signal its parent",
      "trace its parent", "read its parent's memory", "use io_uring", "connect to 127.0.0.1:8000",
      "listen on a port", "open a Unix socket", "open a raw socket", "leave a core file",
      "type into a terminal",
    ] {
      #expect(refused.contains(expected), "\(expected)")
    }
    #expect(report.allowed.contains { $0.tried == "start a thread" })
  }

  @Test("without the sandbox the same check finds everything open")
  func off() async throws {
    let folder = try TemporaryFolder()
    try folder.write("whsec_of_another", to: "data/webhook-secret")
    let output = try await harrier(
      "worker", "--check-sandbox", "--data-dir", folder.path("data"),
      environment: ["HARRIER_WORKER_SANDBOX": "off"])
    let report = try Report(output)
    #expect(output.status == 1)
    #expect(report.in_force.isEmpty)
    let open = Set(report.wrong.map(\.tried))
    for expected in [
      "read /", "read \(folder.path("data"))/webhook-secret", "start a program",
      "signal its parent", "listen on a port", "open a UDP socket",
    ] {
      #expect(open.contains(expected), "\(expected)")
    }
  }

  @Test("a worker whose stores are elsewhere may connect, but nobody may connect to it")
  func network() async throws {
    let folder = try TemporaryFolder()
    let output = try await harrier(
      "worker", "--check-sandbox", "--data-dir", folder.path("data"),
      environment: ["HARRIER_OTLP_ENDPOINT": "http://127.0.0.1:9"])
    let report = try Report(output)
    #expect(report.network == "outgoing")
    let allowed = Set(report.allowed.map(\.tried))
    #expect(allowed.isSuperset(of: ["connect to 127.0.0.1:8000", "open a UDP socket"]))
    let refused = Set(report.refused.map(\.tried))
    #expect(
      refused.isSuperset(of: ["listen on a port", "open a raw socket", "open a netlink socket"]))
  }

  @Test("a job finds the same with and without the sandbox")
  func results() async throws {
    var found: [NSArray] = []
    for mode in ["required", "off"] {
      let folder = try TemporaryFolder()
      let server = try await ServerProcess.start(
        dataDirectory: folder.path("data"), environment: ["HARRIER_WORKER_SANDBOX": mode])
      let client = ServiceClient(baseURL: server.baseURL)
      let job = try await client.runJob(
        [("a.jpg", try Checkout.data(Checkout.sample("yell-541000.jpg")))])
      let results = try await client.get("/api/v1/jobs/\(job)/results").data
      let image = try #require((results["results"] as? [[String: Any]])?.first)
      found.append(try #require(image["detections"] as? NSArray))
      let file = try #require(image["file_id"] as? String)
      #expect(try await client.get("/api/v1/files/\(file)/annotated").status == 200)
      #expect(await server.stop() == 0)
    }
    #expect(found[0].count > 100)
    #expect(found[0] == found[1])
  }

  @Test("a worker that crashes leaves no core file and is replaced")
  func crash() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(dataDirectory: folder.path("data"))
    await server.waitForLog("This worker has reduced rights")
    let pid = try #require(
      server.log.firstMatch(of: /A worker has started.*?"pid":"(\d+)"/).flatMap { pid_t($0.1) })
    kill(pid, SIGSEGV)
    await server.waitForLog("A worker has ended")
    #expect(try folder.files().allSatisfy { !$0.contains("core") })
    let client = ServiceClient(baseURL: server.baseURL)
    let job = try await client.runJob([try Self.file()], config: Self.config)
    #expect(
      try await client.get("/api/v1/jobs/\(job)/status").data["status"] as? String == "completed")
    #expect(await server.stop() == 0)
  }

  @Test(
    "a worker that nobody supervises works and ends in order",
    .enabled(if: !TestStores.areShared, "it is on the folder's own database"))
  func alone() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    let worker = try await ServerProcess.startWorker(
      dataDirectory: folder.path("data"), environment: ["HARRIER_WORKER_SANDBOX": "required"])
    let client = ServiceClient(baseURL: server.baseURL)
    let job = try await client.runJob([try Self.file()], config: Self.config)
    #expect(
      try await client.get("/api/v1/jobs/\(job)/status").data["status"] as? String == "completed")
    #expect(await worker.stop() == 0)
    #expect(await server.stop() == 0)
  }

  static func file() throws -> (name: String, data: Data) {
    (picture.0, try Checkout.data(picture.1))
  }
}

/// Files that want to do harm, through the whole service.
@Suite("Hostile files meet workers with reduced rights")
struct HostileFileTests {
  @Test("each is refused by name, at its upload or in its job; API and workers go on")
  func files() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), environment: ["HARRIER_WORKER_SANDBOX": "required"])
    let client = ServiceClient(baseURL: server.baseURL)
    let names = try FileManager.default.contentsOfDirectory(
      atPath: Checkout.imageFixture("hostile"))
    #expect(names.count >= 14)
    for name in names.sorted() {
      let upload = try await client.upload(
        [(name, try Checkout.data(Checkout.imageFixture("hostile/\(name)")))])
      guard let id = upload.data["upload_id"] as? String else {
        #expect(upload.status == 400, "\(name)")
        #expect(upload.errors.first?["filename"] as? String == name, "\(upload.text)")
        continue
      }
      let code = try await Self.codeOfJob(over: id, client)
      #expect(code == "CORRUPTED_FILE", "\(name): \(code ?? "no error")")
    }
    try await Self.expectGoodJob(client)
    #expect(await server.stop() == 0)
  }

  @Test(
    "a picture that wants more memory than a worker may have harms neither API nor the next job")
  func memory() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"),
      environment: [
        "HARRIER_WORKER_MAX_MEMORY_BYTES": "671088640", "HARRIER_JOB_LEASE_SECONDS": "10",
      ])
    let client = ServiceClient(baseURL: server.baseURL)
    let bomb = DecompressionBomb.interlacedPNG(side: 8192)
    #expect(bomb.count < 4_000_000)
    let upload = try await client.upload([("bomb.png", bomb)])
    let id = try #require(upload.data["upload_id"] as? String, "\(upload.text)")
    let code = try await Self.codeOfJob(over: id, client)
    // libpng says that it has no memory, or the process ends where nobody asks.
    #expect(["CORRUPTED_FILE", "WORKER_CRASHED"].contains(code), "\(code ?? "no error")")
    try await Self.expectGoodJob(client)
    #expect(await server.stop() == 0)
  }

  @Test("the same picture is done where a worker may have the memory")
  func enoughMemory() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(dataDirectory: folder.path("data"))
    let client = ServiceClient(baseURL: server.baseURL)
    let upload = try await client.upload(
      [("bomb.png", DecompressionBomb.interlacedPNG(side: 8192))])
    let id = try #require(upload.data["upload_id"] as? String, "\(upload.text)")
    #expect(try await Self.codeOfJob(over: id, client) == nil)
    #expect(await server.stop() == 0)
  }

  /// Of the job, or of its image; nil when all went well.
  private static func codeOfJob(over upload: String, _ client: ServiceClient) async throws
    -> String?
  {
    let job = try await client.post(
      "/api/v1/inference/predict",
      json: #"{"upload_id":"\#(upload)","config":\#(SandboxTests.config)}"#)
    let id = try #require(job.data["job_id"] as? String, "\(job.text)")
    let status = try await client.waitForEnd(of: id).data
    if let error = status["error"] as? [String: Any] { return error["code"] as? String }
    let results = try await client.get("/api/v1/jobs/\(id)/results").data
    let image = (results["results"] as? [[String: Any]])?.first
    return (image?["error"] as? [String: Any])?["code"] as? String
  }

  private static func expectGoodJob(_ client: ServiceClient) async throws {
    let job = try await client.runJob([try SandboxTests.file()], config: SandboxTests.config)
    let status = try await client.get("/api/v1/jobs/\(job)/status").data
    #expect(status["status"] as? String == "completed", "\(status)")
    #expect(try await client.get("/health/live").status == 200)
  }
}
