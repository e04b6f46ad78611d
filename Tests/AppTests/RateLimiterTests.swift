import Foundation
import HTTPTypes
import Testing

@testable import App

@Suite("RateLimiter")
struct RateLimiterTests {
  private let start = Date(timeIntervalSince1970: 1_770_000_000)

  @Test("a minute's requests may come at once, the next one must wait for its token")
  func burst() async throws {
    let limiter = RateLimiter(requestsPerMinute: 6)
    for left in (0..<6).reversed() {
      #expect(try await limiter.admit("a", at: start)?.remaining == left)
    }
    let error = await #expect(throws: APIError.self) { try await limiter.admit("a", at: start) }
    #expect(error?.code == .rateLimitExceeded)
    // A token comes every ten seconds.
    #expect(error?.headers[.retryAfter] == "10")
    #expect(error?.headers[.rateLimitLimit] == "6")
    #expect(error?.headers[.rateLimitRemaining] == "0")
    #expect(error?.headers[.rateLimitReset] == "60")
    await #expect(throws: APIError.self) { try await limiter.admit("a", at: start + 9.9) }
    #expect(try await limiter.admit("a", at: start + 10.1)?.remaining == 0)
  }

  @Test("one client's requests are not another's")
  func clients() async throws {
    let limiter = RateLimiter(requestsPerMinute: 1)
    _ = try await limiter.admit("a", at: start)
    await #expect(throws: APIError.self) { try await limiter.admit("a", at: start) }
    #expect(try await limiter.admit("b", at: start) != nil)
  }

  @Test("an idle client has no more than a minute's requests")
  func refill() async throws {
    let limiter = RateLimiter(requestsPerMinute: 3)
    _ = try await limiter.admit("a", at: start)
    #expect(try await limiter.admit("a", at: start + 3600)?.remaining == 2)
  }

  @Test("a clock that goes back takes nothing away")
  func clockGoesBack() async throws {
    let limiter = RateLimiter(requestsPerMinute: 3)
    _ = try await limiter.admit("a", at: start)
    #expect(try await limiter.admit("a", at: start - 100)?.remaining == 1)
  }

  @Test("0 is no limit")
  func off() async throws {
    let limiter = RateLimiter(requestsPerMinute: 0)
    for _ in 0..<1000 { #expect(try await limiter.admit("a", at: start) == nil) }
  }

  @Test("a hundred thousand clients and more are remembered in bounded memory, and all are served")
  func manyClients() async throws {
    let limiter = RateLimiter(requestsPerMinute: 2)
    for client in 0..<250_000 {
      #expect(try await limiter.admit("\(client)", at: start) != nil)
    }
  }
}
