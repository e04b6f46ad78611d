/// Wakes a worker when this process was told of work, or a signal from outside was given.
public struct EitherSignal: JobSignal {
  private let local: WakeSignal
  private let remote: any JobSignal

  public init(_ local: WakeSignal, or remote: any JobSignal) {
    self.local = local
    self.remote = remote
  }

  public func wait(upTo time: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      // Without a time of its own: the remote wait may be dear to cancel, so nothing but a wake-up does it.
      group.addTask { await local.wait() }
      group.addTask { await remote.wait(upTo: time) }
      await group.next()
      group.cancelAll()
    }
  }
}
