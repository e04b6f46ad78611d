import HTTPTypes
import Hummingbird

/// What browsers are told about every answer, so that a hole somewhere is not one for those who look with a browser.
struct SecurityHeaders: Sendable {
  /// Answers are data; a page says itself what it needs.
  static let dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

  /// Of `Strict-Transport-Security`; 0 sends none.
  let hstsSeconds: Int

  func decorate(_ response: inout Response) {
    set(.xContentTypeOptions, "nosniff", in: &response)
    set(.contentSecurityPolicy, Self.dataPolicy, in: &response)
    set(.referrerPolicy, "no-referrer", in: &response)
    set(.xFrameOptions, "DENY", in: &response)
    set(.crossOriginOpenerPolicy, "same-origin", in: &response)
    if hstsSeconds > 0 {
      set(.strictTransportSecurity, "max-age=\(hstsSeconds)", in: &response)
    }
  }

  /// What a route has said itself stays.
  private func set(_ name: HTTPField.Name, _ value: String, in response: inout Response) {
    if response.headers[name] == nil { response.headers[name] = value }
  }
}
