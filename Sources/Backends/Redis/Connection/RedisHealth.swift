import Logging
import Synchronization

/// Says once that Redis is gone and once that it is back, however many calls fail meanwhile, and however often
/// it comes and goes.
final class RedisHealth: Sendable {
  private struct State {
    var isUp: Bool?
    /// Checks that connections passed since there was trouble.
    var calmChecks = 0
    /// The words that refusals began with since Redis was reached.
    var refusals: Set<String> = []
  }

  /// Kinds of refusals that are told apart, so that a strange server cannot fill the log.
  private static let maxRefusals = 8

  private let logger: Logger
  private let url: RedisURL
  private let checksUntilBack: Int
  private let state = Mutex(State())

  init(url: RedisURL, checksUntilBack: Int, logger: Logger) {
    self.url = url
    self.checksUntilBack = checksUntilBack
    self.logger = logger
  }

  /// A connection is there.
  func isReached() {
    let isFirst = state.withLock { state in
      defer { if state.isUp == nil { state.isUp = true } }
      return state.isUp == nil
    }
    if isFirst { logger.info("Redis is used", metadata: ["redis": "\(url)"]) }
  }

  /// A connection has passed a check.
  func isWell() {
    let isBack = state.withLock { state in
      guard state.isUp == false else { return false }
      state.calmChecks += 1
      guard state.calmChecks >= checksUntilBack else { return false }
      state.isUp = true
      state.refusals = []
      return true
    }
    if isBack { logger.notice("Redis is back", metadata: ["redis": "\(url)"]) }
  }

  /// No connection is there, or a call was late.
  func isLost(because error: any Error) {
    let wasUp = state.withLock { state in
      defer { state.isUp = false }
      state.calmChecks = 0
      return state.isUp
    }
    guard wasUp != false else { return }
    logger.warning(
      "Redis is gone or slow: status, limits and dispatch go on without it",
      metadata: ["redis": "\(url)", "error": "\(error)"])
  }

  /// A kind of refusal is told once until Redis was gone and came back.
  func refuses(with error: RedisError) {
    let kind = error.serverCode ?? error.code.rawValue
    let isNew = state.withLock { state in
      state.refusals.count < Self.maxRefusals && state.refusals.insert(kind).inserted
    }
    guard isNew else { return }
    logger.warning(
      "Redis refuses what is asked: the service goes on without it",
      metadata: ["redis": "\(url)", "error": "\(error)"])
  }
}
