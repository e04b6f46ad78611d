import Foundation
import Jobs

/// Threads that own one connection each and run synchronous closures: libpq's calls block, so none of them runs on the
/// cooperative pool. Closing: the last reference.
final class PostgresPool: Sendable {
  private let settings: PostgresSettings
  private let queue: PostgresWorkQueue

  init(_ settings: PostgresSettings) {
    self.settings = settings
    queue = PostgresWorkQueue(limit: settings.queueLimit, waitLimit: settings.waitLimit)
    let reach = PostgresReach()
    for number in 0..<settings.connections {
      let thread = Thread { [settings, queue] in
        queue.serve(PostgresSession(settings, reach))
      }
      thread.name = "postgres \(number)"
      thread.start()
    }
  }

  deinit { queue.close(threads: settings.connections) }

  /// One statement that changes nothing, or several that need not see the same moment. It is done again when the
  /// connection is lost.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws -> Value {
    try await run { try PostgresTransaction.repeatingRead($0, body) }
  }

  /// Several statements that change nothing and see the same moment.
  func snapshot<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws -> Value {
    try await read { connection in
      try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      return try PostgresTransaction.closing(connection) { try body(connection) }
    }
  }

  /// One transaction: all of it or nothing, and once. `body` may run several times and changes only the database.
  ///
  /// - Throws: `JobsError(.unavailable)` that says so when the connection broke during the commit and what became
  ///   of it could not be found out.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws -> Value {
    try await run { try PostgresTransaction.write($0, body) }
  }

  /// Runs a closure on one of the threads.
  private func run<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresSession) throws -> Value
  ) async throws -> Value {
    let work = PostgresWorkQueue.Work()
    do {
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          queue.add(
            work, run: { session in continuation.resume(with: Result { try body(session) }) },
            refuse: { continuation.resume(throwing: $0) })
        }
      } onCancel: {
        work.refuse(CancellationError())
      }
    } catch let error as PostgresError {
      throw error.jobsError
    }
  }
}
