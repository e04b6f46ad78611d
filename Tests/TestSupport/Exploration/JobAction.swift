/// One of the two workers of an exploration.
public enum ExploredWorker: String, Sendable, CaseIterable, CustomStringConvertible {
  case a = "A"
  case b = "B"

  public var description: String { rawValue }
}

/// How a worker ends its attempt.
public enum ExploredEnding: String, Sendable, CaseIterable {
  case completed, retry, failed, released
}

/// One thing that happens to the explored job.
///
/// A worker writes by the last claim it was given, whatever has become of it: also after its lease ran out, after
/// it has finished, and after a client has cancelled the job.
public enum JobAction: Sendable, Hashable, CustomStringConvertible {
  case claim(ExploredWorker)
  case renew(ExploredWorker)
  case report(ExploredWorker)
  case record(ExploredWorker, image: Int)
  case finish(ExploredWorker, ExploredEnding)
  case cancel
  /// Half a lease, which is also how long a retried job waits.
  case timePasses

  /// Who writes by a claim; nil when nobody does.
  public var writer: ExploredWorker? {
    switch self {
    case .renew(let worker), .report(let worker), .record(let worker, image: _),
      .finish(let worker, _):
      worker
    case .claim, .cancel, .timePasses: nil
    }
  }

  static func writes(by worker: ExploredWorker, images: Int) -> [JobAction] {
    [.report(worker), .renew(worker)] + (0..<images).map { .record(worker, image: $0) }
      + ExploredEnding.allCases.map { .finish(worker, $0) }
  }

  public var description: String {
    switch self {
    case .claim(let worker): "\(worker) claims"
    case .renew(let worker): "\(worker) renews"
    case .report(let worker): "\(worker) reports"
    case .record(let worker, let image): "\(worker) records image \(image + 1)"
    case .finish(let worker, let ending): "\(worker) finishes (\(ending.rawValue))"
    case .cancel: "a client cancels"
    case .timePasses: "time passes"
    }
  }
}
