import ObjectDetection
import Synchronization

extension OpenVINODetector {
  /// Runs the model `inferences` times on whatever its input tensors hold, all requests busy all the time.
  ///
  /// This is the engine's own speed, without pictures, slices or heads: what a whole detection is measured
  /// against.
  /// - Throws: `DetectionError(.inferenceError)`; `CancellationError`.
  public func saturate(inferences: Int) async throws {
    let started = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<concurrency {
        group.addTask {
          try await self.withRequest(for: ImageLane(id: UInt64(index))) { request in
            while started.next() < inferences {
              try Task.checkCancellation()
              try await request.run()
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

/// Hands out 0, 1, 2 ... to tasks that share it.
private final class Counter: Sendable {
  private let value = Atomic(0)
  func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}
