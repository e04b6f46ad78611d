/// When a delivery that failed is tried again.
enum WebhookSchedule {
  /// Some two hours and a half: time enough to deploy a receiver anew, or to wake somebody who does.
  static let maxAttempts = 12

  private static let first = Duration.seconds(5)
  private static let limit = Duration.seconds(3600)
  /// Deliveries that failed together do not come back together.
  private static let jitter = 0.1

  /// The wait after an attempt, counted from 1; nil after the last one.
  /// - Parameter random: 0...1.
  static func delay(after attempt: Int, random: Double) -> Duration? {
    guard attempt < maxAttempts else { return nil }
    let doublings = min(max(0, attempt - 1), 20)
    let wait = min(first * (1 << doublings), limit)
    return wait + wait * (jitter * random)
  }
}
