import HTTPTypes

extension HTTPField.Name {
  static let xRequestID = field("X-Request-Id")
  static let xAPIVersion = field("X-API-Version")
  static let xForwardedFor = field("X-Forwarded-For")
  static let xForwardedProto = field("X-Forwarded-Proto")
  static let xAPIKey = field("X-API-Key")
  static let secFetchSite = field("Sec-Fetch-Site")
  static let referrerPolicy = field("Referrer-Policy")
  static let xFrameOptions = field("X-Frame-Options")
  static let crossOriginOpenerPolicy = field("Cross-Origin-Opener-Policy")
  static let idempotencyKey = field("Idempotency-Key")
  static let rateLimitLimit = field("RateLimit-Limit")
  static let rateLimitRemaining = field("RateLimit-Remaining")
  static let rateLimitReset = field("RateLimit-Reset")
  static let lastEventID = field("Last-Event-ID")

  private static func field(_ name: String) -> HTTPField.Name {
    guard let field = HTTPField.Name(name) else {
      preconditionFailure("\(name) is no header name")
    }
    return field
  }
}
