import Foundation
import Jobs
import Logging
import ServiceLifecycle
import Synchronization

/// When a job may be done: the queue ahead of it, and the seconds a megapixel that were measured.
final class CompletionEstimates: ServiceLifecycle.Service {
  private static let interval = Duration.seconds(2)
  /// A worker that said nothing for so long does not help.
  static let workerSilence: TimeInterval = 10

  private struct State {
    var secondsPerMegapixel: Double?
    var workers = 1
  }

  private let store: any JobStore
  private let now: @Sendable () -> Date
  private let logger: Logger
  private let state = Mutex(State())

  init(store: any JobStore, now: @escaping @Sendable () -> Date, logger: Logger) {
    self.store = store
    self.now = now
    self.logger = logger
  }

  /// For a new job behind those that are claimed before it; nil while nothing has been measured.
  func completion(ofNew job: Job) async throws -> Date? {
    let load = try await store.load(ahead: job.priority)
    guard let rate = load.secondsPerMegapixel else { return nil }
    let workers = state.withLock { state in
      state.secondsPerMegapixel = rate
      return state.workers
    }
    let seconds = load.megapixelsAhead * rate / Double(workers) + job.megapixels * rate
    return job.createdAt.addingTimeInterval(seconds).wholeMilliseconds
  }

  /// From what is known without asking the store.
  func completion(of job: Job) -> Date? {
    if job.state == .queued { return job.estimatedAt }
    guard job.state == .processing, let rate = state.withLock({ $0.secondsPerMegapixel }) else {
      return nil
    }
    let left = job.megapixels * Double(100 - job.progress.percentage) / 100
    return now().addingTimeInterval(left * rate)
  }

  /// Looks at the store every two seconds.
  func run() async throws {
    let clock = ContinuousClock()
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          try await self.refresh()
        } catch {
          self.logger.debug("no estimates", metadata: ["cause": "\(error)"])
        }
        do { try await clock.sleep(for: Self.interval) } catch { return }
      }
    }
  }

  func refresh() async throws {
    let rate = try await store.load(ahead: .high).secondsPerMegapixel
    let workers = try await store.workerCount(
      since: now().addingTimeInterval(-Self.workerSilence))
    state.withLock { state in
      state.secondsPerMegapixel = rate ?? state.secondsPerMegapixel
      state.workers = max(1, workers)
    }
  }
}
