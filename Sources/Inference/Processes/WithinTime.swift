struct TimedOut: Error {}

/// Cancels `body` when it takes too long; a failure then is `TimedOut`.
/// - Throws: only `CancellationError`, when the caller is cancelled.
func withinTime<Value: Sendable>(
  _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Result<Value, any Error> {
  let first = await withTaskGroup(of: Result<Value, any Error>.self) { group in
    group.addTask {
      do { return .success(try await body()) } catch { return .failure(error) }
    }
    group.addTask {
      // A cancelled sleep ends early: then the other task's result is already there or wanted no more.
      try? await Task.sleep(for: limit)
      return .failure(TimedOut())
    }
    defer { group.cancelAll() }
    return await group.next() ?? .failure(TimedOut())
  }
  try Task.checkCancellation()
  return first
}
