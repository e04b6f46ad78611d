import CSandbox
import Foundation
import Jobs

/// What a process does before it becomes another program with fewer rights.
enum SandboxEntry {
  /// CLOSE_RANGE_CLOEXEC
  private static let closeAtExecve = 4

  /// Signals as at any start, no new privileges, no file of this process for the new one but the standard ones.
  static func prepare() throws {
    for number in [SIGINT, SIGTERM, SIGPIPE] { signal(number, SIG_DFL) }
    // Dispatch blocks all signals on its threads, and the new program would begin with this one's mask.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    guard harrier_system_call(Int(SYS_prctl), Int(PR_SET_NO_NEW_PRIVS), 1, 0, 0, 0) == 0 else {
      throw JobsError.sandbox("prctl", errno)
    }
    // A kernel without this has the marks that every library of ours sets.
    _ = harrier_system_call(
      Int(SYS_close_range), Int(STDERR_FILENO) + 1, Int(UInt32.max), Self.closeAtExecve, 0, 0)
  }

  /// Returns only when the program could not be started, and why.
  static func execute(
    _ path: String, arguments: [String], environment: [String: String]
  ) -> JobsError {
    withStrings(arguments) { arguments in
      withStrings(environment.map { "\($0)=\($1)" }) { variables in
        _ = execve(path, arguments, variables)
      }
    }
    return JobsError.sandbox("execve \(path)", errno)
  }

  private static func withStrings(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Void
  ) {
    var copies = strings.map { strdup($0) } + [nil]
    defer {
      let error = errno
      copies.forEach { free($0) }
      errno = error
    }
    copies.withUnsafeMutableBufferPointer { buffer in
      if let start = buffer.baseAddress { body(start) }
    }
  }
}
