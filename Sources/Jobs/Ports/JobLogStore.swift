public import Foundation

/// What has happened to a job, in words for clients: nothing of the server's folders, addresses and libraries.
public struct JobLogEntry: Sendable, Equatable {
  /// How much it matters.
  public enum Level: String, Sendable, CaseIterable {
    case info
    case warning
    case error
  }

  /// Who tells it.
  public enum Source: String, Sendable, CaseIterable {
    case api
    case worker
  }

  public var time: Date
  public var level: Level
  public var source: Source
  /// The number of the attempt that it belongs to; nil for none.
  public var attempt: Int?
  public var message: String
  public var details: [String: String]

  public init(
    time: Date, level: Level = .info, source: Source, attempt: Int? = nil, message: String,
    details: [String: String] = [:]
  ) {
    self.time = time
    self.level = level
    self.source = source
    self.attempt = attempt
    self.message = message
    self.details = details
  }
}

/// An entry at its place in its job's log.
public struct NumberedEntry: Sendable, Equatable {
  /// The first entry of a job has 1, each one the next number.
  public var number: Int
  public var entry: JobLogEntry

  public init(number: Int, entry: JobLogEntry) {
    self.number = number
    self.entry = entry
  }
}

/// How much of a job's log is kept. Characters are Unicode scalars: what people see as one may be of any length.
public enum JobLog {
  /// Entries, the newest ones: more than anybody reads, and few enough to keep for every job.
  public static let limit = 1000
  /// Characters.
  public static let messageLimit = 500
  /// Those whose names come first.
  public static let detailsLimit = 16
  /// Characters.
  public static let detailNameLimit = 64
  /// Characters.
  public static let detailValueLimit = 500
}

/// What has happened to each job, for the clients who ask. It decides nothing, and no change of it is a change of the
/// job.
///
/// A log lives as long as its job. Every implementation passes the conformance suite in Tests/TestSupport.
public protocol JobLogStore: Sendable {
  /// Adds entries in their order, as `JobLogEntry.kept`, and forgets all but the newest `JobLog.limit`; in one
  /// transaction. A job that is gone is no error.
  func append(_ entries: [JobLogEntry], to job: JobID) async throws

  /// At most `limit` entries behind a number, oldest first; nil for the first ones that are kept.
  ///
  /// Numbers grow in the order in which entries become visible: who has seen one will never find an entry with a
  /// lower one later.
  func log(of job: JobID, after number: Int?, limit: Int) async throws -> [NumberedEntry]
}

extension JobLogEntry {
  /// The entry as stores keep it: what is too long is cut, what is too much is left out, and NUL, which PostgreSQL
  /// has no room for, is replaced.
  public var kept: JobLogEntry {
    var entry = self
    entry.message = message.kept(upTo: JobLog.messageLimit)
    let names = details.keys.sorted().prefix(JobLog.detailsLimit)
    let cut = names.map { name in
      (
        name.kept(upTo: JobLog.detailNameLimit),
        (details[name] ?? "").kept(upTo: JobLog.detailValueLimit)
      )
    }
    entry.details = Dictionary(cut) { first, _ in first }
    return entry
  }
}

extension String {
  /// At most `limit` Unicode scalars, without NUL.
  fileprivate func kept(upTo limit: Int) -> String {
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars.prefix(limit) {
      text.append(scalar == "\0" ? "\u{FFFD}" : scalar)
    }
    return String(text)
  }
}
