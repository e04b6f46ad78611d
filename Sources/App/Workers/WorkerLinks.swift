import Foundation
public import Jobs

/// Who a worker is to others, how it hears of work, and how it tells of what it does.
public struct WorkerLinks: Sendable {
  /// The same for the store and for whoever else knows it.
  public var id: WorkerID
  /// Woken by this process: by its parent's pipe, or by what listens to the store.
  public var work: WakeSignal
  /// Woken from outside as well; nil where there is nothing to hear.
  public var announcements: (any JobSignal)?
  /// Told when clients would see a job changed. Must not block.
  public var onChange: @Sendable (JobID) -> Void

  public init(
    id: WorkerID = .unique(), work: WakeSignal = WakeSignal(),
    announcements: (any JobSignal)? = nil,
    onChange: @escaping @Sendable (JobID) -> Void = { _ in }
  ) {
    self.id = id
    self.work = work
    self.announcements = announcements
    self.onChange = onChange
  }

  var signal: any JobSignal {
    guard let announcements else { return work }
    return EitherSignal(work, or: announcements)
  }
}

extension WorkerID {
  /// A name that no other worker has, on whatever machine: `host-pid-UUID`.
  public static func unique() -> WorkerID {
    WorkerID("\(ProcessInfo.processInfo.hostName)-\(getpid())-\(UUID())")
  }
}
