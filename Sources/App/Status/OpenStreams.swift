import Synchronization

/// Counts the event streams that are open.
final class OpenStreams: Sendable {
  private let count = Atomic(0)

  /// One stream; it is closed when nobody holds it any more.
  final class Stream: Sendable {
    private let streams: OpenStreams

    fileprivate init(_ streams: OpenStreams) { self.streams = streams }

    deinit { streams.count.subtract(1, ordering: .relaxed) }
  }

  /// nil when there are too many.
  func open(limit: Int) -> Stream? {
    guard count.add(1, ordering: .relaxed).newValue <= limit else {
      count.subtract(1, ordering: .relaxed)
      return nil
    }
    return Stream(self)
  }
}
