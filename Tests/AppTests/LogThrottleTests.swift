import Testing

@testable import App

@Suite("LogThrottle")
struct LogThrottleTests {
  @Test("one line in ten seconds of each kind, and how many were held back")
  func throttle() {
    let throttle = LogThrottle()
    let start = ContinuousClock.now
    #expect(throttle.admit("claim", at: start) == 0)
    #expect(throttle.admit("claim", at: start + .seconds(1)) == nil)
    #expect(throttle.admit("beat", at: start + .seconds(1)) == 0)
    #expect(throttle.admit("claim", at: start + .seconds(9)) == nil)
    #expect(throttle.admit("claim", at: start + .seconds(10)) == 2)
    #expect(throttle.admit("claim", at: start + .seconds(21)) == 0)
  }
}
