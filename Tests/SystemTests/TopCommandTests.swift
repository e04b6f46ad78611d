import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("harrier top")
struct TopCommandTests {
  @Test("--once prints queue, workers and rates of a running service, without escape codes")
  func once() async throws {
    let client = try await SharedServer.client()
    let output = try await whenAnswered {
      try await harrier("top", "--url", client.baseURL, "--once")
    }
    #expect(output.status == 0, "\(output.standardError)")
    #expect(output.standardError.isEmpty)
    #expect(!output.standardOutput.contains(0x1b))
    #expect(output.text.hasPrefix("harrier "))
    #expect(output.text.contains("ready: database, files, models"))
    for pattern in [
      #/\nwaiting +\d+ /#, #/\nworkers +\d+/#, #/requests\/s +\d/#, #/memory +\d+ MB/#,
      #/\nPROCESSING +\d/#, #/\nQUEUED +\d/#,
    ] as [Regex<Substring>] {
      #expect(output.text.contains(pattern), "\(output.text)")
    }
  }

  @Test("a job that waits is listed with its whole id, priority and images")
  func queuedJob() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let picture = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    let job = try await client.startJob([("a.jpg", picture), ("b.jpg", picture)])
    let output = try await whenAnswered {
      try await harrier("top", "--url", "\(server.baseURL)/", "--once")
    }
    #expect(output.status == 0)
    #expect(output.text.contains(#/\nQUEUED +1\n/#), "\(output.text)")
    let line = try #require(output.text.split(separator: "\n").first { $0.hasPrefix(job) })
    #expect(line.contains("queued      normal  age "))
    #expect(line.contains("  2 images"))
    #expect(await server.stop() == 0)
  }

  @Test("--once --plain prints one line of names and values")
  func oncePlain() async throws {
    let client = try await SharedServer.client()
    let output = try await whenAnswered {
      try await harrier("top", "--url", client.baseURL, "--once", "--plain")
    }
    #expect(output.status == 0)
    let lines = output.text.split(separator: "\n")
    #expect(lines.count == 1)
    #expect(lines.first?.contains(" state=ready queue=") == true, "\(output.text)")
    #expect(lines.first?.contains(" requests_per_second=") == true)
  }

  @Test("in a pipe it prints a line each interval, until its reader has had enough")
  func pipe() async throws {
    let client = try await SharedServer.client()
    let output = try await whenAnswered {
      try await shell(#""$0" top --url "$1" --interval 0.5 | head -n 3"#, client.baseURL)
    }
    #expect(output.standardError.isEmpty)
    let lines = output.text.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.hasPrefix("time=") && $0.contains(" state=ready ") })
    #expect(!output.standardOutput.contains(0x1b))
  }

  @Test(
    "a service that cannot be reached is one line that names it; status 1",
    arguments: [[], ["--once"], ["--plain"]])
  func unreachable(options: [String]) async throws {
    // Nothing listens on the port that is reserved for a multiplexer of 1988 (RFC 1078).
    let output = try await harrier(arguments: ["top", "--url", "http://127.0.0.1:1"] + options)
    #expect(output.status == 1)
    #expect(output.errorLines == ["harrier: http://127.0.0.1:1: The connection was refused"])
    #expect(output.standardOutput.isEmpty)
  }

  @Test("another server than Harrier is told apart; status 1")
  func otherServer() async throws {
    let other = try await WebhookReceiver.start { _ in .status(404) }
    let output = try await harrier("top", "--url", other.url(""), "--once")
    #expect(output.status == 1)
    #expect(output.errorLines.count == 1)
    #expect(output.standardError.contains("no Harrier service"), "\(output.standardError)")
  }

  @Test("the API key goes with each request, and into no error")
  func apiKey() async throws {
    let other = try await WebhookReceiver.start { _ in .status(401) }
    let output = try await harrier(
      "top", "--url", other.url(""), environment: ["HARRIER_API_KEY": "s3cret"])
    #expect(output.status == 1)
    #expect(output.standardError.contains("--api-key"), "\(output.standardError)")
    #expect(!other.requests.isEmpty)
    #expect(other.requests.allSatisfy { $0.headers["authorization"] == "Bearer s3cret" })
    let refused = try await harrier("top", environment: ["HARRIER_API_KEY": "s3cret key"])
    #expect(refused.status == 2)
    #expect(refused.standardError.contains("HARRIER_API_KEY"))
    #expect(!(output.standardError + refused.standardError).contains("s3cret"))
  }

  @Test(
    "an option that cannot be used is named; status 2",
    arguments: [
      ["--interval", "0.4"], ["--interval", "3601"], ["--interval", "nan"], ["--url", "ftp://h"],
      ["--url", "127.0.0.1:8000"], ["--url", "http://me:s3cret@h"], ["--api-key", "a b"],
    ])
  func wrongOption(arguments: [String]) async throws {
    let output = try await harrier(arguments: ["top"] + arguments)
    #expect(output.status == 2)
    #expect(output.errorLines.first?.contains(arguments[0]) == true, "\(output.standardError)")
    #expect(!output.standardError.contains("s3cret"))
    #expect(output.standardOutput.isEmpty)
  }

  @Test("a service that goes away is told of, and it goes on")
  func outage() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    // The first line is there when the server is killed. The next one may tell of the request that this cut off.
    let output = try await shell(
      #"""
      timeout 300 "$0" top --url "$1" --interval 0.5 | (read -r first; kill -KILL "$2"
        grep -m 2 'state=no_answer.*refused')
      """#, server.baseURL, "\(server.processID)")
    let lines = output.text.split(separator: "\n")
    #expect(lines.count == 2, "\(output.text)\(output.standardError)")
    for line in lines {
      #expect(line.contains(#/ since_seconds=\d+ reason="The connection was refused"$/#), "\(line)")
    }
    _ = await server.waitForEnd()
  }
}

/// On a pseudo-terminal, by script(1) of util-linux.
@Suite("harrier top on a terminal")
struct TopTerminalTests {
  /// The screen from before, the cursor; the last thing that the terminal hears.
  private static let leaving = "\u{1B}[?7h\u{1B}[0m\u{1B}[?1049l\u{1B}[?25h"
  private static let entering = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"

  /// Runs `harrier top` until its first screen is there; then it is sent keys, or `signal`.
  ///
  /// - Returns: what the terminal heard, and whether its modes are again as they were.
  private func run(
    keys: String = "", signal: Int32? = nil, environment: [String: String] = [:],
    before: String = ""
  ) async throws -> (output: HarrierProcess.Output, isRestored: Bool) {
    var isRestored = false
    let output = try await whenAnswered {
      let (output, isAsBefore) = try await runOnce(keys, signal, environment, before)
      isRestored = isAsBefore
      return output
    }
    return (output, isRestored)
  }

  private func runOnce(
    _ keys: String, _ signal: Int32?, _ environment: [String: String], _ before: String
  ) async throws -> (output: HarrierProcess.Output, isRestored: Bool) {
    let client = try await SharedServer.client()
    let folder = try TemporaryFolder()
    let pipe = folder.path("keys")
    #expect(mkfifo(pipe, 0o600) == 0)
    // Open at both ends, so that neither opening waits, and the terminal stays open to its end.
    let descriptor = open(pipe, O_RDWR | O_CLOEXEC)
    #expect(descriptor >= 0)
    let writer = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let command = """
      trap : INT
      \(before)stty -a > '\(folder.path("before"))'
      sh -c 'echo $$ > "\(folder.path("process"))"; exec "$0" "$@"' \
      '\(HarrierProcess.binary)' top --url '\(client.baseURL)' --interval 0.5
      status=$?
      stty -a > '\(folder.path("after"))'
      exit $status
      """
    let failure = Mutex<String?>(nil)
    let output = try await HarrierProcess(
      program: "/bin/sh", ["-c", #"exec script -qfec "$0" /dev/null < "$1""#, command, pipe],
      environment: [
        "TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "", "SHELL": "/bin/sh",
      ].merging(environment) { $1 }
    ).run { _ in
      do {
        try writer.write(contentsOf: Data(keys.utf8))
        guard let signal else { return }
        let process = try String(contentsOfFile: folder.path("process"), encoding: .utf8)
        kill(pid_t(process.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0, signal)
      } catch {
        failure.withLock { $0 = "\(error)" }
      }
    }
    #expect(failure.withLock { $0 } == nil)
    let modes = try ["before", "after"].map {
      try String(contentsOfFile: folder.path($0), encoding: .utf8)
    }
    return (output, modes[0] == modes[1] && !modes[0].isEmpty)
  }

  @Test("q ends it and gives the terminal back; status 0")
  func quit() async throws {
    let (output, isRestored) = try await run(keys: "q")
    #expect(output.status == 0)
    #expect(output.text.hasPrefix(Self.entering))
    #expect(output.text.hasSuffix(Self.leaving), "\(output.text.suffix(200).debugDescription)")
    #expect(isRestored)
    #expect(output.text.contains("\u{1B}[2mwaiting"))
    #expect(output.text.contains("every 0.5 s"))
  }

  @Test("keys change the interval and pause")
  func keys() async throws {
    let (output, _) = try await run(keys: "+ q")
    #expect(output.status == 0)
    #expect(output.text.contains("every 1 s"))
    #expect(output.text.contains("paused"))
  }

  @Test("Control-C and the usual signals give the terminal back too", arguments: [SIGINT, SIGTERM])
  func signals(number: Int32) async throws {
    let (output, isRestored) = try await run(signal: number)
    #expect(output.status == 130)
    #expect(output.text.hasSuffix(Self.leaving + "harrier: interrupted\r\n"))
    #expect(isRestored)
    // As the terminal itself sends it.
    let (typed, isRestoredThen) = try await run(keys: "\u{3}")
    #expect(typed.status == 130 && isRestoredThen)
  }

  @Test("a hangup gives the terminal back before it ends the process")
  func hangup() async throws {
    let (output, isRestored) = try await run(signal: SIGHUP)
    #expect(output.status == 128 + SIGHUP)
    // The shell may say how its child ended.
    let end = try #require(output.text.range(of: Self.leaving)).upperBound
    #expect(!output.text[end...].contains("\u{1B}") && isRestored)
  }

  @Test("NO_COLOR takes the colours, and nothing else")
  func noColour() async throws {
    let (output, _) = try await run(keys: "q", environment: ["NO_COLOR": "1"])
    #expect(output.text.hasPrefix(Self.entering) && output.text.hasSuffix(Self.leaving))
    let body = output.text.dropFirst(Self.entering.count).dropLast(Self.leaving.count)
    #expect(!body.contains(#/\x{1B}\[[0-9;]*m/#))
  }

  @Test("a terminal that cannot be drawn on, or --plain, gets lines without escape codes")
  func dumb() async throws {
    let (output, isRestored) = try await run(signal: SIGTERM, environment: ["TERM": "dumb"])
    #expect(output.text.hasPrefix("time=") && isRestored)
    #expect(!output.standardOutput.contains(0x1b))
  }

  @Test("a small terminal gets no longer lines than it has columns")
  func small() async throws {
    let (output, _) = try await run(
      keys: "q", environment: ["NO_COLOR": "1"], before: "stty cols 40 rows 12\n")
    #expect(output.status == 0)
    let rows = output.text.matches(of: #/\x{1B}\[(\d+);1H\x{1B}\[2K([^\x{1B}]*)/#)
    #expect(!rows.isEmpty)
    #expect(rows.allSatisfy { (Int($0.1) ?? 99) <= 12 && $0.2.count <= 40 })
  }
}

/// Runs a line of the shell, whose `$0` is `harrier`.
private func shell(_ line: String, _ arguments: String...) async throws -> HarrierProcess.Output {
  try await HarrierProcess(
    program: "/bin/sh", ["-c", line, HarrierProcess.binary] + arguments
  ).run()
}
