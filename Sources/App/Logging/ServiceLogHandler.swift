import Foundation
import Logging

/// Writes the log, a line an event.
struct ServiceLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel: Logger.Level
  private let label: String
  private let format: LogFormat
  private let now: @Sendable () -> Date
  private let write: @Sendable (String) -> Void

  /// `write` takes whole lines with their ends, from any thread.
  init(
    label: String, format: LogFormat, level: Logger.Level,
    now: @escaping @Sendable () -> Date = { Date() },
    write: @escaping @Sendable (String) -> Void
  ) {
    self.label = label
    self.format = format
    logLevel = level
    self.now = now
    self.write = write
  }

  subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    // The nearer to the event, the stronger.
    let merged = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
      .merging(event.metadata ?? [:]) { $1 }
    let line = LogLine(event, label: label, metadata: merged, at: now())
    switch format {
    case .json: write(line.json())
    case .text: write(line.text())
    }
  }
}
