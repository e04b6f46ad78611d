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
    var limit: Double
    var tokens: Double
    var updatedAt: Date

    func refilled(at now: Date) -> Double {
      min(limit, tokens + max(0, now.timeIntervalSince(updatedAt)) * limit / 60)
    }
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

  private let limit: Int
  private let buckets = Mutex<[String: Bucket]>([:])

  private let shared: (any SharedRateLimit)?

  /// 0 admits everything.
  init(requestsPerMinute: Int, shared: (any SharedRateLimit)? = nil) {
    limit = requestsPerMinute
    self.shared = shared
  }

  /// Takes one token; nil when there is no limit.
  /// - Parameter ownLimit: of this client, instead of everybody's.
  /// - Throws: `APIError(.rateLimitExceeded)` with `Retry-After` when none is left.
  func admit(_ client: String, limit ownLimit: Int? = nil, at now: Date) async throws -> Quota? {
    let limit = ownLimit ?? limit
    guard limit > 0 else { return nil }
    let (isAdmitted, tokens) = await take(client, limit, at: now)
    let quota = Quota(
      limit: limit, remaining: Int(tokens),
      resetSeconds: Int(((Double(limit) - tokens) * 60 / Double(limit)).rounded(.up)))
    guard isAdmitted else { throw Self.exceeded(quota, tokens) }
    return quota
  }

  /// - Throws: as `admit` does, when no token is left; takes none.
  func check(_ client: String, at now: Date) throws {
    guard limit > 0, let bucket = buckets.withLock({ $0[client] }) else { return }
    let tokens = bucket.refilled(at: now)
    guard tokens < 1 else { return }
    throw Self.exceeded(Quota(limit: limit, remaining: 0, resetSeconds: 60), tokens)
  }

  private static func exceeded(_ quota: Quota, _ tokens: Double) -> APIError {
    var headers = quota.headers
    headers[.retryAfter] = "\(max(1, Int(((1 - tokens) * 60 / Double(quota.limit)).rounded(.up))))"
    return APIError(
      .rateLimitExceeded, "Too many requests",
      details: "At most \(quota.limit) requests a minute", headers: headers)
  }

  private func take(
    _ client: String, _ limit: Int, at now: Date
  ) async -> (isAdmitted: Bool, tokens: Double) {
    do {
      if let shared { return try await shared.take(client, requestsPerMinute: limit) }
    } catch {
      // It has warned of its failure itself.
    }
    return buckets.withLock { buckets in
      if buckets.count >= Self.maxClients, buckets[client] == nil { Self.forgetFull(&buckets, now) }
      var bucket =
        buckets[client] ?? Bucket(limit: Double(limit), tokens: Double(limit), updatedAt: now)
      bucket.limit = Double(limit)
      bucket.tokens = bucket.refilled(at: now)
      bucket.updatedAt = now
      let isAdmitted = bucket.tokens >= 1
      if isAdmitted { bucket.tokens -= 1 }
      buckets[client] = bucket
      return (isAdmitted, bucket.tokens)
    }
  }

  /// Makes room: buckets that are full again; if those are few, all of them, which only forgives.
  private static func forgetFull(_ buckets: inout [String: Bucket], _ now: Date) {
    buckets = buckets.filter { $0.value.refilled(at: now) < $0.value.limit }
    if buckets.count > maxClients / 10 * 9 { buckets.removeAll() }
  }
}
