public import Foundation
public import Jobs
import NIOPosix
public import ObjectDetection

/// What came of the newest shadows of two versions, added up.
public struct ShadowReport: Sendable, Equatable {
  /// A pair that was compared.
  public struct Pair: Sendable, Equatable {
    public var baseJob: JobID
    public var shadowJob: JobID
    /// 0...1
    public var agreement: Double
    public var comparedAt: Date
  }

  /// Why jobs had no results.
  public struct Failure: Sendable, Hashable {
    public var side: ShadowOutcome.Side
    public var code: String
  }

  static let worstCount = 20
  /// Results that are read at once: some megabytes where there are many classes.
  private static let page = 200

  public let versions: ShadowVersions
  /// Pairs that were compared.
  public private(set) var jobs = 0
  /// Pairs one of whose jobs has no results.
  public private(set) var failed = 0
  /// Pairs that have not ended.
  public private(set) var pending = 0
  public private(set) var comparison = ModelComparison()
  public private(set) var failures: [Failure: Int] = [:]
  /// Those that agree least, the least first; of equal ones the newest first.
  public private(set) var worst: [Pair] = []

  init(versions: ShadowVersions) { self.versions = versions }

  /// Adds up at most `ShadowResult.keptCount` results.
  static func read(
    _ versions: ShadowVersions, from store: any ShadowStore
  ) async throws -> ShadowReport {
    var report = ShadowReport(versions: versions)
    report.pending = try await store.pendingShadows(of: versions)
    var last: JobID?
    while true {
      try Task.checkCancellation()
      let results = try await store.shadowResults(of: versions, before: last, limit: page)
      // Reading ten thousand documents takes a second of a thread.
      report = try await NIOThreadPool.singleton.runIfActive { [report] in
        var longer = report
        for result in results { try longer.add(result) }
        return longer
      }
      last = results.last?.pair.shadowJob
      if results.count < page { return report }
    }
  }

  /// - Throws: `JobsError(.databaseError)` for figures that cannot be read.
  mutating func add(_ result: ShadowResult) throws {
    switch result.outcome {
    case .failed(let side, let failure):
      failed += 1
      failures[Failure(side: side, code: failure.code), default: 0] += 1
    case .compared(let figures):
      let comparison = try ModelComparison(storedShadow: figures)
      jobs += 1
      self.comparison += comparison
      rank(
        Pair(
          baseJob: result.pair.baseJob, shadowJob: result.pair.shadowJob,
          agreement: comparison.figures.agreement, comparedAt: result.endedAt))
    }
  }

  private mutating func rank(_ pair: Pair) {
    if worst.count == Self.worstCount, let last = worst.last, !Self.isWorse(pair, last) { return }
    let place = worst.firstIndex { Self.isWorse(pair, $0) } ?? worst.endIndex
    worst.insert(pair, at: place)
    if worst.count > Self.worstCount { worst.removeLast() }
  }

  private static func isWorse(_ left: Pair, _ right: Pair) -> Bool {
    left.agreement == right.agreement
      ? left.shadowJob > right.shadowJob : left.agreement < right.agreement
  }

  /// Most frequent first.
  public var sortedFailures: [(failure: Failure, count: Int)] {
    failures.map { (failure: $0.key, count: $0.value) }.sorted { left, right in
      left.count == right.count
        ? (left.failure.side.rawValue, left.failure.code)
          < (right.failure.side.rawValue, right.failure.code)
        : left.count > right.count
    }
  }
}

/// A model's rule, and what came of it.
public struct ShadowSummary: Sendable, Equatable {
  /// Of the model.
  public var name: String
  /// nil where nothing runs beside it.
  public var rule: ShadowRule?
  /// What its name means; nil when it has no version.
  public var base: Int?
  /// What is tried; nil where nothing is, or it is gone.
  public var candidate: Int?
  /// nil where those two are not two versions.
  public var report: ShadowReport?
}

extension ModelStore {
  /// - Parameters:
  ///   - base: nil for the version that the model's name means.
  ///   - candidate: nil for the rule's.
  /// - Throws: `JobsError(.modelNotFound)` when no version of the model is registered.
  func shadowSummary(
    of name: String, base: Int? = nil, candidate: Int? = nil
  ) async throws -> ShadowSummary {
    guard let model = try await registeredModel(named: name) else {
      throw JobsError.noSuchModel(name)
    }
    let rule = try await shadow(of: name)
    var summary = ShadowSummary(
      name: name, rule: rule, base: base ?? model.number(.standard),
      candidate: candidate ?? rule.flatMap { model.number($0.candidate) })
    if let base = summary.base, let candidate = summary.candidate, base != candidate {
      summary.report = try await ShadowReport.read(
        ShadowVersions(name: name, base: base, candidate: candidate), from: self)
    }
    return summary
  }

  /// Sets a rule whose candidate is there.
  /// - Returns: the rule before; nil when there was none.
  /// - Throws: `JobsError(.modelNotFound)` when the model or the candidate is not registered.
  func setShadowChecked(_ rule: ShadowRule) async throws -> ShadowRule? {
    guard let model = try await registeredModel(named: rule.name) else {
      throw JobsError.noSuchModel(rule.name)
    }
    guard model.number(rule.candidate) != nil else {
      throw JobsError(.modelNotFound, "There is no version \(rule.reference)")
    }
    return try await setShadow(rule)
  }
}
