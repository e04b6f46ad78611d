import ObjectDetection
import Synchronization

/// The infer requests of one compiled model, lent to one caller at a time and to the images in turn.
final class InferRequestPool: Sendable {
  private struct Waiter {
    var id: UInt64
    var continuation: CheckedContinuation<InferRequest, any Error>
  }

  private struct State {
    var free: [InferRequest]
    var waiting = TurnQueue<ImageLane, Waiter>()
    var nextID: UInt64 = 0
  }

  let count: Int
  private let use: InferRequestUse
  private let state: Mutex<State>

  init(_ requests: [InferRequest], use: InferRequestUse = InferRequestUse()) {
    count = requests.count
    self.use = use
    state = Mutex(State(free: requests))
    use.change(loaded: count)
  }

  deinit { use.change(loaded: -count) }

  /// Calls `body` with a request that nobody else uses.
  /// - Throws: `CancellationError` if the task is cancelled while it waits; what `body` throws.
  func withRequest<Result: Sendable>(
    for lane: ImageLane, _ body: (InferRequest) async throws -> Result
  ) async throws -> Result {
    let request = try await acquire(for: lane)
    use.change(busy: 1)
    defer {
      use.change(busy: -1)
      release(request)
    }
    return try await body(request)
  }

  private func acquire(for lane: ImageLane) async throws -> InferRequest {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        // Checked under the lock: a cancellation either sees the waiter or is seen here.
        let outcome: Result<InferRequest, any Error>? = state.withLock { state in
          if Task.isCancelled { return .failure(CancellationError()) }
          if let request = state.free.popLast() { return .success(request) }
          state.waiting.append(Waiter(id: id, continuation: continuation), for: lane)
          return nil
        }
        if let outcome { continuation.resume(with: outcome) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiting.remove(for: lane) { $0.id == id } }
      waiter?.continuation.resume(throwing: CancellationError())
    }
  }

  private func release(_ request: InferRequest) {
    let waiter = state.withLock { state in
      let waiter = state.waiting.popFirst()
      if waiter == nil { state.free.append(request) }
      return waiter
    }
    waiter?.continuation.resume(returning: request)
  }
}
