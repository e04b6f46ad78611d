import CVips
import Synchronization

/// Ends what libvips computes for a task that is cancelled: in the middle of a picture, within a strip.
final class VipsCancellation: Sendable {
  private struct State {
    var isCancelled = false
    /// Of the picture that is computed now; 0 where none is.
    var image: UInt = 0
  }

  private let state = Mutex(State())

  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      Self.kill(state)
    }
  }

  /// - Throws: `CancellationError`.
  func check() throws {
    if state.withLock({ $0.isCancelled }) { throw CancellationError() }
  }

  /// Computes something from `image`, at whatever depth.
  ///
  /// - Throws: `CancellationError` when the task was cancelled and the computation has failed for it.
  func compute<Value>(
    from image: UnsafeMutablePointer<VipsImage>, _ body: () throws -> Value
  ) throws -> Value {
    let address = UInt(bitPattern: image)
    state.withLock { state in
      state.image = address
      if state.isCancelled { Self.kill(state) }
    }
    // Whoever cancels later must not touch an image that is gone.
    defer { state.withLock { $0.image = 0 } }
    do {
      return try body()
    } catch {
      try check()
      throw error
    }
  }

  private static func kill(_ state: State) {
    guard let image = UnsafeMutablePointer<VipsImage>(bitPattern: state.image) else { return }
    vips_image_set_kill(image, 1)
  }
}
