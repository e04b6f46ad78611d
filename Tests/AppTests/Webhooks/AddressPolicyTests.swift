import Testing

@testable import App

@Suite("AddressPolicy")
struct AddressPolicyTests {
  /// From IANA's registries of special-purpose addresses, the first and the last of a range where it matters.
  static let special = [
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
    "127.0.0.1", "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:db8::1",
    "3fff::1", "4000::1", "5f00::1", "fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1",
    "ff02::1",
    // The same IPv4 addresses in other clothes: mapped, NAT64, 6to4.
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
    "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1",
  ]

  @Test("special addresses are forbidden, and allowed where everything is", arguments: special)
  func forbidden(address: String) throws {
    let bytes = try #require(AddressRange.bytes(address))
    #expect(!AddressPolicy.internetOnly.allows(bytes))
    #expect(AddressPolicy.everywhere.allows(bytes))
  }

  @Test(
    "addresses of the internet are allowed, those beside the special ranges too",
    arguments: [
      "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
      "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255",
      "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
      "223.255.255.255", "2001:200::1", "2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
      "64:ff9b::8.8.8.8", "2002:808:808::1",
    ])
  func allowed(address: String) throws {
    #expect(AddressPolicy.internetOnly.allows(try #require(AddressRange.bytes(address))))
  }

  @Test("mapped addresses are seen through when they come as bytes too")
  func mapped() {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 0, 1]
    #expect(!AddressPolicy.internetOnly.allows(mapped))
  }

  @Test("every range of the table is one")
  func table() {
    #expect(AddressPolicy.specialPurpose.allSatisfy { AddressRange($0) != nil })
  }
}
