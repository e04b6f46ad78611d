import HTTPTypes
import Synchronization

/// How many pieces of some work are done at once; the others wait in turn. Of uploads, their bytes in the network.
final class WorkSlots: Sendable {
  /// More only wait for a minute and longer; they are better told to come back.
  private static let maxWaiting = 1000

  private struct State {
    var free: Int
    var nextID = 0
    var waiting: [(id: Int, waiter: CheckedContinuation<Void, any Error>)] = []

    mutating func takeFree() -> Bool {
      guard free > 0 else { return false }
      free -= 1
      return true
    }
  }

  private let state: Mutex<State>
  private let patience: Duration
  private let name: String

  /// - Parameters:
  ///   - patience: how long one waits for its turn. Shorter than the time after which its connection, on which nothing
  ///     happens meanwhile, would be taken for idle.
  ///   - name: of the work, for those who are turned away: `uploads`.
  init(count: Int, patience: Duration, of name: String) {
    state = Mutex(State(free: count))
    self.patience = patience
    self.name = name
  }

  /// Runs `body` while it holds a slot.
  /// - Throws: `APIError(.serviceUnavailable)` when too many wait, or for too long; `CancellationError`; what
  ///   `body` throws.
  func withSlot<Result>(_ body: () async throws -> Result) async throws -> Result {
    try await takeInTime()
    defer { give() }
    return try await body()
  }

  private func takeInTime() async throws {
    if state.withLock({ $0.takeFree() }) { return }
    let isTaken = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        // What it throws is that it was cancelled, or that too many wait: both are no slot.
        do { try await self.take() } catch { return false }
        return true
      }
      group.addTask { [patience] in
        do { try await ContinuousClock().sleep(for: patience) } catch { return false }
        return false
      }
      // A slot that is taken at the last moment counts.
      var isTaken = false
      for await outcome in group {
        isTaken = isTaken || outcome
        group.cancelAll()
      }
      return isTaken
    }
    if isTaken { return }
    try Task.checkCancellation()
    throw busy
  }

  private var busy: APIError {
    APIError(.serviceUnavailable, "Too many \(name) at once", headers: [.retryAfter: "5"])
  }

  private func take() async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        let outcome: Result<Void, any Error>? = state.withLock { state in
          if Task.isCancelled { return .failure(CancellationError()) }
          if state.takeFree() { return .success(()) }
          guard state.waiting.count < Self.maxWaiting else { return .failure(busy) }
          state.waiting.append((id, waiter))
          return nil
        }
        if let outcome { waiter.resume(with: outcome) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).waiter }
      }
      waiter?.resume(throwing: CancellationError())
    }
  }

  private func give() {
    let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst().waiter
    }
    next?.resume()
  }
}
