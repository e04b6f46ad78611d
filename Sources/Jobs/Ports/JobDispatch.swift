/// A hint that there is work: it may be lost or late, the store has the truth.
public protocol JobDispatch: Sendable {
  /// Wakes a worker, if one is idle. Never throws, never waits long.
  func announce(_ job: JobID, priority: JobPriority) async
}

/// The worker's end of the dispatch.
public protocol JobSignal: Sendable {
  /// Returns when work was announced or the time is over, or at once when the task is cancelled.
  func wait(upTo time: Duration) async
}
