import Dispatch
import Foundation

/// The pipe from a supervised worker's parent. Its end is seen however the parent died.
///
/// `@unchecked Sendable` because the source is made by the initializer and libdispatch's sources may be
/// cancelled from any thread.
final class ParentPipe: @unchecked Sendable {
  private let source: any DispatchSourceRead

  /// - Parameters:
  ///   - onLine: called when something has arrived.
  ///   - onEnd: called once, on a queue that runs nothing else.
  init(
    descriptor: Int32, onLine: @escaping @Sendable () -> Void,
    onEnd: @escaping @Sendable (DispatchQueue) -> Void
  ) {
    let queue = DispatchQueue(label: "harrier.parent")
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    self.source = source
    source.setEventHandler {
      // Readable: it does not block.
      let count = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) {
        read(descriptor, $0.baseAddress, $0.count)
      }
      if count > 0 {
        onLine()
      } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
        source.cancel()
        onEnd(queue)
      }
    }
    source.activate()
  }

  /// Nothing is called any more.
  func cancel() { source.cancel() }

  deinit { source.cancel() }
}
