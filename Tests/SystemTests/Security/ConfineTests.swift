import Foundation
import TestSupport
import Testing

/// What a program that opens somebody's file can do: tried from inside, by Python, as a pickle would.
@Suite("harrier confine")
struct ConfineTests {
  /// The system's interpreter: it is not in a home folder.
  private static let python = "/usr/bin/python3"

  private struct Attempt {
    var output: HarrierProcess.Output
    var folder: TemporaryFolder
  }

  /// Runs the lines in a confined interpreter, with `folder` to write to.
  private func attempt(
    _ script: String, reading: [String] = [], environment: [String: String] = [:]
  ) async throws -> Attempt {
    let folder = try TemporaryFolder()
    let output = try await HarrierProcess(
      ["confine"] + reading.flatMap { ["--read", $0] } + ["--write", folder.path, "--"]
        + [Self.python, "-I", "-c", script, folder.path],
      environment: environment
    ).run()
    return Attempt(output: output, folder: folder)
  }

  @Test("it computes, reads what is named, and writes into its folder")
  func works() async throws {
    let readable = try TemporaryFolder()
    let path = try readable.write("words", to: "note.txt")
    let attempt = try await attempt(
      "import sys; open(sys.argv[1] + '/out', 'w').write(open('\(path)').read() + '!')",
      reading: [path])
    #expect(attempt.output.status == 0, "\(attempt.output.standardError)")
    #expect(try String(contentsOfFile: attempt.folder.path + "/out", encoding: .utf8) == "words!")
  }

  @Test(
    "it reaches no network, starts no program, and sees no other file",
    arguments: [
      "import socket; socket.socket()",
      "import socket; socket.socket(socket.AF_UNIX)",
      "import socket; socket.create_connection(('127.0.0.1', 9))",
      "import os; os.fork()",
      "import subprocess; subprocess.run(['/bin/true'])",
      "import os; os.execv('/bin/sh', ['sh', '-c', 'echo taken'])",
      "import os; os.posix_spawn('/bin/true', ['true'], {})",
      "import multiprocessing; multiprocessing.Process(target=print).start()",
      "import os; os.kill(os.getppid(), 0)",
      "import os; print(os.listdir('/root'), os.listdir('/home'))",
      "open('/etc/shadow').read()",
      "open('/tmp/harrier-confine-proof', 'w')",
      "import os; os.symlink('/etc/passwd', __import__('sys').argv[1] + '/link')",
      "import os; os.mkfifo(__import__('sys').argv[1] + '/pipe')",
    ])
  func refused(_ script: String) async throws {
    let attempt = try await attempt(
      "try:\n  \(script)\nexcept PermissionError as e:\n  print('refused', e.errno)")
    #expect(attempt.output.text.hasPrefix("refused"), "\(attempt.output.standardError)")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/harrier-confine-proof"))
  }

  @Test("memory without end is an error of the program")
  func memory() async throws {
    let attempt = try await attempt(
      "blocks = []\ntry:\n  while True: blocks.append(bytearray(1 << 40))\nexcept MemoryError: print('refused')"
    )
    #expect(attempt.output.text == "refused\n")
  }

  @Test("a program that is not there is an error that says so")
  func missing() async throws {
    let folder = try TemporaryFolder()
    let output = try await HarrierProcess(
      ["confine", "--write", folder.path, "--", "/nonexistent/python"]
    ).run()
    #expect(output.status == 1)
    #expect(output.standardError.contains("/nonexistent/python"))
  }
}
