import Foundation
import Jobs
import Logging
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("WorkerSupervisor")
struct WorkerSupervisorTests {
  private let lines = Lines()

  /// Children are shells; what they print arrives in `lines`.
  private func supervisor(
    _ script: String, count: Int = 1, grace: Duration = .seconds(10)
  ) -> WorkerSupervisor {
    WorkerSupervisor(
      executable: "/bin/sh", count: count, arguments: ["-c", script], grace: grace,
      firstRestart: .milliseconds(1),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { [lines] in lines.add($0) }
  }

  private func withRunning(
    _ supervisor: WorkerSupervisor, _ body: () async throws -> Void
  ) async throws {
    let task = Task { try await supervisor.run() }
    do {
      try await body()
    } catch {
      task.cancel()
      try await task.value
      throw error
    }
    task.cancel()
    try await task.value
  }

  @Test("an announcement reaches every child as a line, and their lines reach the parent")
  func wakes() async throws {
    let supervisor = supervisor("echo ready; while read line; do echo woken; done", count: 2)
    try await withRunning(supervisor) {
      try await eventually { lines.count("ready") == 2 && supervisor.livingCount == 2 }
      await supervisor.announce(JobID(at: startOfTests), priority: .normal)
      try await eventually { lines.count("woken") == 2 }
    }
    #expect(supervisor.livingCount == 0)
  }

  @Test("a child that dies is started again, as another process")
  func restarts() async throws {
    let supervisor = supervisor("echo $$; exit 1")
    try await withRunning(supervisor) { try await eventually { lines.all.count >= 3 } }
    #expect(Set(lines.all).count == lines.all.count)
  }

  @Test("at shutdown children are asked to stop, and the supervisor waits for them")
  func stops() async throws {
    let supervisor = supervisor(
      "trap 'exit 0' TERM; echo $$; while :; do read line || sleep 0.01; done")
    try await withRunning(supervisor) { try await eventually { lines.all.count == 1 } }
    let child = try #require(lines.all.first.flatMap { pid_t($0) })
    #expect(kill(child, 0) == -1)
  }

  @Test("a child that does not stop is killed after the grace period")
  func kills() async throws {
    let supervisor = supervisor(
      "trap '' TERM; echo $$; while :; do read line || sleep 0.01; done",
      grace: .milliseconds(100))
    try await withRunning(supervisor) { try await eventually { lines.all.count == 1 } }
    let child = try #require(lines.all.first.flatMap { pid_t($0) })
    #expect(kill(child, 0) == -1)
  }

  @Test("a program that cannot be started is tried again, and stopping ends it")
  func missingProgram() async throws {
    let supervisor = WorkerSupervisor(
      executable: "/nowhere/at/all", count: 1, arguments: [], grace: .seconds(1),
      firstRestart: .milliseconds(1),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { _ in }
    try await withRunning(supervisor) { #expect(supervisor.livingCount == 0) }
  }

  @Test("without children the service runs until it is stopped")
  func none() async throws {
    try await withRunning(supervisor("echo never", count: 0)) {
      for _ in 0..<100 { await Task.yield() }
    }
    #expect(lines.all.isEmpty)
  }
}

/// Lines that arrived.
final class Lines: Sendable {
  private let state = Mutex<[String]>([])

  var all: [String] { state.withLock { $0 } }
  func add(_ line: String) { state.withLock { $0.append(line) } }
  func count(_ line: String) -> Int { all.count { $0 == line } }
}
