public import Jobs

/// How a worker hears of work, and tells others of what it does.
public struct WorkerLinks: Sendable {
  /// Woken by this process: by its parent's pipe, or by what listens to the store.
  public var work: WakeSignal
  /// Woken from outside as well; nil where there is nothing to hear.
  public var announcements: (any JobSignal)?
  /// Told when clients would see a job changed. Must not block.
  public var onChange: @Sendable (JobID) -> Void

  public init(
    work: WakeSignal = WakeSignal(), announcements: (any JobSignal)? = nil,
    onChange: @escaping @Sendable (JobID) -> Void = { _ in }
  ) {
    self.work = work
    self.announcements = announcements
    self.onChange = onChange
  }

  var signal: any JobSignal {
    guard let announcements else { return work }
    return EitherSignal(work, or: announcements)
  }
}
