import TestSupport
import Testing

/// `make chaos` is the long run; docs/reliability.md says what it does and found.
@Suite("Service: chaos", .serialized)
struct ChaosTests {
  @Test("a short run of the chaos script loses, doubles and spoils nothing")
  func shortRun() async throws {
    try await runChaos(["--kills", "8", "--minutes", "0.5"])
  }

  @Test(
    "a short run on a cluster loses, doubles and spoils nothing, whatever becomes of its stores",
    .enabled(
      if: PostgresServer.isInstalled && RedisServer.isInstalled && S3Server.isInstalled,
      "scripts/setup --tests and scripts/test-tools install the stores"))
  func shortRunOnCluster() async throws {
    try await runChaos(
      ["--cluster", "--kills", "8", "--minutes", "0.7"],
      counting: [
        "a worker cut off from PostgreSQL for 15 s", "kill -9 of PostgreSQL, and start",
        "kill -9 of Redis, started empty", "kill -9 of the S3 server, started after 6 s",
      ])
  }

  @Test(
    "a rolling restart of a cluster fails no call that is tried twice",
    .enabled(if: PostgresServer.isInstalled))
  func rollingRestart() async throws {
    try await runChaos(
      ["--rolling", "--minutes", "0"], counting: ["API processes restarted", "workers restarted"],
      killing: false)
  }

  /// The script bounds itself, and prints its seed first.
  private func runChaos(
    _ options: [String], counting rows: [String] = [], killing: Bool = true
  ) async throws {
    let run = try await HarrierProcess(
      program: Checkout.path("scripts/chaos"), [HarrierProcess.binary] + options
    ).run()
    #expect(run.status == 0, "\(run.text)\(run.standardError)")
    // Where nothing was killed or nothing completed, nothing was proven.
    for row in rows + ["completed"] + (killing ? ["processes killed by these"] : []) {
      let count = run.text.split(separator: "\n").first { $0.hasPrefix("| \(row) | ") }
      #expect(count.map { !$0.hasSuffix("| 0 |") } == true, "\(row): \(run.text)")
    }
  }
}
