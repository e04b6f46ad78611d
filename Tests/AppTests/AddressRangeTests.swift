import Testing

@testable import App

@Suite("AddressRange")
struct AddressRangeTests {
  @Test(
    "addresses are in their range or not",
    arguments: [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
      ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
      ("0.0.0.0/0", "203.0.113.9", true), ("172.16.0.0/12", "172.31.255.255", true),
      ("172.16.0.0/12", "172.32.0.0", false), ("::1", "::1", true),
      ("2001:db8::/32", "2001:db8:1::5", true), ("2001:db8::/32", "2001:db9::", false),
      ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("::1/128", "127.0.0.1", false),
    ])
  func contains(range: String, address: String, expected: Bool) throws {
    let range = try #require(AddressRange(range))
    let bytes = try #require(AddressRange.bytes(address))
    #expect(range.contains(bytes) == expected)
  }

  @Test(
    "what is no address or range is refused",
    arguments: ["", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::1/129", "1.2.3"])
  func malformed(text: String) {
    #expect(AddressRange(text) == nil)
  }
}
