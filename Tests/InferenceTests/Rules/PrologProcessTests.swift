import Foundation
import NIOPosix
import ObjectDetection
import TestSupport
import Testing

@testable import Inference

@Suite("The process that reads rule files")
struct PrologProcessTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A program in the place of `swipl`.
  private func script(_ text: String) throws -> String {
    let path = try folder.write("#!/bin/sh\n\(text)\n", to: "swipl")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  /// A pipe with a name: the limits forbid to write files, but not this.
  private func pipe() throws -> String {
    let path = folder.path("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    return path
  }

  /// What is written to the pipe, until its writer closes it.
  private func read(_ pipe: String) async throws -> String {
    try await NIOThreadPool.singleton.runIfActive {
      let text = try FileHandle(forReadingFrom: URL(fileURLWithPath: pipe)).readToEnd()
      return String(decoding: text ?? Data(), as: UTF8.self)
    }
  }

  private let endless = Array("confidence_modifier(a,b,1) :- l.\nl :- l.\n".utf8)

  @Test("without SWI-Prolog, the error says so, however long the text", arguments: [1, 1 << 20])
  func missing(length: Int) async throws {
    let reader = PrologReader(executable: folder.path("swipl"))
    let error = await #expect(throws: DetectionError.self) {
      try await reader.table(of: [UInt8](repeating: 0x20, count: length), file: "x.pl")
    }
    #expect(error?.code == .reasoningError)
    #expect(
      error?.message
        == "x.pl: SWI-Prolog (swipl) is not installed; rule sets cannot be used")
  }

  @Test("a process that takes too long is killed, and the file is not blamed")
  func wallClock() async throws {
    // A name of its own, by which the process would be found.
    let swipl = folder.path("swipl")
    let found = try #require(
      ["/usr/bin/swipl", "/usr/local/bin/swipl"].first(
        where: FileManager.default.fileExists(atPath:)))
    try FileManager.default.createSymbolicLink(atPath: swipl, withDestinationPath: found)
    var limits = PrologLimits()
    limits.wallClock = .milliseconds(300)
    limits.inferences = 1 << 60
    let outcome = try await PrologReader(executable: swipl, limits: limits)
      .outcome(of: endless, file: "x.pl")
    #expect(
      outcome
        == .interrupted(
          DetectionError(.reasoningError, "x.pl: the rules take longer than 0.3 seconds")))
    #expect(try RuleFixture.processes(mentioning: swipl) == [])
  }

  @Test("a process that works too long is killed, and the file is to blame")
  func processorTime() async throws {
    var limits = RuleFixture.limits
    limits.processorSeconds = 1
    limits.inferences = 1 << 60
    let outcome = try await PrologReader(limits: limits).outcome(of: endless, file: "x.pl")
    #expect(
      outcome
        == .refused(
          DetectionError(
            .reasoningError, "x.pl: the rules take more than 1 s of processor time")))
  }

  @Test("cancellation kills the process")
  func cancellation() async throws {
    let pipe = try pipe()
    let reader = PrologReader(
      executable: try script("echo $$ > '\(pipe)'\nexec sleep 1000"), limits: RuleFixture.limits)
    let reading = Task { try await reader.table(of: [], file: "x.pl") }
    let process = try #require(pid_t(try await read(pipe).trimmingCharacters(in: .newlines)))
    #expect(kill(process, 0) == 0)
    let start = ContinuousClock.now
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    // Its wall clock would end it after 120 s.
    #expect(ContinuousClock.now - start < .seconds(90))
    #expect(kill(process, 0) == -1 && errno == ESRCH)
  }

  @Test("the process sees nothing of this one's environment, and runs in the root")
  func environment() async throws {
    let pipe = try pipe()
    let reader = PrologReader(
      executable: try script("exec > '\(pipe)'\npwd\nexec env"), limits: RuleFixture.limits)
    async let outcome = reader.outcome(of: [], file: "x.pl")
    let lines = try await read(pipe).split(separator: "\n").map(String.init)
    #expect(lines.first == "/")
    let names = Set(
      lines.dropFirst().compactMap { $0.split(separator: "=").first.map(String.init) })
    // The shell of the script adds the latter.
    #expect(names.subtracting(["PWD", "OLDPWD", "SHLVL", "_"]) == ["PATH", "LANG", "HOME"])
    _ = try await outcome
  }

  @Test("the process is limited from its first instruction on")
  func limits() async throws {
    let pipe = try pipe()
    let reader = PrologReader(
      executable: try script("exec cat /proc/self/limits > '\(pipe)'"), limits: RuleFixture.limits)
    async let outcome = reader.outcome(of: [], file: "x.pl")
    let limits = try await read(pipe).split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    for limit in [
      "Max cpu time 2 3 seconds", "Max file size 0 0 bytes", "Max core file size 0 0 bytes",
      "Max address space 536870912 536870912 bytes", "Max open files 32 32 files",
      "Max processes 1 1 processes",
    ] { #expect(limits.contains(limit)) }
    _ = try await outcome
  }

  @Test(
    "an answer without an end is none",
    arguments: ["exit 0", "echo 'pair 1 1 1.0'; echo ab", "exit 3", "kill -9 $$"])
  func incomplete(program: String) async throws {
    let outcome = try await PrologReader(executable: try script(program))
      .outcome(of: endless, file: "x.pl")
    guard case .interrupted(let error) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(error.message.hasPrefix("x.pl: "))
  }

  @Test("an endless answer is stopped")
  func endlessAnswer() async throws {
    let outcome = try await PrologReader(
      executable: try script("exec cat /dev/zero"), limits: RuleFixture.limits
    ).outcome(of: endless, file: "x.pl")
    #expect(
      outcome
        == .refused(
          DetectionError(.reasoningError, "x.pl: the table is longer than 16777216 bytes")))
  }

  @Test("one that waits for its turn can be cancelled")
  func waiting() async throws {
    let pipe = try pipe()
    var limits = RuleFixture.limits
    limits.processes = 1
    let reader = PrologReader(
      executable: try script("echo $$ > '\(pipe)'\nexec sleep 1000"), limits: limits)
    let running = Task { try await reader.table(of: [], file: "x.pl") }
    _ = try await read(pipe)
    // A second process would wait for a reader of the pipe.
    let waiting = Task { try await reader.table(of: [], file: "y.pl") }
    while reader.waiting == 0 { await Task.yield() }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
  }
}
