public import Jobs

extension ServiceSettings {
  /// The times that a worker keeps.
  public var worker: WorkerSettings {
    var settings = WorkerSettings()
    settings.lease = jobLease
    settings.heartbeat = heartbeat
    settings.maxDeaths = maxWorkerDeaths
    settings.retryDelays = retryDelays
    return settings
  }
}
