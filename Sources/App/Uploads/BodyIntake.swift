import Hummingbird
import NIOCore
import NIOPosix

/// Takes a body's bytes while they arrive. Calls block, and come one after the other.
protocol BodySink: Sendable {
  func take(_ bytes: UnsafeRawBufferPointer) throws
}

/// Lets a long body in: one batch is written to disk while the next one arrives, and memory stays flat.
struct BodyIntake: Sendable {
  let threads: NIOThreadPool
  let maxBytes: Int
  /// What a longer body is refused with.
  let tooLarge: APIError

  func fill(_ sink: any BodySink, from body: RequestBody) async throws {
    try await withThrowingTaskGroup(of: Void.self) { writing in
      var total = 0
      var batch = BodyBatch()
      for try await buffer in body {
        total += buffer.readableBytes
        guard total <= maxBytes else { throw tooLarge }
        batch.append(buffer)
        guard batch.isFull else { continue }
        // A sink takes one batch after the other.
        try await writing.next()
        let full = batch
        batch = BodyBatch()
        writing.addTask { try await write(full, to: sink) }
      }
      try await writing.next()
      try await write(batch, to: sink)
    }
  }

  private func write(_ batch: BodyBatch, to sink: any BodySink) async throws {
    try await threads.runIfActive { try batch.write(to: sink) }
  }
}

/// Bytes that go to a thread at once.
private struct BodyBatch: Sendable {
  /// A hop costs as much as copying 100 KiB; two batches of each upload are in memory.
  private static let enoughBytes = 128 << 10
  /// A buffer of one byte occupies a kilobyte.
  private static let enoughBuffers = 64

  private var buffers: [ByteBuffer] = []
  private var count = 0

  var isFull: Bool { count >= Self.enoughBytes || buffers.count >= Self.enoughBuffers }

  mutating func append(_ buffer: ByteBuffer) {
    buffers.append(buffer)
    count += buffer.readableBytes
  }

  /// Blocks.
  func write(to sink: any BodySink) throws {
    for buffer in buffers { try buffer.withUnsafeReadableBytes { try sink.take($0) } }
  }
}
