import Dispatch
import Foundation

/// Turns the first SIGINT or SIGTERM into a callback; the second one ends the process as usual.
struct Interruption {
  private let queue = DispatchQueue(label: "harrier.interruption")

  func onInterrupt(_ body: @escaping @Sendable () -> Void) {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        signal(number, SIG_DFL)
        body()
        // The handler keeps its source alive until it has run.
        source.cancel()
      }
      source.activate()
    }
  }
}
