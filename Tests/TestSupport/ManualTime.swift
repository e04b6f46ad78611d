public import Foundation
public import Jobs
import Synchronization
public import Testing

/// A clock that stands still until a test moves it.
public final class ManualTime: Sendable {
  private struct Sleeper {
    var id: Int
    var end: Date
    var continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now: Date
    var nextID = 0
    var sleepers: [Sleeper] = []
  }

  private let state: Mutex<State>
  private let random: Double

  /// `random` is what every draw of chance gives.
  public init(now: Date = startOfTests, random: Double = 0) {
    state = Mutex(State(now: now))
    self.random = random
  }

  public var now: Date { state.withLock { $0.now } }

  public var workerTime: WorkerTime {
    WorkerTime(
      now: { self.now }, uptime: { .seconds(self.now.timeIntervalSince(startOfTests)) },
      sleep: { try await self.sleep($0) }, random: { [random] in random })
  }

  public func sleep(_ time: Duration) async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isCancelled = state.withLock { state in
          if Task.isCancelled { return true }
          let end = state.now.addingTimeInterval(time.timeInterval)
          state.sleepers.append(Sleeper(id: id, end: end, continuation: continuation))
          return false
        }
        if isCancelled { continuation.resume(throwing: CancellationError()) }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// When each of those who sleep wants to wake, as seconds from now, sorted.
  public var sleeps: [Double] {
    state.withLock { state in
      state.sleepers.map { $0.end.timeIntervalSince(state.now) }.sorted()
    }
  }

  /// Moves the clock and wakes whose time has come.
  public func advance(by time: Duration) {
    let due = state.withLock { state in
      state.now.addTimeInterval(time.timeInterval)
      let now = state.now
      // Dates are binary fractions: sums of 0.4 miss a whole second by some 1e-7.
      defer { state.sleepers.removeAll { $0.end.timeIntervalSince(now) < 1e-4 } }
      return state.sleepers.filter { $0.end.timeIntervalSince(now) < 1e-4 }
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  /// Moves the clock in small steps until `condition` holds. Before each step it waits until at least
  /// `sleepers` tasks sleep, so that nobody is left behind.
  /// - Returns: the seconds it took, or nil when `limit` was reached.
  public func run(
    step: Duration = .milliseconds(100), upTo limit: Duration = .seconds(60), sleepers: Int,
    until condition: () async throws -> Bool
  ) async throws -> Double? {
    let start = now
    while now.timeIntervalSince(start) <= limit.timeInterval {
      var holds = false
      try await eventually {
        holds = try await condition()
        return holds || sleeps.count >= sleepers
      }
      if holds { return now.timeIntervalSince(start) }
      advance(by: step)
    }
    return nil
  }
}

/// Looks every few milliseconds until `condition` holds; an issue when it does not within three minutes of real time,
/// which is far more than it takes on a machine that is busy with other tests and stands still for some seconds at times.
public func eventually(
  sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let end = clock.now + .seconds(180)
  while try await !condition() {
    guard clock.now < end else {
      Issue.record("this never came", sourceLocation: sourceLocation)
      throw CancellationError()
    }
    await pause()
  }
}

/// Some milliseconds in which others have the cores: whoever waits at full speed keeps away what he waits for.
private func pause() async {
  await withCheckedContinuation { continuation in
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(5)) {
      continuation.resume()
    }
  }
}
