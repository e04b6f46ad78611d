import TestSupport
import Testing

/// `make chaos` is the long run; docs/reliability.md says what it does and found.
@Suite("Service: chaos")
struct ChaosTests {
  @Test("a short run of the chaos script loses, doubles and spoils nothing")
  func shortRun() async throws {
    // The script bounds itself, and prints its seed first.
    let run = try await HarrierProcess(
      program: Checkout.path("scripts/chaos"),
      [HarrierProcess.binary, "--kills", "8", "--minutes", "0.5"]
    ).run()
    #expect(run.status == 0, "\(run.text)\(run.standardError)")
    // Where nothing was killed or nothing completed, nothing was proven.
    #expect(run.text.contains(/\| processes killed by these \| [1-9]/), "\(run.text)")
    #expect(run.text.contains(/\| completed \| [1-9]/), "\(run.text)")
  }
}
