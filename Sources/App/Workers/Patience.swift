import Jobs
public import Logging

/// Runs what needs the stores at the start of a process. A database that is started together with it answers within
/// a minute; until then it is asked again and again, and the log says so once.
public func patiently<Value>(
  _ logger: Logger, _ body: () async throws -> Value
) async throws -> Value {
  let patience = Duration.seconds(60)
  let deadline = ContinuousClock.now + patience
  var backoff = Backoff(first: .milliseconds(200), limit: .seconds(5))
  var isFirst = true
  while true {
    do {
      return try await body()
    } catch let error as JobsError where error.code == .unavailable && .now < deadline {
      if isFirst {
        logger.warning(
          "The database is waited for",
          metadata: ["for_at_most": "\(patience)", "cause": "\(error)"])
      }
      isFirst = false
      try await Task.sleep(for: backoff.next())
    }
  }
}
