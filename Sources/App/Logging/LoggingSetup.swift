import Foundation
public import Logging

/// Where the log of a process goes: standard error, a line an event.
public enum LoggingSetup {
  /// Makes every logger of this process write so. Once a process, before the first logger.
  public static func bootstrap(format: LogFormat, level: Logger.Level) {
    LoggingSystem.bootstrap { label in
      var handler = ServiceLogHandler(
        label: label, format: format, level: level, write: writeToStandardError)
      // Lines within a trace name it.
      handler.metadataProvider = .spanIDs
      return handler
    }
  }

  /// A logger that writes so, whatever the process has been told.
  public static func logger(label: String, format: LogFormat, level: Logger.Level) -> Logger {
    Logger(label: label) { label in
      ServiceLogHandler(label: label, format: format, level: level, write: writeToStandardError)
    }
  }

  /// One write(2), so that lines of several processes do not mix; only what a full pipe left over follows.
  private static func writeToStandardError(_ line: String) {
    var line = line
    line.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)[...]
      while !rest.isEmpty {
        let written = write(2, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written > 0 {
          rest = rest.dropFirst(written)
        } else if errno != EINTR {
          // Nobody is left who could be told.
          return
        }
      }
    }
  }
}
