import Foundation
import Synchronization

/// One process, started with posix_spawn and waited for on the calling thread.
///
/// Foundation's `Process` loses the end of some when dozens run side by side.
final class ChildProcess: Sendable {
  /// Between a pipe's making and its mark no other process may start, which would inherit it.
  private static let spawning = Mutex(())

  private let path: String
  private let arguments: [String]
  private let environment: [String: String]
  private let directory: String

  private enum State {
    case waiting, killed
    case running(pid_t)
    case ended
  }
  private let state = Mutex(State.waiting)

  init(path: String, arguments: [String], environment: [String: String], directory: String) {
    self.path = path
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  func kill() {
    state.withLock { state in
      if case .running(let process) = state { Foundation.kill(process, SIGKILL) }
      if case .waiting = state { state = .killed }
    }
  }

  /// Sends a signal, if it runs.
  func signal(_ number: Int32) {
    state.withLock { state in
      if case .running(let process) = state { Foundation.kill(process, number) }
    }
  }

  /// What a running process is seen to do, on its own thread.
  enum Sign: Sendable {
    case started(pid_t)
    /// The next bytes of standard output; the first ones came when `isFirst`.
    case output(Data, of: pid_t, isFirst: Bool)
    case ended(HarrierProcess.Output)
  }

  /// Runs to the end on a thread of `queue`; a cancelled task kills the process.
  func run(
    on queue: OperationQueue, onSign: @escaping @Sendable (Sign) -> Void = { _ in }
  ) async throws -> HarrierProcess.Output {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.addOperation { continuation.resume(with: Result { try self.run(onSign) }) }
      }
    } onCancel: {
      kill()
    }
  }

  /// Runs on a thread of `queue` while `body` runs, and is killed then.
  /// - Throws: `TestToolError` with its standard error when it ends by itself; what `body` throws.
  func run(
    on queue: OperationQueue, during body: @Sendable @escaping () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let output = try await self.run(on: queue)
        // Killed by the line below, or it could not start.
        if output.status != 128 + SIGKILL { throw TestToolError(output.standardError) }
      }
      group.addTask {
        defer { self.kill() }
        try await body()
      }
      try await group.waitForAll()
    }
  }

  /// Runs on a thread of its own until it ends; nobody waits for it.
  func launch(onSign: @escaping @Sendable (Sign) -> Void) {
    let thread = Thread { [self] in
      do {
        _ = try run(onSign)
      } catch {
        onSign(
          .ended(
            HarrierProcess.Output(
              status: -1, standardOutput: Data(), standardError: "\(error)", end: .now)))
      }
    }
    thread.start()
  }

  private func run(_ onSign: @Sendable (Sign) -> Void) throws -> HarrierProcess.Output {
    let folder = try TemporaryFolder()
    let errors = folder.path("standard-error")
    let (process, reader) = try Self.spawning.withLock { _ in try start(errors: errors) }
    onSign(.started(process))
    var output = Data()
    while true {
      // What is there now: `read(upToCount:)` waits for all of it.
      let chunk = reader.availableData
      guard !chunk.isEmpty else { break }
      onSign(.output(chunk, of: process, isFirst: output.isEmpty))
      output += chunk
    }
    let status = try wait(for: process)
    let end = ContinuousClock().now
    // The low seven bits hold the signal that ended it, the next eight the exit status (wait(2)).
    let signal = status & 0x7f
    let whole = HarrierProcess.Output(
      status: signal == 0 ? status >> 8 & 0xff : 128 + signal, standardOutput: output,
      standardError: try String(contentsOfFile: errors, encoding: .utf8), end: end)
    onSign(.ended(whole))
    return whole
  }

  /// The process, and where its standard output arrives.
  private func start(errors: String) throws -> (pid_t, FileHandle) {
    var ends: [Int32] = [-1, -1]
    try check(pipe(&ends), "pipe")
    for end in ends { try check(fcntl(end, F_SETFD, FD_CLOEXEC), "fcntl") }
    let reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    defer { close(ends[1]) }
    let process = try state.withLock { state in
      if case .killed = state { throw CancellationError() }
      let process = try spawn(output: ends[1], errors: errors)
      state = .running(process)
      return process
    }
    return (process, reader)
  }

  private func spawn(output: Int32, errors: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    try check(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init")
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600)
    var attributes = posix_spawnattr_t()
    try check(posix_spawnattr_init(&attributes), "posix_spawnattr_init")
    defer { posix_spawnattr_destroy(&attributes) }
    // Threads of the test runner block signals; the process starts with none blocked and none ignored.
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    // env(1) becomes the program, in its directory.
    let env = "/usr/bin/env"
    let words = ([env, "--chdir=\(directory)", path] + arguments).map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (words + variables).forEach { free($0) } }
    var process: pid_t = 0
    try check(
      posix_spawn(&process, env, &actions, &attributes, words, variables), "posix_spawn")
    return process
  }

  /// The process stays a zombie, and its number its own, until nobody can send it a signal any more.
  private func wait(for process: pid_t) throws -> Int32 {
    var information = siginfo_t()
    try check(waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT), "waitid")
    return try state.withLock { state in
      state = .ended
      var status: Int32 = 0
      try check(waitpid(process, &status, 0) == process ? 0 : -1, "waitpid")
      return status
    }
  }

  private func check(_ result: Int32, _ call: String) throws {
    guard result == 0 else {
      throw CocoaError(.executableLoad, userInfo: [NSDebugDescriptionErrorKey: "\(call) failed"])
    }
  }
}
