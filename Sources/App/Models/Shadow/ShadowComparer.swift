import Foundation
import Jobs
import Logging
import ObjectDetection

/// Compares pairs of jobs that have ended, and keeps what came of it. Several API processes may do so at once.
struct ShadowComparer: Sendable {
  private static let interval = Duration.seconds(5)
  /// Crowded pictures of one pair take less; what fails is tried again after it.
  private static let lease = Duration.seconds(300)
  /// Results that cannot be read for so long after the shadow's end are lost.
  private static let patience: TimeInterval = 24 * 3600

  let service: Service
  private let throttle = LogThrottle()

  init(service: Service) { self.service = service }

  /// Looks every few seconds until it is cancelled.
  func run() async {
    let clock = ContinuousClock()
    while !Task.isCancelled {
      // Where many wait, there is no pause.
      if await pass() { continue }
      do { try await clock.sleep(for: Self.interval) } catch { return }
    }
  }

  /// Looks at one pair, so that its lease is its own.
  /// - Returns: whether there was one.
  @discardableResult
  func pass() async -> Bool {
    do {
      let pairs = try await service.registry.store.claimShadowPairs(
        upTo: 1, lease: Self.lease, now: service.now())
      for pair in pairs { await look(at: pair) }
      return !pairs.isEmpty
    } catch {
      report(error, nil)
      return false
    }
  }

  private func look(at pair: ShadowPair) async {
    do {
      guard let outcome = try await outcome(of: pair) else {
        return try await service.registry.store.forget(pair)
      }
      // Another process may have been faster.
      guard try await service.registry.store.end(pair, outcome, now: service.now()) else { return }
      switch outcome {
      case .compared: service.metrics.shadow(.compared)
      case .failed(.base, _): service.metrics.shadow(.baseFailed)
      case .failed(.candidate, _): service.metrics.shadow(.candidateFailed)
      }
    } catch {
      report(error, pair)
    }
  }

  private func report(_ error: any Error, _ pair: ShadowPair?) {
    if error is CancellationError { return }
    guard let unsaid = throttle.admit("compare", at: .now) else { return }
    var details: Logger.Metadata = ["cause": "\(error)", "unsaid": "\(unsaid)"]
    if let pair { details["job_id"] = "\(pair.shadowJob)" }
    service.logger.warning("a shadow cannot be compared now", metadata: details)
  }

  /// nil when one of the jobs is gone, and the other one with it or soon.
  private func outcome(of pair: ShadowPair) async throws -> ShadowOutcome? {
    guard let base = try await service.jobs.job(pair.baseJob),
      let shadow = try await service.jobs.job(pair.shadowJob)
    else { return nil }
    guard base.state == .completed else {
      // There is nothing to compare it with.
      if !shadow.state.isEnded {
        _ = try await service.jobs.cancel(shadow.id, now: service.now())
      }
      return .failed(.base, base.shownFailure)
    }
    guard shadow.state == .completed else { return .failed(.candidate, shadow.shownFailure) }
    let report: ComparisonReport
    do {
      // Clients' comparisons have slots; here is one at a time.
      report = try await service.compareAtOnce(try await service.pair(shadow, with: base))
    } catch let error where error.isUnreadable {
      guard let ended = shadow.endedAt, service.now() > ended + Self.patience else { throw error }
      self.report(error, pair)
      return .failed(
        try await isReadable(base) ? .candidate : .base,
        JobFailure(
          code: JobsError.Code.storageError.rawValue,
          message: "The stored results cannot be read"))
    }
    if report.comparison.images == 0, let failed = report.firstFailure {
      return .failed(failed.side, failed.failure)
    }
    return .compared(figures: report.comparison.storedShadow)
  }

  private func isReadable(_ job: Job) async throws -> Bool {
    do {
      for image in try await service.results(of: job).images {
        if case .found = image.outcome { _ = try await service.boxes(of: image) }
      }
      return true
    } catch let error where error.isUnreadable {
      return false
    }
  }
}

extension Error {
  /// Whether a stored result is gone or damaged, or its store has failed.
  fileprivate var isUnreadable: Bool {
    switch self {
    case let error as JobsError: error.code == .storageError || error.code == .blobNotFound
    case let error as DetectionError: error.code == .storageError
    default: false
    }
  }
}

extension Job {
  /// Why it has no results.
  fileprivate var shownFailure: JobFailure {
    failure.flatMap { state == .failed ? $0 : nil }
      ?? JobFailure(code: "CANCELLED", message: "The job was cancelled")
  }
}

extension ComparisonReport {
  /// Of the first picture without figures.
  fileprivate var firstFailure: (side: ShadowOutcome.Side, failure: JobFailure)? {
    for image in images {
      if case .failed(let failure) = image.base.outcome { return (.base, failure) }
      if case .failed(let failure) = image.candidate.outcome { return (.candidate, failure) }
    }
    return nil
  }
}

extension ModelComparison {
  /// As it is kept: a JSON document.
  var storedShadow: String {
    var json = JSONWriter()
    json.object { json in
      json.integer("images", images)
      json.members(of: self)
    }
    return json.text
  }

  /// - Throws: `JobsError(.databaseError)` for what `storedShadow` has not written.
  init(storedShadow text: String) throws {
    guard case .object(let json)? = try? JSONValue(json: Array(text.utf8)),
      case .number(let number)? = json["images"], let images = number.integer,
      let comparison = ModelComparison(json, images: images)
    else {
      throw JobsError(.databaseError, "The metadata store holds unreadable figures")
    }
    self = comparison
  }
}
