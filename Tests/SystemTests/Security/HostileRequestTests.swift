import Foundation
import TestSupport
import Testing

/// `scripts/attack`, which docs/threat-model.md lists, against servers of its own: one after the other, for it
/// measures time and memory.
@Suite("Hostile requests: the attack script", .serialized)
struct HostileRequestTests {
  private static let script = Checkout.path("scripts/attack")

  @Test(
    "finds nothing",
    arguments: ["framing", "paths", "headers", "contents", "names", "floods", "pictures"])
  func attack(group: String) async throws {
    var attack = try await run(group)
    // What came too late, for the machine was busy, is not found again; what is wrong is.
    for _ in 0..<2 where attack.status == 1 {
      print(attack.text)
      attack = try await run(group)
    }
    let found = attack.text.split(separator: "\n").filter { $0.hasPrefix("FOUND") }
    #expect(attack.status == 0, "\(attack.standardError)")
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    let summary = attack.text.split(separator: "\n").last ?? ""
    let tried = summary.firstMatch(of: /^(\d+) tried, 0 found$/).flatMap { Int($0.1) } ?? 0
    #expect(tried > 10, "\(summary)")
  }

  private func run(_ group: String) async throws -> HarrierProcess.Output {
    let folder = try TemporaryFolder()
    // Floods last as long as idle connections may; the other groups wait the longer for an answer.
    let seconds = group == "floods" ? "3" : "10"
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"),
      environment: [
        "HARRIER_RATE_LIMIT": "0", "HARRIER_IDLE_TIMEOUT_SECONDS": seconds,
        "HARRIER_JOB_LEASE_SECONDS": "10",
      ])
    let attack = try await HarrierProcess(
      program: Self.script,
      [
        server.baseURL, group, "--idle-seconds", seconds, "--job-seconds", "300",
        "--pid", "\(server.processID)",
      ]
    ).run()
    // What was sent reached the log as values and never as lines of its own.
    for line in server.log.split(separator: "\n") {
      let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
      #expect(object is [String: Any], "\(line.prefix(200))")
    }
    #expect(!server.log.contains("INTERNAL_ERROR"), "\(server.log.suffix(4000))")
    #expect(await server.stop() == 0)
    return attack
  }

  @Test("finds what is wrong with a server that takes everything")
  func naiveServer() async throws {
    // It reads what Content-Length says, believes the first of several, and asks for no Host.
    let naive = """
      import http.server, subprocess, sys, threading
      class Handler(http.server.BaseHTTPRequestHandler):
          protocol_version = "HTTP/1.1"
          def do_GET(self):
              body = b"{}"
              self.send_response(200)
              self.send_header("Content-Length", str(len(body)))
              self.end_headers()
              self.wfile.write(body)
          def do_POST(self):
              self.rfile.read(int(self.headers.get("Content-Length") or 0))
              self.do_GET()
          def log_message(self, *arguments):
              pass
      server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
      threading.Thread(target=server.serve_forever, daemon=True).start()
      address = f"http://127.0.0.1:{server.server_port}"
      done = subprocess.run([sys.argv[1], address, "framing", "paths", "--idle-seconds", "0.5"])
      sys.exit(done.returncode)
      """
    let attack = try await HarrierProcess(program: "python3", ["-c", naive, Self.script]).run()
    #expect(attack.status == 1, "\(attack.standardError)")
    for name in [
      "Content-Length twice, different", "Transfer-Encoding: xchunked", "no Host",
      "Host twice, different", "/api/v1/jobs/..%2f..%2f..%2fetc%2fpasswd/status",
    ] {
      let line = attack.text.split(separator: "\n").first { $0.contains(name) }
      #expect(line?.hasPrefix("FOUND") == true, "\(name): \(line ?? "-")")
    }
  }

  @Test("says so when nobody answers")
  func nobody() async throws {
    // The discard port, where nothing listens.
    let attack = try await HarrierProcess(
      program: Self.script, ["http://127.0.0.1:9", "framing"]
    ).run()
    #expect(attack.status == 1)
    #expect(attack.standardError.contains("does not answer"))
    let unknown = try await HarrierProcess(
      program: Self.script, ["http://127.0.0.1:9", "everything"]
    ).run()
    #expect(unknown.status == 2)
    #expect(unknown.standardError.contains("no such group: everything"))
  }
}
