/// The times that a worker keeps.
public struct WorkerSettings: Sendable, Equatable {
  /// How long a job is the worker's without a word from it.
  public var lease = Duration.seconds(10)
  /// Between two renewals of the lease, and between two signs of life. Four may fail before a lease runs out.
  public var heartbeat = Duration.seconds(2)
  /// Workers that may die on a job before it fails.
  public var maxDeaths = 3
  /// Waits before the second, third ... attempt; no more attempts than these and the first.
  public var retryDelays: [Duration] = [.seconds(60), .seconds(300), .seconds(900)]
  /// Between two looks at an empty queue, if nobody announces work.
  public var idlePoll = Duration.milliseconds(500)
  /// Between two looks whether the job was cancelled; twice within the second that a cancelled job may go on.
  public var cancelCheck = Duration.milliseconds(400)
  /// Between two writes of a job's progress.
  public var progressInterval = Duration.milliseconds(250)

  public init() {}

  /// Before the lease's end the attempt is over: what is in flight then has time to stop.
  var leaseMargin: Duration { heartbeat / 2 }
}
