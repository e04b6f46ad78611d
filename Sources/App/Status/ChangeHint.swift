public import Jobs

/// How the API process learns that other processes may have changed jobs. Hints may be lost: the store is looked at
/// without one as well.
public struct ChangeHint: Sendable {
  public var signal: any JobSignal
  /// The longest time between two looks. More than 20 ms.
  public var interval: Duration
  /// Whether other API processes answer the same clients.
  public var isShared: Bool

  /// For a store that tells of changes; what is lost with its connection is found within a second.
  public init(
    signal: any JobSignal, interval: Duration = .seconds(1), isShared: Bool = true
  ) {
    self.signal = signal
    self.interval = interval
    self.isShared = isShared
  }

  /// For a store that tells of nothing and whose looks are cheap.
  public static var polled: ChangeHint {
    ChangeHint(signal: WakeSignal(), interval: .milliseconds(100), isShared: false)
  }
}
