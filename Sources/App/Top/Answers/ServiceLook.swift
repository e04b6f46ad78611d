import Foundation

/// What a service answered at one moment.
public struct ServiceLook: Sendable {
  /// Since the reader began; only differences mean something.
  var at: Duration
  /// By the service's clock, where it says it: jobs' times are by that.
  var time: Date
  var metrics: Result<ScrapedMetrics, SourceFailure>
  var readiness: Result<ReadinessAnswer, SourceFailure>
  var processing: Result<JobList, SourceFailure>
  var queued: Result<JobList, SourceFailure>
  var history: Result<DashboardAnswer, SourceFailure>

  /// Why there is nothing to show; nil when something came.
  var failure: SourceFailure? {
    guard case .failure(let failure) = metrics, case .failure = readiness else { return nil }
    return failure
  }

  /// What could not be read, by its name on the screen; lists that fail alike are named once.
  var problems: [(name: String, failure: SourceFailure)] {
    var problems: [(String, SourceFailure)] = []
    if case .failure(let failure) = metrics { problems.append(("metrics", failure)) }
    if case .failure(let failure) = readiness { problems.append(("health", failure)) }
    if case .failure(let failure) = processing {
      problems.append(("jobs", failure))
    } else if case .failure(let failure) = queued {
      problems.append(("jobs", failure))
    }
    if case .failure(let failure) = history { problems.append(("history", failure)) }
    return problems
  }
}
