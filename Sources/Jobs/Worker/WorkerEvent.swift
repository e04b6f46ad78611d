/// What a worker did or met: for the log and the metrics.
public enum WorkerEvent: Sendable {
  /// An attempt begins.
  case claimed(ClaimedJob)
  /// A job is the worker's for another lease.
  case renewed(JobID)
  /// Clients would see new progress of a job.
  case reported(JobID)
  /// An attempt has ended, and the store knows. `error` is what the executor threw.
  case ended(Job, AttemptOutcome, error: (any Error)?)
  /// Another worker has the job, or it was cancelled: the attempt is over and nothing was written.
  case leaseLost(Job)
  /// The lease could not be renewed in time: the attempt was given up.
  case leaseNotRenewed(Job)
  /// The executor hangs and cannot be stopped: the attempt is over, and the process is of no use any more.
  case stalled(Job, Duration)
  /// The store did not do what was asked of it; it is asked again.
  case storeFailed(StoreCall, any Error)
  /// The end of an attempt could not be written: the job is claimed again when its lease has run out.
  case outcomeLost(Job, AttemptOutcome, any Error)

  /// What was asked of the store.
  public enum StoreCall: String, Sendable {
    case beat, claim, renew, check, report, begin, record, finish, leave
  }
}
