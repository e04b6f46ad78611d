import CSandbox
import Foundation
import Jobs

/// Takes from a process what its work does not need, so that a hostile picture that takes over a library finds
/// little to do.
///
/// Landlock holds for the thread that asks for it and for what that thread starts. So `enter` restricts its own
/// thread and starts the program anew in its place; all threads of the new one are restricted. What even its start
/// needed is taken by `seal`.
public struct WorkerSandbox: Sendable {
  private let rules: SandboxRules

  public init(_ rules: SandboxRules) { self.rules = rules }

  /// Replaces this process by its own program: same process id, same standard input and output. What the kernel
  /// does not have is left out. Signals end the process, as at any start.
  ///
  /// - Parameter arguments: the program's name first.
  /// - Throws: `CancellationError` when the task was cancelled; `JobsError` when a rule cannot be made, or the program
  ///   not be started.
  public func enter(arguments: [String]) throws -> Never {
    try SandboxEntry.prepare()
    try rules.limits.apply()
    try Capabilities.drop()
    // Where there is none, `seal` says why.
    if let landlock = try? Landlock() { try landlock.restrict(to: rules) }
    let variables = ProcessInfo.processInfo.environment.merging([
      "TMPDIR": rules.temporaryFolder,
      // It would start a program, and wait for it.
      "SWIFT_BACKTRACE": "enable=no",
    ]) { $1 }
    try Task.checkCancellation()
    throw SandboxEntry.execute(
      "/proc/self/exe", arguments: arguments, environment: variables)
  }

  /// To be called at the start of the program that `enter` has started, before anything foreign is read.
  /// - Returns: what holds now, as the kernel's answers show it.
  public func seal() -> SandboxState {
    // A larger file is an error of that write, not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    // No core file, not even by a program that the kernel would start for it; and no other process of this user
    // may look into this one.
    _ = harrier_system_call(Int(SYS_prctl), Int(PR_SET_DUMPABLE), 0, 0, 0, 0)
    var problems: [SandboxState.Part: String] = [:]
    do {
      try SystemCallFilter(process: getpid(), network: rules.network).install()
    } catch {
      problems[.seccomp] = "\(error)"
    }
    do {
      _ = try Landlock()
    } catch {
      problems[.landlock] = "\(error)"
    }
    return SandboxState(
      inForce: Set(
        SandboxState.Part.allCases.filter { part in
          switch part {
          case .limits: rules.limits.areInForce
          case .landlock: Landlock.isInForce
          case .seccomp: SystemCallFilter.isInForce
          }
        }), problems: problems)
  }
}

/// Which parts of a sandbox hold.
public struct SandboxState: Sendable, Equatable {
  /// The three means of the kernel.
  public enum Part: String, Sendable, CaseIterable {
    /// rlimits: memory, size of files, no core files.
    case limits
    /// Which files, and which TCP ports.
    case landlock
    /// Which system calls.
    case seccomp
  }

  public var inForce: Set<Part>
  /// Why others do not, where the kernel says so.
  public var problems: [Part: String]

  public init(inForce: Set<Part>, problems: [Part: String] = [:]) {
    self.inForce = inForce
    self.problems = problems
  }

  /// Those that do not hold, each with the kernel's reason.
  public var missing: [String] {
    Part.allCases.filter { !inForce.contains($0) }.map { part in
      problems[part].map { "\(part.rawValue) (\($0))" } ?? part.rawValue
    }
  }
}

extension JobsError {
  static func sandbox(_ call: String, _ error: Int32) -> JobsError {
    JobsError(
      .storageError, "The worker's rights cannot be reduced",
      cause: "\(call): \(String(cString: strerror(error)))")
  }
}

/// nil for what is not there.
func fileStatus(_ path: String) -> stat? {
  var status = stat()
  return stat(path, &status) == 0 ? status : nil
}

/// Without links; nil for what is not there.
func realPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
