import Jobs
import Metrics
import Synchronization
import Tracing

/// Measures what is asked of one store: how long it takes, what it does not do, and for the operation in hand
/// its part of the time and, where a trace is kept, its span.
public struct StoreObserver: Sendable {
  private let store: String
  /// What a trace calls the system behind it.
  private let system: String
  private let metrics: ServiceMetrics
  private let traces: Traces
  private let meters: Meters

  private final class Meters: Sendable {
    let byOperation = Mutex<[String: StoreCallMeters]>([:])
  }

  /// - Parameters:
  ///   - store: `database`, `files` or `redis`.
  ///   - system: `sqlite`, `postgresql`, `s3`, ...
  public init(_ store: String, system: String, metrics: ServiceMetrics, traces: Traces) {
    self.store = store
    self.system = system
    self.metrics = metrics
    self.traces = traces
    meters = Meters()
  }

  func callAsFunction<Value: Sendable>(
    _ operation: String, _ body: () async throws -> Value
  ) async throws -> Value {
    let start = ContinuousClock.now
    do {
      let value =
        // Of what nobody has asked for, such as the look for work, there is no trace.
        if SpanContext.current?.isSampled == true {
          try await traces.span(
            "\(store) \(operation)", kind: .client,
            attributes: [
              "db.system.name": .string(system), "db.operation.name": .string(operation),
            ]
          ) { _ in try await body() }
        } else {
          try await body()
        }
      ended(operation, start, error: nil)
      return value
    } catch {
      ended(operation, start, error: error)
      throw error
    }
  }

  /// A call that cannot fail: what goes wrong in it is done without.
  func always<Value: Sendable>(
    _ operation: String, _ body: () async -> Value
  ) async -> Value {
    let start = ContinuousClock.now
    let value = await body()
    ended(operation, start, error: nil)
    return value
  }

  /// Begins to measure a call that ends at a moment of its own.
  func begin(_ operation: String) -> StoreCall {
    let start = ContinuousClock.now
    return StoreCall { error in ended(operation, start, error: error) }
  }

  private func ended(
    _ operation: String, _ start: ContinuousClock.Instant, error: (any Error)?
  ) {
    let duration = ContinuousClock.now - start
    let series = meters.byOperation.withLock { known in
      if let series = known[operation] { return series }
      let series = metrics.storeCall(store, operation)
      known[operation] = series
      return series
    }
    series.duration.record(duration.timeInterval)
    if let error, isFailure(error) { series.errors.increment(by: 1) }
    OperationParts.current?.add("\(store) \(operation)", duration)
  }

  /// Whether the store is at fault: an answer that is no is an answer.
  private func isFailure(_ error: any Error) -> Bool {
    switch error {
    case let error as JobsError:
      switch error.code {
      case .databaseError, .storageError, .unavailable: true
      default: false
      }
    case is CancellationError: false
    default: true
    }
  }
}

/// A call of a store that is measured until it is told to have ended; what is told after that does not count.
struct StoreCall: Sendable {
  private let ended: @Sendable ((any Error)?) -> Void
  private let isOver: Flag

  private final class Flag: Sendable {
    let value = Atomic(false)
  }

  init(_ ended: @escaping @Sendable ((any Error)?) -> Void) {
    self.ended = ended
    isOver = Flag()
  }

  func end(_ error: (any Error)? = nil) {
    if !isOver.value.exchange(true, ordering: .relaxed) { ended(error) }
  }
}
