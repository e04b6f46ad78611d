import Foundation
import HTTPTypes
import Testing

@testable import App

@Suite("RateLimiter")
struct RateLimiterTests {
  private let start = Date(timeIntervalSince1970: 1_770_000_000)

  @Test("a minute's requests may come at once, the next one must wait for its token")
  func burst() throws {
    let limiter = RateLimiter(requestsPerMinute: 6)
    for left in (0..<6).reversed() {
      #expect(try limiter.admit("a", at: start)?.remaining == left)
    }
    let error = #expect(throws: APIError.self) { try limiter.admit("a", at: start) }
    #expect(error?.code == .rateLimitExceeded)
    // A token comes every ten seconds.
    #expect(error?.headers[.retryAfter] == "10")
    #expect(error?.headers[.rateLimitLimit] == "6")
    #expect(error?.headers[.rateLimitRemaining] == "0")
    #expect(error?.headers[.rateLimitReset] == "60")
    #expect(throws: APIError.self) { try limiter.admit("a", at: start + 9.9) }
    #expect(try limiter.admit("a", at: start + 10.1)?.remaining == 0)
  }

  @Test("one client's requests are not another's")
  func clients() throws {
    let limiter = RateLimiter(requestsPerMinute: 1)
    _ = try limiter.admit("a", at: start)
    #expect(throws: APIError.self) { try limiter.admit("a", at: start) }
    #expect(try limiter.admit("b", at: start) != nil)
  }

  @Test("an idle client has no more than a minute's requests")
  func refill() throws {
    let limiter = RateLimiter(requestsPerMinute: 3)
    _ = try limiter.admit("a", at: start)
    #expect(try limiter.admit("a", at: start + 3600)?.remaining == 2)
  }

  @Test("a clock that goes back takes nothing away")
  func clockGoesBack() throws {
    let limiter = RateLimiter(requestsPerMinute: 3)
    _ = try limiter.admit("a", at: start)
    #expect(try limiter.admit("a", at: start - 100)?.remaining == 1)
  }

  @Test("0 is no limit")
  func off() throws {
    let limiter = RateLimiter(requestsPerMinute: 0)
    for _ in 0..<1000 { #expect(try limiter.admit("a", at: start) == nil) }
  }

  @Test("a hundred thousand clients and more are remembered in bounded memory, and all are served")
  func manyClients() throws {
    let limiter = RateLimiter(requestsPerMinute: 2)
    for client in 0..<250_000 {
      #expect(try limiter.admit("\(client)", at: start) != nil)
    }
  }
}
