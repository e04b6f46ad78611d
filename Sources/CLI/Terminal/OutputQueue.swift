import Dispatch
import Foundation

/// Writes to standard output on a thread of its own: a slow terminal, or a pipe that nobody reads, blocks nobody else.
struct OutputQueue: Sendable {
  let queue = DispatchQueue(label: "harrier.output")

  /// Returns when all of it is written.
  /// - Throws: `OutputError`.
  func write(_ text: String) async throws {
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      queue.async { continuation.resume(with: Result { try writeAll(Array(text.utf8)) }) }
    }
  }

  /// Does something between two writes.
  func perform(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      queue.async {
        body()
        continuation.resume()
      }
    }
  }
}

/// Why standard output takes nothing more.
enum OutputError: Error {
  /// Its reader, or the terminal, is gone.
  case closed
  case failed(Int32)
}

private func writeAll(_ bytes: [UInt8]) throws(OutputError) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    if count >= 0 {
      rest = rest.dropFirst(count)
      continue
    }
    switch errno {
    case EINTR: continue
    case EAGAIN:
      // Whoever started this process reads without waiting; so it is waited here.
      var state = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
      _ = poll(&state, 1, -1)
    case EPIPE, EIO: throw .closed
    case let number: throw .failed(number)
    }
  }
}
