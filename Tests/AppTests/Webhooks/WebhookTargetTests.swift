import Testing

@testable import App

/// Which texts a predict request refuses is in PredictRequestTests.
@Suite("WebhookTarget")
struct WebhookTargetTests {
  @Test(
    "a redirect is followed as a browser would read it",
    arguments: [
      ("/next", "https://example.org:8443/next"),
      ("next?a=1", "https://example.org:8443/in/next?a=1"),
      ("//other.example/x", "https://other.example/x"),
      ("http://other.example/x#part", "http://other.example/x"),
      ("?again", "https://example.org:8443/in/hook?again"),
    ])
  func redirect(location: String, expected: String) throws {
    let target = try WebhookTarget("https://example.org:8443/in/hook?a=2", policy: .internetOnly)
    #expect(try target.redirected(to: location, policy: .internetOnly).text == expected)
  }

  @Test(
    "a redirect is held to the same rules",
    arguments: [
      ("ftp://example.org/", WebhookTarget.Refusal.notHTTP), ("file:///etc/passwd", .notHTTP),
      ("javascript:alert(1)", .notHTTP), ("https://a:b@example.org/", .credentials),
      ("http://127.0.0.1/", .forbidden), ("//[::1]/", .forbidden), ("http://127.1/", .host),
      ("http://169.254.169.254/", .forbidden), ("http://exa mple.org/", .notHTTP),
    ])
  func refusedRedirect(location: String, expected: WebhookTarget.Refusal) throws {
    let target = try WebhookTarget("https://example.org/hook", policy: .internetOnly)
    #expect(throws: expected) { try target.redirected(to: location, policy: .internetOnly) }
  }

  @Test(
    "the values of a query are not shown",
    arguments: [
      ("https://a.example/hook", "https://a.example/hook"),
      ("https://a.example/?token=s3cret&job=1", "https://a.example/?token=***&job=***"),
      ("https://a.example/?s3cret", "https://a.example/?***"),
      ("https://a.example/?", "https://a.example/?"),
      ("https://a.example/?a=b=c&d=", "https://a.example/?a=***&d=***"),
      ("https://a.example/?a=1?b=2", "https://a.example/?a=***"),
    ])
  func query(url: String, expected: String) {
    #expect(WebhookTarget.withoutQueryValues(url) == expected)
  }
}
