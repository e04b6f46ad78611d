import NIOCore
import NIOPosix

/// Measures how late work begins that is due: where it rises, something holds the threads that answer requests.
struct DelaySampler: Sendable {
  /// Whose threads the work is for.
  enum Executor: String, CaseIterable {
    /// Those of the network.
    case eventLoop = "event_loop"
    /// Those of Swift's tasks.
    case tasks
  }

  /// Enough to see a hiccup of a second, too few to cost anything.
  private static let interval = TimeAmount.milliseconds(500)

  let metrics: ServiceMetrics
  var group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

  /// Measures until the task is cancelled.
  func run() async {
    let samplers = group.makeIterator().map { loop in
      loop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) {
        [metrics] _ in sample(on: loop, metrics)
      }
    }
    // Nothing but its cancellation ends it.
    try? await Task.sleep(for: .seconds(Int.max >> 8))
    for sampler in samplers { sampler.cancel() }
  }
}

/// The loop's next turn is its own delay; from there a task is asked for. The loops have threads of their own, so
/// they measure those of the tasks also while none of them is free.
private func sample(on loop: any EventLoop, _ metrics: ServiceMetrics) {
  let due = ContinuousClock.now
  loop.execute {
    metrics.delay(of: .eventLoop, ContinuousClock.now - due)
    let asked = ContinuousClock.now
    Task {
      metrics.delay(of: .tasks, ContinuousClock.now - asked)
    }
  }
}
