import ObjectDetection
import Synchronization

/// What an operation, a request or an image, has spent its time on: for the log line of a slow one.
final class OperationParts: Sendable {
  /// Of the operation that the task belongs to.
  @TaskLocal static var current: OperationParts?

  /// Names of parts are those of store calls and stages: a few dozen.
  private static let limit = 64

  private struct Part {
    var count: Int
    var duration: Duration
  }

  private struct State {
    var parts: [String: Part] = [:]
    var held = Duration.zero
  }

  private let state = Mutex(State())

  /// Parts of one name are added up; several may have run at the same time.
  func add(_ name: String, _ duration: Duration) {
    state.withLock { state in
      guard state.parts[name] != nil || state.parts.count < Self.limit else { return }
      state.parts[name, default: Part(count: 0, duration: .zero)].count += 1
      state.parts[name]?.duration += duration
    }
  }

  /// Time that the client asked for: `?wait=`.
  func hold(_ duration: Duration) { state.withLock { $0.held += duration } }

  var held: Duration { state.withLock { $0.held } }

  /// `database claim: 12.5 ms, files put: 3 x, 40.1 ms`, the longest first.
  var description: String {
    state.withLock { $0.parts }
      .sorted { ($1.value.duration, $0.key) < ($0.value.duration, $1.key) }
      .map { name, part in
        let count = part.count > 1 ? "\(part.count) x, " : ""
        return "\(name): \(count)\(part.duration.milliseconds) ms"
      }
      .joined(separator: ", ")
  }
}

extension Duration {
  /// To a tenth.
  var milliseconds: Double { (seconds * 10_000).rounded() / 10 }
}
