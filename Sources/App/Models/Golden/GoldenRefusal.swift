public import Jobs
import ObjectDetection

/// A version that has not passed the golden pictures of its model, and what did not happen for it.
public struct GoldenRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// Pictures that are named, the worst ones.
  static let namedPictures = 10

  public var version: ModelVersionID
  /// It stays where it is; nil when the version was only checked.
  public var alias: String?
  /// What the version has found; nil when it could not be run.
  public var verdict: GoldenVerdict?
  /// In numbers, or why it could not be run.
  public var reason: String

  init(_ verdict: GoldenVerdict, _ demand: GoldenDemand, alias: String?) {
    version = verdict.version
    self.alias = alias
    self.verdict = verdict
    reason = verdict.figures.total.words(demand)
  }

  init(_ version: ModelVersionID, cannotRun reason: String) {
    self.version = version
    self.reason = reason
  }

  /// For people.
  public var message: String {
    let stays = alias.map { ", and \($0) stays where it is" } ?? ""
    return verdict == nil
      ? "\(version) cannot be run on the golden pictures\(stays)"
      : "\(version) does not pass the golden pictures\(stays)"
  }

  public var description: String { "\(message): \(reason)" }

  /// Those with the most faults first.
  public var worstPictures: [GoldenFigures.Part] {
    (verdict?.figures.pictures ?? []).filter { $0.counts.faults > 0 }
      .sorted { ($1.counts.faults, $0.name) < ($0.counts.faults, $1.name) }
      .prefix(Self.namedPictures).map(\.self)
  }
}

extension GoldenCounts {
  init(_ counts: GoldenScore.Counts) {
    self.init(expected: counts.expected, found: counts.found, matched: counts.matched)
  }

  var faults: Int { missing + extra }

  /// `3 of 12 boxes missing, 1 extra`
  public var words: String { "\(missing) of \(expected) boxes missing, \(extra) extra" }

  fileprivate func words(_ demand: GoldenDemand) -> String {
    "recall \(Self.rounded(recall)) of at least \(demand.minRecall), "
      + "precision \(Self.rounded(precision)) of at least \(demand.minPrecision): \(words)"
  }

  /// Towards zero: what has not passed must not look as if it had.
  private static func rounded(_ share: Double) -> String {
    decimal((share * 10_000 + 1e-6).rounded(.down) / 10_000, places: 4, trimmed: true)
  }
}

extension APIError {
  /// The figures as details, the worst pictures as entries.
  init(_ refusal: GoldenRefusal) {
    self.init(
      .goldenCheckFailed, refusal.message, details: refusal.reason,
      entries: refusal.worstPictures.map { picture in
        APIErrorEntry(
          filename: picture.name, code: APIErrorCode.goldenCheckFailed.rawValue,
          error: picture.counts.words)
      })
  }
}
