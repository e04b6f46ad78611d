import Foundation
import TestSupport
import Testing

/// Kernels, and containers, that do not offer what a worker's rights are reduced by. A filter refuses the calls
/// before `harrier` starts.
@Suite("Workers on older kernels", .enabled(if: PythonScript.isInstalled))
struct OlderKernelTests {
  /// Runs `harrier` where the calls of these numbers have this error.
  private func harrier(
    without numbers: [Int], error: Int32, _ arguments: [String], demand: String
  ) async throws -> HarrierProcess.Output {
    let script = #"""
      import ctypes, os, struct, sys

      numbers, error, binary, arguments = sys.argv[1].split(","), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
      code = [(0x20, 0, 0, 0)]  # the call's number
      for number in numbers:
          code += [(0x15, 0, 1, int(number)), (0x06, 0, 0, 0x00050000 | error)]
      code += [(0x06, 0, 0, 0x7FFF0000)]
      program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
      head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(program)))
      libc = ctypes.CDLL(None, use_errno=True)
      assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, head, 0, 0) == 0
      os.environ["HARRIER_WORKER_SANDBOX"] = arguments.pop(0)
      os.execv(binary, [binary, *arguments])
      """#
    let list = numbers.map(String.init).joined(separator: ",")
    return try await PythonScript.run(
      script, [list, "\(error)", HarrierProcess.binary, demand] + arguments)
  }

  private static let landlock = [444, 445, 446]
  #if arch(x86_64)
    private static let seccomp = [317]
  #else
    private static let seccomp = [277]
  #endif

  @Test(
    "a worker that must have all of it does not start without, and says what is missing",
    arguments: [
      (landlock, ENOSYS, "landlock"), (landlock, EPERM, "landlock"), (seccomp, EPERM, "seccomp"),
    ])
  func required(numbers: [Int], error: Int32, part: String) async throws {
    let folder = try TemporaryFolder()
    let output = try await harrier(
      without: numbers, error: error, ["worker", "--data-dir", folder.path("data")],
      demand: "required")
    #expect(output.status == 2, "\(output.standardError)")
    let line = try #require(output.errorLines.last)
    #expect(line.contains("worker_sandbox"), "\(line)")
    #expect(line.contains("\(part) ("), "\(line)")
  }

  @Test("no model is tried, where all of it is required, by a process that lacks a part")
  func requiredForModels() async throws {
    let folder = try TemporaryFolder()
    let arguments = [
      "models", "publish", Checkout.modelFixture("v8-detect.onnx"), "--data-dir",
      folder.path("data"),
    ]
    let refused = try await harrier(
      without: Self.landlock, error: ENOSYS, arguments, demand: "required")
    #expect(refused.status == 1, "\(refused.standardError)")
    #expect(refused.standardError.contains("worker_sandbox"), "\(refused.standardError)")
    #expect(refused.standardError.contains("landlock ("), "\(refused.standardError)")
    let tried = try await harrier(
      without: Self.landlock, error: ENOSYS, arguments, demand: "auto")
    #expect(tried.status == 0, "\(tried.standardError)")
  }

  @Test(
    "else it takes what there is, and works",
    arguments: [
      (landlock, ENOSYS, "landlock"), (landlock, EPERM, "landlock"), (seccomp, EPERM, "seccomp"),
    ])
  func auto(numbers: [Int], error: Int32, part: String) async throws {
    let folder = try TemporaryFolder()
    let output = try await harrier(
      without: numbers, error: error,
      ["worker", "--check-sandbox", "--data-dir", folder.path("data")], demand: "auto")
    let report = try SandboxTests.Report(output)
    #expect(report.missing.count == 1)
    #expect(report.missing.first?.hasPrefix("\(part) (") == true, "\(report.missing)")
    #expect(Set(report.in_force + [part]) == ["limits", "landlock", "seccomp"])
    // What it needs is there.
    #expect(report.allowed.contains { $0.tried == "start a thread" })
    #expect(!report.wrong.contains { $0.tried == "start a thread" })
    let other = part == "landlock" ? "start a program" : "read /etc/shadow"
    #expect(report.refused.contains { $0.tried == other }, "\(report.refused)")
  }
}
