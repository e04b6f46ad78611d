import Foundation
import HTTPTypes
import Synchronization

/// Buckets that all API processes share.
public protocol SharedRateLimit: Sendable {
  /// Takes one token of the bucket of that name, which holds so many and is refilled steadily.
  /// - Returns: whether there was one, and how many are left.
  /// - Throws: when it cannot be said now, after a moment at most: each process counts for itself then.
  func take(
    _ name: String, requestsPerMinute: Int
  ) async throws -> (isAdmitted: Bool, tokens: Double)
}

/// A token bucket a client: bursts up to a minute's worth, refilled steadily.
///
/// Memory is bounded: at most `maxClients` buckets; full ones are forgotten first, since a new one is full too.
final class RateLimiter: Sendable {
  /// 100,000 buckets are about 10 MB.
  private static let maxClients = 100_000

  private struct Bucket {
    var tokens: Double
    var updatedAt: Date
  }

  /// What is left to a client after a request.
  struct Quota: Sendable, Equatable {
    var limit: Int
    var remaining: Int
    /// Until the bucket is full again.
    var resetSeconds: Int

    var headers: HTTPFields {
      [
        .rateLimitLimit: "\(limit)", .rateLimitRemaining: "\(remaining)",
        .rateLimitReset: "\(resetSeconds)",
      ]
    }
  }

  private let limit: Double
  private let buckets = Mutex<[String: Bucket]>([:])

  private let shared: (any SharedRateLimit)?

  /// 0 admits everything.
  init(requestsPerMinute: Int, shared: (any SharedRateLimit)? = nil) {
    limit = Double(requestsPerMinute)
    self.shared = shared
  }

  /// Takes one token; nil when there is no limit.
  /// - Throws: `APIError(.rateLimitExceeded)` with `Retry-After` when none is left.
  func admit(_ client: String, at now: Date) async throws -> Quota? {
    guard limit > 0 else { return nil }
    let (isAdmitted, tokens) = await take(client, at: now)
    let quota = Quota(
      limit: Int(limit), remaining: Int(tokens),
      resetSeconds: Int(((limit - tokens) * 60 / limit).rounded(.up)))
    guard isAdmitted else {
      var headers = quota.headers
      headers[.retryAfter] = "\(max(1, Int(((1 - tokens) * 60 / limit).rounded(.up))))"
      throw APIError(
        .rateLimitExceeded, "Too many requests",
        details: "At most \(Int(limit)) requests a minute", headers: headers)
    }
    return quota
  }

  private func take(_ client: String, at now: Date) async -> (isAdmitted: Bool, tokens: Double) {
    do {
      if let shared { return try await shared.take(client, requestsPerMinute: Int(limit)) }
    } catch {
      // It has warned of its failure itself.
    }
    return buckets.withLock { buckets in
      if buckets.count >= Self.maxClients, buckets[client] == nil { forgetFull(&buckets, now) }
      var bucket = buckets[client] ?? Bucket(tokens: limit, updatedAt: now)
      bucket.tokens = refilled(bucket, now)
      bucket.updatedAt = now
      let isAdmitted = bucket.tokens >= 1
      if isAdmitted { bucket.tokens -= 1 }
      buckets[client] = bucket
      return (isAdmitted, bucket.tokens)
    }
  }

  private func refilled(_ bucket: Bucket, _ now: Date) -> Double {
    min(limit, bucket.tokens + max(0, now.timeIntervalSince(bucket.updatedAt)) * limit / 60)
  }

  /// Makes room: buckets that are full again; if those are few, all of them, which only forgives.
  private func forgetFull(_ buckets: inout [String: Bucket], _ now: Date) {
    buckets = buckets.filter { refilled($0.value, now) < limit }
    if buckets.count > Self.maxClients / 10 * 9 { buckets.removeAll() }
  }
}
