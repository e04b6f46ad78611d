import Foundation
import Synchronization

/// When a worker last got on: it asked for a job, or its executor told of progress.
final class WorkerPulse: Sendable {
  private let last: Mutex<Date>

  init(at time: Date) { last = Mutex(time) }

  var progressedAt: Date { last.withLock { $0 } }

  func progressed(at time: Date) { last.withLock { $0 = time } }
}
