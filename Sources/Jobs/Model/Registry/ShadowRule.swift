public import Foundation

/// Beside jobs that run a registered model, another version of it runs on a share of them.
public struct ShadowRule: Sendable, Equatable {
  /// Where nobody says another one: a tenth more work.
  public static let standardShare = 0.1

  /// Of the model.
  public var name: String
  /// The version that is tried: by its number, or whichever an alias is at when a job is accepted.
  public var candidate: ModelReference.Selector
  /// Of the jobs; above 0, at most 1.
  public var share: Double
  public var setAt: Date
  /// nil where nobody had to say who they are.
  public var setBy: String?

  public init(
    name: String, candidate: ModelReference.Selector, share: Double, setAt: Date, setBy: String?
  ) {
    self.name = name
    self.candidate = candidate
    self.share = share
    self.setAt = setAt
    self.setBy = setBy
  }

  /// The version that is tried, as jobs name it.
  public var reference: ModelReference { ModelReference(name: name, selector: candidate) }
}

/// A version of a model and another one that is tried beside it.
public struct ShadowVersions: Sendable, Hashable {
  /// Of the model.
  public var name: String
  /// What clients' jobs run.
  public var base: Int
  /// What is tried.
  public var candidate: Int

  public init(name: String, base: Int, candidate: Int) {
    self.name = name
    self.base = base
    self.candidate = candidate
  }
}

/// A client's job and the one that tries a candidate beside it.
public struct ShadowPair: Sendable, Hashable {
  /// For how long after it is due a pair without its shadow is left alone: a slow store may still be queueing it.
  public static let patience: TimeInterval = 300

  public var versions: ShadowVersions
  /// The client's.
  public var baseJob: JobID
  public var shadowJob: JobID

  public init(versions: ShadowVersions, baseJob: JobID, shadowJob: JobID) {
    self.versions = versions
    self.baseJob = baseJob
    self.shadowJob = shadowJob
  }
}

/// What became of a pair.
public enum ShadowOutcome: Sendable, Equatable {
  /// Which of the two jobs.
  public enum Side: String, Sendable, CaseIterable {
    case base, candidate
  }

  /// The figures are a JSON document of the application.
  case compared(figures: String)
  /// One of the jobs has no results, so there is nothing to compare.
  case failed(Side, JobFailure)
}

/// A pair that has come to its end. It stays when its jobs go.
public struct ShadowResult: Sendable, Equatable {
  /// Of one model, the newest ones: years of a small share, and few enough to add up while somebody waits.
  public static let keptCount = 10_000

  public var pair: ShadowPair
  public var outcome: ShadowOutcome
  public var endedAt: Date

  public init(pair: ShadowPair, outcome: ShadowOutcome, endedAt: Date) {
    self.pair = pair
    self.outcome = outcome
    self.endedAt = endedAt
  }
}

extension Job {
  /// Whether nobody waits for it. Such a job has no owner and is in no number that somebody is paged for. Estimates of
  /// jobs of low priority count those that wait before them; the measured speed leaves them out.
  public var isShadow: Bool { comparison?.isShadow == true }
}
