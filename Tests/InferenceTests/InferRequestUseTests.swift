import ObjectDetection
import TestSupport
import Testing

@testable import Inference

@Suite("InferRequestUse")
struct InferRequestUseTests {
  @Test("times are those of all loaded requests, and each is told once")
  func times() async throws {
    let use = InferRequestUse()
    let start = ContinuousClock.now
    use.change(loaded: 3)
    use.change(busy: 1)
    while ContinuousClock.now - start < .milliseconds(50) { await Task.yield() }
    use.change(busy: -1)
    let (busy, idle) = use.take()
    let elapsed = ContinuousClock.now - start
    #expect(busy >= .milliseconds(45) && busy <= elapsed)
    #expect(busy + idle <= elapsed * 3)
    #expect(idle >= busy)
    use.change(loaded: -3)
    _ = use.take()
    while ContinuousClock.now - start < .milliseconds(60) { await Task.yield() }
    let rest = use.take()
    #expect(rest.busy == .zero && rest.idle == .zero)
  }
}
