/// Runs a body that heeds its cancellation, up to the deadline.
/// - Throws: `late` when it has not ended by then; what the body throws.
func within<Value: Sendable>(
  _ deadline: ContinuousClock.Instant, else late: any Error,
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(until: deadline, clock: .continuous)
      throw late
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw CancellationError() }
    return first
  }
}
