import Testing

@testable import App

@Suite("ServiceAddress")
struct ServiceAddressTests {
  @Test(
    "an address is http or https, a host, perhaps a port and a path",
    arguments: [
      ("http://127.0.0.1:8000", "http://127.0.0.1:8000"), ("https://h/", "https://h"),
      ("HTTP://host.example.org:1//", "HTTP://host.example.org:1"),
      ("http://[::1]:8000", "http://[::1]:8000"),
      ("https://h/harrier/", "https://h/harrier"),
    ])
  func accepted(given: String, url: String) throws { #expect(try ServiceAddress(given).url == url) }

  @Test(
    "anything else is refused in one line that names the option",
    arguments: [
      "", "127.0.0.1:8000", "ftp://h", "http://", "http:///x", "http://h:99999", "http://h:0",
      "http://h?x=1", "http://h#x", "http://h h", "http://h\u{1B}[31m", "file:///etc/passwd",
      "http://é",
      "javascript:alert(1)",
    ])
  func refused(given: String) throws {
    let error = try #require(
      #expect(throws: ServiceAddressError.self) { try ServiceAddress(given) })
    #expect(error.description.hasPrefix("--url must be http://HOST:PORT"))
    #expect(error.description.unicodeScalars.filter(\.steers).isEmpty)
  }

  @Test("a password in an address is refused, and not repeated")
  func password() throws {
    let error = try #require(
      #expect(throws: ServiceAddressError.self) { try ServiceAddress("http://me:s3cret@h") })
    #expect(error.description == "--url must not hold a user name or a password")
  }

  @Test(
    "an API key must fit into a header; it is not repeated",
    arguments: ["a b", "a\nb", "é", "\u{7F}"])
  func apiKey(key: String) throws {
    let error = try #require(
      #expect(throws: ServiceAddressError.self) {
        try ServiceAddress("http://h", apiKey: "s3cret" + key)
      })
    #expect(error.description.hasPrefix("--api-key, or HARRIER_API_KEY, must"))
    #expect(!error.description.contains("s3cret"))
  }

  @Test("an empty API key is none")
  func emptyKey() throws {
    #expect(try ServiceAddress("http://h", apiKey: "").apiKey == nil)
    #expect(try ServiceAddress("http://h", apiKey: "k").redacted("Bearer k!") == "Bearer ***!")
  }
}
