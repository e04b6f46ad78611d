import Foundation
import HTTPTypes
import Jobs

/// How many bytes a caller may upload in a day of UTC.
struct ByteQuota: Sendable {
  private static let secondsPerDay = 86_400.0

  /// nil where nothing is counted.
  let usage: (any UsageStore)?
  let settings: ServiceSettings

  /// Bytes that were taken from a caller's day.
  struct Share: Sendable {
    fileprivate var bytes: Int
    fileprivate var account: String
    fileprivate var day: Int
  }

  /// Takes what a request announces, before anything of it is read; a body of unknown length is let in while
  /// anything is left, and counted when it is there.
  /// - Throws: `APIError(.rateLimitExceeded)` with what is left, and `Retry-After`.
  func reserve(_ announced: Int?, for caller: Caller, at now: Date) async throws -> Share? {
    guard let usage, caller.credential != .none else { return nil }
    let day = Self.day(of: now)
    let limit = caller.limits(settings).bytesPerDay ?? .max
    // One byte, where it is not said how many: whether there is room at all.
    let bytes = announced ?? 1
    let taken = try await usage.addBytes(bytes, to: caller.account, day: day, limit: limit)
    guard taken.isAdmitted else {
      let left = max(0, limit - taken.bytes)
      let seconds = Int(
        (Double(day + 1) * Self.secondsPerDay - now.timeIntervalSince1970).rounded(.up))
      throw APIError(
        .rateLimitExceeded, "Your uploads of today are used up",
        details: "Of \(limit) bytes a day \(left) are left until midnight UTC",
        headers: [.retryAfter: "\(max(1, seconds))"])
    }
    return Share(bytes: bytes, account: caller.account, day: day)
  }

  /// Counts what the upload really had.
  func settle(_ share: Share?, actual: Int) async throws {
    guard let share, actual != share.bytes else { return }
    _ = try await usage?.addBytes(
      actual - share.bytes, to: share.account, day: share.day, limit: .max)
  }

  /// What a caller has uploaded today; nil where nothing is counted.
  func bytes(of caller: Caller, at now: Date) async throws -> Int? {
    guard caller.credential != .none else { return nil }
    return try await usage?.bytes(of: caller.account, day: Self.day(of: now))
  }

  /// Days since 1970-01-01 UTC.
  static func day(of time: Date) -> Int {
    Int((time.timeIntervalSince1970 / secondsPerDay).rounded(.down))
  }
}

extension Caller {
  /// Its own limits, else those that hold for everybody; nil is without one.
  func limits(_ settings: ServiceSettings) -> AccessLimits {
    func limit(_ own: Int?, _ general: Int) -> Int? {
      let value = own ?? general
      return value > 0 ? value : nil
    }
    return AccessLimits(
      requestsPerMinute: limit(limits.requestsPerMinute, settings.rateLimit),
      bytesPerDay: limit(limits.bytesPerDay, settings.quotaBytesPerDay),
      queuedJobs: limit(limits.queuedJobs, settings.quotaQueuedJobs),
      runningJobs: limit(limits.runningJobs, settings.quotaRunningJobs))
  }
}
