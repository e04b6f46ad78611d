import Testing

@testable import App

@Suite("RedirectTarget")
struct RedirectTargetTests {
  @Test(
    "a request is sent to its own host and path, whatever port it came by",
    arguments: [
      ("/", ["example.org"], "https://example.org:8443/"),
      ("/a/b?x=1&y=%20", ["example.org:8080"], "https://example.org:8443/a/b?x=1&y=%20"),
      ("/", ["EXAMPLE.org"], "https://example.org:8443/"),
      ("/", ["192.0.2.7:80"], "https://192.0.2.7:8443/"),
      ("/", ["[2001:db8::1]:80"], "https://[2001:db8::1]:8443/"),
      ("/", ["[2001:db8::1]"], "https://[2001:db8::1]:8443/"),
      ("//evil.example/x", ["example.org"], "https://example.org:8443//evil.example/x"),
      ("http://example.org/a?b", ["other.example"], "https://example.org:8443/a?b"),
      ("HTTP://example.org", [], "https://example.org:8443/"),
      ("http://example.org?b", [], "https://example.org:8443/?b"),
    ] as [(String, [String], String)])
  func target(uri: String, hosts: [String], expected: String) {
    #expect(RedirectTarget.location(of: uri, hosts: hosts, port: 8443) == expected)
  }

  @Test("the usual port is not named")
  func usualPort() {
    let location = RedirectTarget.location(of: "/a", hosts: ["example.org"], port: 443)
    #expect(location == "https://example.org/a")
  }

  @Test(
    "what is no host is not sent anywhere",
    arguments: [
      "", "a b", "user@evil.example", "evil.example/", "evil.example\\", "a..b", ".a", "a.",
      "a:", "a:0", "a:65536", "a:+80", "a:80:80", "a\r\nSet-Cookie: b", "<script>", "[::1",
      "[127.0.0.1]", "[::1]x", "[]", "::1", "ex\u{e4}mple.org", "a,b", "a%2eb",
      String(repeating: "a", count: 64) + ".org", String(repeating: "ab.", count: 100) + "org",
    ])
  func noHost(host: String) {
    #expect(RedirectTarget.location(of: "/", hosts: [host], port: 8443) == nil)
  }

  @Test(
    "a request line that is none of ours, or names two hosts, is not sent anywhere",
    arguments: [
      ("*", ["example.org"]), ("example.org:443", ["example.org"]), ("a", ["example.org"]),
      ("https://example.org/", ["example.org"]), ("ftp://example.org/", ["example.org"]),
      ("http://user@example.org/", []), ("/a b", ["example.org"]), ("/\u{7f}", ["example.org"]),
      ("/\u{e4}", ["example.org"]), ("/", ["example.org", "example.org"]), ("/", []),
      ("/" + String(repeating: "a", count: 8192), ["example.org"]),
    ] as [(String, [String])])
  func noTarget(uri: String, hosts: [String]) {
    #expect(RedirectTarget.location(of: uri, hosts: hosts, port: 8443) == nil)
  }
}
