import Foundation
import TestSupport
import Testing

/// What a new user types first.
@Suite("Service: the first calls")
struct FirstCallsTests {
  /// Runs shell lines in the checkout.
  private static let shell = """
    import subprocess, sys
    run = subprocess.run(["/bin/bash", "-euc", sys.argv[1]], cwd=sys.argv[2], text=True,
                         stdout=subprocess.PIPE, timeout=300)
    print(run.stdout)
    sys.exit(run.returncode)
    """

  @Test("the lines that make run prints are those of the README, and work")
  func firstCalls() async throws {
    let printed = String(
      decoding: try Checkout.data(Checkout.path("scripts/first-calls.txt")), as: UTF8.self)
    let lines = printed.split(separator: "\n").filter { $0.hasPrefix("  ") }
      .map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(lines.count == 4)
    let readme = String(decoding: try Checkout.data(Checkout.path("README.md")), as: UTF8.self)
    for line in lines { #expect(readme.contains(line), "\(line)") }
    let client = try await SharedServer.client()
    let script = lines.joined(separator: "\n")
      .replacing("http://127.0.0.1:8000", with: client.baseURL)
    let output = try await PythonScript.run(Self.shell, [script, Checkout.root])
    #expect(output.status == 0, "\(output.text)")
    #expect(output.text.contains(#""job_id":"job_"#), "\(output.text)")
  }
}
