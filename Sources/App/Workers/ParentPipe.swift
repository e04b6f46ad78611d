import Dispatch
import Foundation
import Synchronization

/// The pipe from a supervised worker's parent, read by a thread of its own. Its end is seen however the parent
/// died, also while inference holds every other thread.
///
/// No dispatch source: libdispatch crashes when the descriptor of one is closed a moment too early.
final class ParentPipe: Sendable {
  /// Between two looks whether anybody still listens.
  private static let pollMs: Int32 = 200

  private let isCancelled = Atomic(false)

  /// - Parameters:
  ///   - onLine: called when something has arrived.
  ///   - onEnd: called once, with a queue that runs nothing else.
  init(
    descriptor: Int32, onLine: @escaping @Sendable () -> Void,
    onEnd: @escaping @Sendable (DispatchQueue) -> Void
  ) {
    // One of its own: that of the caller may be closed, and its number given to another file.
    let own = dup(descriptor)
    let thread = Thread { [self] in
      defer { close(own) }
      while !isCancelled.load(ordering: .acquiring) {
        var request = pollfd(fd: own, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, Self.pollMs) > 0 else { continue }
        let count = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) {
          read(own, $0.baseAddress, $0.count)
        }
        if count > 0 {
          onLine()
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
          if !isCancelled.load(ordering: .acquiring) {
            onEnd(DispatchQueue(label: "harrier.parent"))
          }
          return
        }
      }
    }
    thread.name = "parent pipe"
    thread.start()
  }

  /// Nothing is called any more, but for what is being called now.
  func cancel() { isCancelled.store(true, ordering: .releasing) }
}
