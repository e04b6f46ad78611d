import Foundation
import Jobs

/// An id that the store itself has written.
func storedIdentifier<Kind>(_ text: String) throws -> Identifier<Kind> {
  guard let id = Identifier<Kind>(text) else {
    throw JobsError(.databaseError, "The metadata store holds an invalid id")
  }
  return id
}

/// nil where there is no code.
func storedFailure(code: String?, message: String?, details: String?) -> JobFailure? {
  code.map { JobFailure(code: $0, message: message ?? "", details: details) }
}

extension Job {
  /// Nobody's jobs are not counted, so they have no limit.
  var storedRunningLimit: Int? { owner == nil ? nil : runningLimit }
}

extension Set<AccessScope> {
  /// As a column keeps them: in their order, with spaces between.
  var storedText: String { sorted().map(\.rawValue).joined(separator: " ") }

  init(storedText: String) throws {
    self = []
    for name in storedText.split(separator: " ") {
      guard let scope = AccessScope(rawValue: String(name)) else {
        throw JobsError(.databaseError, "The metadata store holds an unknown scope")
      }
      insert(scope)
    }
  }
}

/// An entry of a job's log, from its columns.
func storedLogEntry(
  timeMs: Int64, level: String, source: String, attempt: Int?, message: String, details: String?
) throws -> JobLogEntry {
  guard let level = JobLogEntry.Level(rawValue: level),
    let source = JobLogEntry.Source(rawValue: source)
  else {
    throw JobsError(.databaseError, "The metadata store holds an unknown kind of log entry")
  }
  var entry = JobLogEntry(
    time: Date(milliseconds: timeMs), level: level, source: source, attempt: attempt,
    message: message)
  if let details {
    do {
      entry.details = try JSONDecoder().decode([String: String].self, from: Data(details.utf8))
    } catch {
      throw JobsError(
        .databaseError, "The metadata store holds an unreadable log entry", cause: "\(error)")
    }
  }
  return entry
}

extension JobLogEntry {
  /// Its details as a column keeps them: a JSON object; nil when there are none.
  func storedDetails() throws -> String? {
    guard !details.isEmpty else { return nil }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(details), as: UTF8.self)
  }
}

extension [JobLogEntry] {
  /// As they are kept: the last one has the number `newest`, and those that would be forgotten at once are left out.
  func numbered(upTo newest: Int) -> [NumberedEntry] {
    let kept = suffix(JobLog.limit)
    return zip((newest - kept.count + 1)..., kept).map {
      NumberedEntry(number: $0, entry: $1.kept)
    }
  }
}

extension [ImageRecord] {
  /// Those of these files, in their order.
  func inOrder(of files: [FileID]) -> [ImageRecord] {
    let byFile = Dictionary(map { ($0.fileID, $0) }, uniquingKeysWith: { first, _ in first })
    return files.compactMap { byFile[$0] }
  }
}
