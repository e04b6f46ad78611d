import Testing

@testable import App

@Suite("WebhookSchedule")
struct WebhookScheduleTests {
  /// By hand: 5 s, doubled eleven times, at most an hour.
  @Test(
    "waits double from 5 seconds to an hour, and end after the twelfth attempt",
    arguments: zip(
      Array(1...12),
      [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, nil] as [Int?]))
  func delays(attempt: Int, seconds: Int?) {
    #expect(WebhookSchedule.delay(after: attempt, random: 0) == seconds.map { .seconds($0) })
  }

  @Test("chance adds up to a tenth", arguments: [(0.0, 5_000), (0.5, 5_250), (1.0, 5_500)])
  func jitter(random: Double, milliseconds: Int) {
    #expect(WebhookSchedule.delay(after: 1, random: random) == .milliseconds(milliseconds))
  }
}
