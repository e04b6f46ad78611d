import Synchronization

/// Lets a line of each kind through once in a while, so that an outage does not fill the log.
final class LogThrottle: Sendable {
  private static let interval = Duration.seconds(10)
  /// Kinds are few and named by the program.
  private let kinds = Mutex<[String: (last: ContinuousClock.Instant, unsaid: Int)]>([:])

  /// How many lines of the kind were held back since the last one that was let through; nil when this one is held
  /// back too.
  func admit(_ kind: String, at now: ContinuousClock.Instant) -> Int? {
    kinds.withLock { kinds in
      guard let known = kinds[kind], now - known.last < Self.interval else {
        defer { kinds[kind] = (now, 0) }
        return kinds[kind]?.unsaid ?? 0
      }
      kinds[kind] = (known.last, known.unsaid + 1)
      return nil
    }
  }
}
