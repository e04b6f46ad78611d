extension ServiceSettings {
  /// Where webhooks may go.
  var webhookPolicy: AddressPolicy { webhookAllowPrivate ? .everywhere : .internetOnly }
}

/// Which addresses this server may be made to connect to by those who use it.
struct AddressPolicy: Sendable, Equatable {
  private let forbidden: [AddressRange]

  init(forbidding ranges: [AddressRange]) { forbidden = ranges }

  /// Every address, those of the server's own network too.
  static let everywhere = AddressPolicy(forbidding: [])

  /// Only what is reachable from everywhere: nothing of this machine, its network or its cloud.
  ///
  /// From IANA's registries of special-purpose addresses of IPv4 and IPv6. Of IPv6 only 2000::/3 is handed out.
  static let internetOnly = AddressPolicy(
    forbidding: specialPurpose.compactMap { AddressRange($0) })

  static let specialPurpose = [
    "0.0.0.0/8",  // this host
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  // private, RFC 1918
    "100.64.0.0/10",  // shared by carriers, RFC 6598
    "127.0.0.0/8",  // loopback
    "169.254.0.0/16",  // link-local, and the metadata of clouds
    "192.0.0.0/24",  // protocol assignments
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  // documentation
    "192.88.99.0/24",  // 6to4 relays, RFC 7526
    "198.18.0.0/15",  // benchmarks, RFC 2544
    "224.0.0.0/4",  // multicast
    "240.0.0.0/4",  // reserved, and broadcast
    // Loopback, unique local, link-local, multicast, and all that is not handed out.
    "::/3", "4000::/2", "8000::/1",
    "2001::/23",  // protocol assignments, Teredo and benchmarks among them
    "2001:db8::/32", "3fff::/20",  // documentation
  ]

  /// - Parameter address: 4 or 16 bytes.
  func allows(_ address: [UInt8]) -> Bool {
    let address = Self.embedded(in: address) ?? address
    return !forbidden.contains { $0.contains(address) }
  }

  /// The IPv4 address that an IPv6 address leads to: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
  private static func embedded(in address: [UInt8]) -> [UInt8]? {
    guard address.count == 16 else { return nil }
    let unmapped = AddressRange.unmapped(address)
    if unmapped.count == 4 { return unmapped }
    let nat64: [UInt8] = [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]
    if address.starts(with: nat64) { return Array(address[12...]) }
    return address.starts(with: [0x20, 0x02]) ? Array(address[2..<6]) : nil
  }
}
