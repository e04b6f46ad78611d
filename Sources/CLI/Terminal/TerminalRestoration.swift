import Foundation
import Synchronization

/// Puts the terminal back as it was, whatever ends the process: `exit`, a crash, or a signal that nobody waits for.
///
/// It does so once, with calls only that a signal handler may make (signal-safety(7)), and with memory that was there
/// before.
enum TerminalRestoration {
  /// Signals that end a process before its own code could clean up.
  private static let fatal = [
    SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGXCPU,
  ]

  /// From now on, and until `restore()`, the end of the process restores these modes and the screen.
  static func arm(_ modes: termios) {
    savedModes.pointee = modes
    if !isPrepared.exchange(true, ordering: .relaxed) {
      atexit { TerminalRestoration.restore() }
      for number in fatal { catchSignal(number) }
    }
    isArmed.store(true, ordering: .sequentiallyConsistent)
  }

  /// From now on this signal restores the terminal before it does what it did so far.
  static func catchSignal(_ number: Int32) {
    var handler = sigaction()
    sigemptyset(&handler.sa_mask)
    handler.__sigaction_handler.sa_handler = { number in
      TerminalRestoration.restore()
      // Sent again, it is delivered when this handler has returned.
      sigaction(number, savedHandlers + Int(number), nil)
      raise(number)
    }
    sigaction(number, &handler, savedHandlers + Int(number))
  }

  static func restore() {
    guard isArmed.exchange(false, ordering: .sequentiallyConsistent) else { return }
    // A terminal that takes nothing more must not keep the process.
    var state = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    if poll(&state, 1, 1000) > 0 {
      _ = write(STDOUT_FILENO, leaving.utf8Start, leaving.utf8CodeUnitCount)
    }
    tcsetattr(STDOUT_FILENO, TCSANOW, savedModes)
  }
}

/// Lines wrap again, plain text, the screen from before, the cursor.
private let leaving: StaticString = "\u{1B}[?7h\u{1B}[0m\u{1B}[?1049l\u{1B}[?25h"
private let isArmed = Atomic(false)
private let isPrepared = Atomic(false)
// Unsafe for the compiler only: written before `isArmed` is set, read after it was.
nonisolated(unsafe) private let savedModes = UnsafeMutablePointer<termios>.allocate(capacity: 1)
// By the signal's number; each place is written before its signal is caught.
nonisolated(unsafe) private let savedHandlers = UnsafeMutablePointer<sigaction>.allocate(
  capacity: 65)
